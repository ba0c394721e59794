"""One person's booster date and end of the pass (RP-01, RP-02). Pure: what is said, the rules as posed for a day.

`allant.recall.relation` is the same rule over many people; tests hold the two together on generated people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from allant.doctrine import Delay, RuleBook, Version, add_delay
from allant.recall.posed import COUNTING, IMMUNODEPRESSED, MINIMUM_AGE, REPLACES, Opening, Posed, Wait, posed

Absence = Literal["", "not_open", "infection_replaces", "no_end_known", "no_end_minor", "no_end_replaced"]


@dataclass(frozen=True)
class Vaccinated:
    """Somebody whose primary series is complete and who had no booster.

    `vaccine` and `last_dose` are those of the last dose; `infection` the last one; `situations` as the doctrine names them
    (`kind` or `kind:code`).
    """

    birth_date: date | None
    vaccine: str
    last_dose: date
    infection: date | None = None
    situations: frozenset[str] = frozenset()

    @property
    def last_event(self) -> date:
        """The last dose, or the infection that came after it."""
        return max(self.last_dose, self.infection or self.last_dose)


@dataclass(frozen=True)
class Recall:
    """The answer. `no_booster`, `no_end` say why there is no date; the rules are those that decided, in the order of use."""

    booster_from: date | None
    pass_until: date | None
    no_booster: Absence
    no_end: Absence
    booster_rules: tuple[Version, ...]
    pass_rules: tuple[Version, ...]

    @property
    def rules(self) -> tuple[Version, ...]:
        """Each rule once."""
        return tuple({version.rule_id: version for version in (*self.booster_rules, *self.pass_rules)}.values())


def recall(person: Vaccinated, on: date, book: RuleBook) -> Recall:
    """The answer for one person on a day, by the rules of a book."""
    return answer(person, posed(book, on))


def answer(person: Vaccinated, rules: Posed) -> Recall:
    """`recall`, when the rules are already posed."""
    if _replaced(person, rules):
        used = (rules.rules[REPLACES], rules.rules[COUNTING])
        return Recall(None, None, "infection_replaces", "no_end_replaced", used, used)
    booster_from, booster_rules = _booster(person, rules)
    pass_until, pass_rules = _pass(person, rules)
    no_end: Absence = "" if pass_until else "no_end_known" if not any(rules.ends.values()) else "no_end_minor"
    return Recall(booster_from, pass_until, "" if booster_from else "not_open", no_end, booster_rules, pass_rules)


def _replaced(person: Vaccinated, rules: Posed) -> bool:
    if rules.replaced_after is None or person.infection is None:
        return False
    return person.infection >= add_delay(person.last_dose, rules.replaced_after, rules.counting)


def _booster(person: Vaccinated, rules: Posed) -> tuple[date | None, tuple[Version, ...]]:
    """The later of the opening and of the last event + delay, by the first wait within whose days it falls."""
    opening = min((each for each in rules.openings if _concerns(each, person)), key=lambda each: each.opens_on, default=None)
    if opening is None:
        return None, ()
    for wait in rules.waits:
        if (delay := delay_of(wait, person)) is None:
            continue
        found = max(opening.opens_on, wait.starts_on or opening.opens_on, add_delay(person.last_event, delay, wait.counting))
        if wait.ends_on is None or found < wait.ends_on:
            return found, (opening.rule, wait.rules[_waits_as(wait, person)], rules.rules[COUNTING])
    return None, ()


def _concerns(opening: Opening, person: Vaccinated) -> bool:
    if opening.born_by and not (person.birth_date and person.birth_date <= opening.born_by):
        return False
    if opening.born_after and not (person.birth_date and person.birth_date > opening.born_after):
        return False
    if opening.vaccines and person.vaccine not in opening.vaccines:
        return False
    return not opening.situations or not person.situations.isdisjoint(opening.situations)


def delay_of(wait: Wait, person: Vaccinated) -> Delay | None:
    """The delay that is the person's own: after a vaccine, of the severely immunodepressed; or else the usual one."""
    named = _waits_as(wait, person)
    return wait.third if named == IMMUNODEPRESSED else wait.after.get(named, wait.usual)


def _waits_as(wait: Wait, person: Vaccinated) -> str:
    if wait.third is not None and IMMUNODEPRESSED in person.situations:
        return IMMUNODEPRESSED
    return person.vaccine if person.vaccine in wait.after else ""


def _pass(person: Vaccinated, rules: Posed) -> tuple[date | None, tuple[Version, ...]]:
    """The earliest end among the periods known of the person's group; no group, no end."""
    ends = rules.ends.get(group_of(person, rules), ())
    dated = [(max(end.starts_on, add_delay(person.last_event, end.delay, end.counting)), end) for end in ends]
    if not dated:
        return None, ()
    until, decisive = min(dated, key=lambda each: each[0])
    return until, (*decisive.rules, rules.rules[MINIMUM_AGE], rules.rules[COUNTING])


def group_of(person: Vaccinated, rules: Posed) -> str:
    """`senior`, `adult`, a vaccine with an end of its own, or '' for who the pass asks no booster of."""
    born = person.birth_date
    if born is None or rules.adults_born_by is None or born > rules.adults_born_by:
        return ""
    if person.vaccine in rules.ends:
        return person.vaccine
    return "senior" if rules.seniors_born_by and born <= rules.seniors_born_by else "adult"
