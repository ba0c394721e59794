"""The closing table of a demonstration: our figures, the official ones, and the acts that broke a rule."""

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from allant.country import closing
from allant.country.demo import Outcome
from allant.doctrine import rules
from allant.figures.models import Official
from allant.figures.parameters import Parameters
from allant.immunizations.models import Dose
from allant.people.models import Person

DAY = date(2021, 11, 21)
NATION = Parameters(rules.as_known_on(DAY)).population(DAY)
SCALE = 1000 / NATION["0"]
OUTCOME = Outcome(
    people=1000, scale=SCALE, last_day=DAY, persons_invited=1234, invitations=2345, messages=1999, doses=1500,
    doses_to_never_invited=7,
)  # fmt: skip


@pytest.fixture
def register(db) -> None:
    """Persons of 80 and over: five began, three are complete, one has a booster; the official share is 80 % throughout."""
    people = [Person.objects.create(family_name="Martin", given_names="Jeanne", birth_date=date(1930, 1, 1)) for _ in range(5)]
    doses = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]
    Dose.objects.bulk_create(
        Dose(
            person=people[who], occurred_on=date(2021, 1, 1 + 9 * number), vaccine="comirnaty", dose_number=number,
            series_doses=2,
            series="booster" if number == 3 else "primary", recorded_by="test", recorded_at="2021-11-21T00:00:00Z",
            source="official_series", source_key=f"{who}:{number}", forced_reason="série officielle" if number == 2 else "",
            forced_rules=["interval_too_short"] if number == 2 else [],
        )
        for who, number in doses
    )  # fmt: skip
    Official.objects.bulk_create(
        Official(day=DAY, age_class=code, measure=measure, cumulated=round(0.8 * persons))
        for code, persons in NATION.items()
        for measure in ("dose1", "complet", "rappel")
    )


@pytest.fixture
def shown(register) -> list[str]:
    """Its lines, without the frames."""
    out = StringIO()
    closing.show(OUTCOME, Console(file=out, width=150))
    return [" ".join(line.replace("│", " ").replace("┃", " ").split()) for line in out.getvalue().splitlines()]


def test_what_was_done_is_counted(shown):
    text = " ".join(shown)
    assert "Campagne rejouée du 27/12/2020 au 21/11/2021 sur 1 000 personnes" in text
    for line in ("personnes invitées 1 234", "invitations 2 345", "doses enregistrées 1 500",
                 "dont à des personnes jamais invitées avant 7"):  # fmt: skip
        assert line in shown


def test_fg_04_each_class_stands_beside_the_official_share_with_the_difference_in_persons(shown):
    ours = NATION["80"] * SCALE  # persons of that class in this country
    (line,) = [line for line in shown if line.startswith("80 ans")]
    cells = line.split()[-9:]
    for at, persons in ((0, 5), (3, 3), (6, 1)):
        assert cells[at] == f"{100 * persons / ours:.1f}".replace(".", ",")
        assert cells[at + 1] == "80,0"
        assert cells[at + 2] == f"{persons - 0.8 * ours:+.1f}".replace(".", ",")


def test_the_whole_nation_is_the_last_line(shown):
    nation = [line for line in shown if line.split()[-8:-7] == ["80,0"]][-1].split()[-9:]
    assert (nation[0], nation[2]) == ("0,5", "-795,0")


def test_fg_04_acts_that_broke_a_rule_are_counted_by_rule(shown):
    told = shown[next(at for at, line in enumerate(shown) if "malgré une règle" in line) + 1]
    assert told.startswith("3 Intervalle avec la dose précédente plus court")
