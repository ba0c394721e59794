"""A plain interpreter of the same worlds, one case and one day after the other. It shares no code with the engine: its own
months, its own holidays, its own pauses (counted a day at a time), and it looks at every deadline again every night.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.casework.worlds import World

ONE_DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * week) // 451
    month, day = divmod(h + week - 7 * m + 114, 31)
    return date(year, month, day + 1)


def nobody_works(day: date) -> bool:
    """A weekend, or one of the eleven public holidays of France."""
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    moving = {easter(day.year) + timedelta(days=n) for n in (1, 39, 50)}
    return day.isoweekday() > 5 or (day.month, day.day) in fixed or day in moving


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or the last one there is."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month, last)
            except ValueError:
                continue
    raise AssertionError


class Life:
    """One case."""

    def __init__(self, world: World, opened: date, held: dict[str, date]) -> None:
        self.world, self.opened = world, opened
        self.state, self.flags, self.dates = world.states[0], {}, dict(held)
        self.clock, self.stood, self.entered, self.since = opened, 0, opened, opened
        self.version = max(rank for rank, each in enumerate(world.versions) if each["start"] <= opened)
        self.paused = self.state in self.terms["paused_in"]
        self.events: list[tuple[date, str, str]] = [(opened, "opened", self.state)]

    @property
    def terms(self) -> dict[str, Any]:
        return self.world.versions[self.version]

    def pass_midnight(self) -> None:
        """A day more for the clock, or none."""
        if self.paused:
            self.stood += 1

    def tell(self, day: date, name: str, brings: dict[str, Any]) -> None:
        """What follows a signal, if anything does."""
        flags = self.flags | {key: value for key, value in brings.items() if value is True}
        for each in self.world.transitions:
            if each["on"] == name and self.state in each["source"] and self.allowed(each, flags):
                self.flags = flags
                if "ends" in brings:
                    self.dates["ends"] = brings["ends"]
                self.take(day, each)
                return

    def night(self, day: date) -> None:
        """The change of rule, then every deadline that is past."""
        for rank, terms in enumerate(self.world.versions):
            if (
                rank > self.version
                and terms["start"] <= day
                and terms["open_cases"] == "change"
                and self.state not in self.world.finals
            ):
                self.version, self.since = rank, day
                self.events.append((day, "retimed", self.state))
        while (due := self.first()) and max(due[0], self.since) <= day:
            when = max(due[0], self.since)
            assert when == day or when == self.since
            self.take(when, next(each for each in self.ways(due[1]) if self.allowed(each, self.flags)))

    def first(self) -> tuple[date, str] | None:
        """The earliest deadline of the state; the first declared of two."""
        found: list[tuple[date, str]] = []
        for name, counts in self.world.deadlines.items():
            start = {"clock": self.clock, "entered": self.entered, "ends": self.dates.get("ends")}[counts]
            if not self.ways(name) or start is None or (counts == "clock" and self.paused):
                continue
            delay = self.terms["delays"][name]
            day = months_later(start, delay["months"]) + timedelta(days=delay["days"])
            day += timedelta(days=self.stood) if counts == "clock" else timedelta()
            while self.terms["shift"] == "next" and nobody_works(day):
                day += ONE_DAY
            if not found or day < found[0][0]:
                found = [(day, name)]
        return found[0] if found else None

    def ways(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.world.transitions if each["on"] == name and self.state in each["source"]]

    @staticmethod
    def allowed(transition: dict[str, Any], flags: dict[str, bool]) -> bool:
        return all(flags.get(name, False) is held for name, held in transition["given"].items())

    def take(self, day: date, transition: dict[str, Any]) -> None:
        self.flags = self.flags | transition["sets"]
        if transition["name"] in self.terms["restarted_by"]:
            self.clock, self.stood = day, 0
        if transition["target"] is not None:
            self.state, self.entered = transition["target"], day
        self.paused = self.state in self.terms["paused_in"]
        self.since = day
        self.events.append((day, transition["name"], self.state))


def lives(world: World, last: date) -> list[list[tuple[date, str, str]]]:
    """The events of every case of a world, each day until the last."""
    cases = [Life(world, opened, held) for opened, held in world.cases]
    day = min(case.opened for case in cases)
    while day <= last:
        for case in cases:
            if case.opened < day:
                case.pass_midnight()
        for number, name, brings in world.told.get(day, []):
            cases[number].tell(day, name, brings)
        for case in cases:
            if case.opened <= day:
                case.night(day)
        day += ONE_DAY
    return [case.events for case in cases]
