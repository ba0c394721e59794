"""Where a patient stands: tabs and next dose, as a table of journeys (VC-19, VC-32, VC-33, VC-34, VC-40, VC-41)."""

from dataclasses import dataclass
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant.immunizations.models import Dose, Infection, Vaccine
from allant.people.actions import merge
from allant.people.models import Person, Situation
from allant.vaccination.journey import Journey, journey_of, placed
from allant.vaccination.known import Known
from allant.vaccination.models import EligibilityDeclaration
from tests.vaccination.builders import day, declare, give, known, patient

MARKS = {"done": "+", "open": "o", "closed": "x"}
DECLARED = EligibilityDeclaration(version=1)


@dataclass(frozen=True)
class Case:
    """A line: who, the day asked, what is shown, what they had received.

    Days are `yy-mm-dd`; a dose is `vaccine day rank/series_doses`, with `b` for a booster and `s` for a second one.
    """

    name: str
    born: str
    on: str
    tabs: str
    following: str
    doses: str = ""
    situations: str = ""
    infected: str = ""
    declared: bool = True


def dose(text: str) -> Dose:
    short, on, place = text.split()
    (vaccine,) = [code for code in Vaccine.values if code.startswith(short)]
    number, series_doses = place.rstrip("bs").split("/")
    series = {"b": "booster", "s": "second_booster"}.get(place[-1], "primary")
    return Dose(
        vaccine=vaccine, occurred_on=day(f"20{on}"), dose_number=int(number), series_doses=int(series_doses), series=series
    )


def journey(case: Case) -> Journey:
    """The journey of a line, without a database."""
    situations = tuple(
        {"kind": name.partition(":")[0], "code": name.partition(":")[2], "starts_on": None, "ends_on": None}
        for name in case.situations.split()
    )
    infections = tuple(day(f"20{text}") for text in case.infected.split())
    doses = [dose(text) for text in case.doses.split(", ") if text]
    who = Known(Person(birth_date=day(case.born)), (), infections, situations)
    return placed(who, [DECLARED] if case.declared else [], doses, day(f"20{case.on}"), known(f"20{case.on}"))


def shown(found: Journey) -> tuple[str, str]:
    """Tabs as `E+ 1o 2x`, boosters `R`; the next dose as `rank/doses products earliest recommended` (`=` locked)."""
    names = {0: "E"}
    tabs = [
        ("R" if "rappel" in tab.title else "") + names.get(tab.number, str(tab.number)) + MARKS[tab.state] for tab in found.tabs
    ]
    following = found.next
    if following is None:
        return " ".join(tabs), "-"
    products = ",".join(choice.code[:3] for choice in following.vaccines) + ("=" if following.locked else "")
    dates = [f"{each:%d/%m/%y}" if each else "-" for each in (following.earliest, following.recommended)]
    return " ".join(tabs), f"{following.dose_number}/{following.series_doses} {products} {' '.join(dict.fromkeys(dates))}"


PFIZER_1 = "com 21-02-01 1/2"
PFIZER_2 = f"{PFIZER_1}, com 21-03-01 2/2"
ASTRA_1 = "vax 21-02-20 1/2"
BOOSTED = f"{PFIZER_2}, com 21-12-01 3/2b"
SUMMER = "com 21-07-01 1/2, com 21-08-01 2/2"
JULY = "com 21-06-01 1/2, com 21-07-01 2/2"
CASES = [
    Case("nothing yet", "1940-05-01", "21-02-01", "Eo 1x 2x", "1/2 com,spi,vax -", declared=False),
    Case("declared", "1940-05-01", "21-02-01", "E+ 1o 2x", "1/2 com,spi,vax -"),
    Case("before any vaccine", "1940-05-01", "20-12-01", "Eo 1x", "1/1  -", declared=False),
    Case("the only one authorised", "1940-05-01", "20-12-28", "E+ 1o 2x", "1/2 com -"),
    Case("too young for two", "2004-06-01", "21-02-01", "E+ 1o 2x", "1/2 com -"),
    Case("too young for all", "2010-06-01", "21-02-01", "E+ 1o 2x", "1/2  -"),
    Case("after dose 1, locked", "1940-05-01", "21-02-10", "E+ 1+ 2o", "2/2 com= 22/02/21 01/03/21", PFIZER_1),
    Case("six weeks since April", "1960-05-01", "21-05-01", "E+ 1+ 2o", "2/2 com= 05/05/21 26/05/21", "com 21-04-14 1/2"),
    Case("never declared", "1940-05-01", "21-02-10", "Ex 1+ 2o", "2/2 com= 22/02/21 01/03/21", PFIZER_1, declared=False),
    Case("AstraZeneca before 9 April", "1970-05-01", "21-04-08", "E+ 1+ 2o", "2/2 vax= 20/03/21 24/04/21", ASTRA_1),
    Case("AstraZeneca then mRNA under 55", "1970-05-01", "21-04-09", "E+ 1+ 2o", "2/2 com,spi,vax 20/03/21 15/05/21", ASTRA_1),
    Case("AstraZeneca at 55", "1966-04-09", "21-04-09", "E+ 1+ 2o", "2/2 vax= 20/03/21 24/04/21", ASTRA_1),
    Case("AstraZeneca a day before 55", "1966-04-10", "21-04-09", "E+ 1+ 2o", "2/2 com,spi,vax 20/03/21 15/05/21", ASTRA_1),
    Case("Janssen: no 2nd tab", "1950-05-01", "21-05-10", "E+ 1+", "-", "jan 21-05-01 1/1"),
    Case("infection: no 2nd tab", "1950-05-01", "21-05-01", "E+ 1o", "1/1 com,spi,vax,jan -", infected="20-10-01"),
    Case("infection before the rule", "1950-05-01", "21-02-11", "E+ 1o 2x", "1/2 com,spi,vax -", infected="20-10-01"),
    Case("infection too recent", "1950-05-01", "21-05-01", "E+ 1o 2x", "1/2 com,spi,vax,jan -", infected="21-03-01"),
    Case(
        "infection of an immunodepressed", "1950-05-01", "21-05-01", "E+ 1o 2x", "1/2 com,spi,vax,jan -",
        infected="20-10-01", situations="immunodepressed",
    ),
    Case("infection, one dose, complete", "1950-05-01", "21-06-01", "E+ 1+", "-", "com 21-05-01 1/1", infected="20-10-01"),
    Case("complete before any booster", "1940-05-01", "21-08-31", "E+ 1+ 2+", "-", PFIZER_2),
    Case("booster at 65, six months", "1940-05-01", "21-09-01", "E+ 1+ 2+ R3o", "3/2 com,spi 01/09/21", PFIZER_2),
    Case("not a booster at 50", "1971-05-01", "21-09-10", "E+ 1+ 2+", "-", PFIZER_2),
    Case("booster at 50 with an ALD", "1971-05-01", "21-09-10", "E+ 1+ 2+ R3o", "3/2 com,spi 01/09/21", PFIZER_2, "ald:8"),
    Case("booster of all adults", "1971-05-01", "21-11-27", "E+ 1+ 2+ R3o", "3/2 com,spi 27/11/21", PFIZER_2),
    Case("five months of 30.5 days", "1971-05-01", "21-12-03", "E+ 1+ 2+ R3o", "3/2 com,spi 01/12/21", JULY),
    Case("booster after Janssen", "1971-05-01", "21-09-01", "E+ 1+ R2o", "2/1 com,spi 01/09/21", "jan 21-05-01 1/1"),
    Case("infection since", "1940-05-01", "21-09-01", "E+ 1+ 2+ R3o", "3/2 com,spi 01/01/22", PFIZER_2, infected="21-07-01"),
    Case("third dose", "1971-05-01", "21-04-28", "E+ 1+ 2+ R3o", "3/2 com,spi 06/04/21", PFIZER_2, "immunodepressed"),
    Case("adolescents are told the day", "2006-05-01", "21-12-28", "E+ 1+ 2+ R3x", "-", SUMMER),
    Case("adolescents from 24 January", "2006-05-01", "22-01-24", "E+ 1+ 2+ R3o", "3/2 com,spi 24/01/22", SUMMER),
    Case("one booster is enough in January", "1940-05-01", "22-01-24", "E+ 1+ 2+ R3+", "-", BOOSTED),
    Case("second booster announced", "1940-05-01", "22-03-13", "E+ 1+ 2+ R3+ R4x", "-", BOOSTED),
    Case("second booster at 80", "1940-05-01", "22-03-14", "E+ 1+ 2+ R3+ R4o", "4/2 com,spi 14/03/22", BOOSTED),
    Case("second booster at 70, six months", "1950-05-01", "22-04-07", "E+ 1+ 2+ R3+ R4o", "4/2 com,spi 02/06/22", BOOSTED),
    Case("after the second booster", "1940-05-01", "22-07-01", "E+ 1+ 2+ R3+ R4+", "-", f"{BOOSTED}, com 22-03-20 4/2s"),
    Case("unknown first product", "1950-05-01", "21-05-01", "E+ 1+ 2o", "2/2 com,spi,vax,jan -", "unk 21-03-01 1/2"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_journeys(case: Case) -> None:
    """VC-19, VC-32, VC-33, VC-34, VC-40, VC-41."""
    assert shown(journey(case)) == (case.tabs, case.following)


def test_closed_tabs_say_why() -> None:
    """VC-19: what to do first; the dead have no open tab."""
    waiting = {tab.number: tab.reason for tab in journey(CASES[0]).tabs}
    assert waiting == {0: "", 1: "Validez d'abord l'éligibilité.", 2: "Enregistrez d'abord la 1re vaccination."}
    (announced,) = [tab for tab in journey(next(case for case in CASES if "told" in case.name)).tabs if tab.state == "closed"]
    assert (announced.title, announced.reason) == ("Dose de rappel", "Ouverture à ce patient le 24/01/2022.")
    dead = Known(Person(birth_date=day("1940-05-01"), died_on=day("2021-01-31")))
    found = placed(dead, [], [], day("2021-02-01"), known("2021-02-01"))
    assert {tab.state for tab in found.tabs} == {"closed"}
    assert found.tabs[0].reason == "Décès enregistré le 31/01/2021."


WARNED: list[tuple[str, str]] = [
    ("after dose 1, locked", "Dernière dose il y a 9 jours : la suivante est possible à partir du 22/02/2021."),
    ("infection: no 2nd tab", "Infection du 01/10/2020 : elle compte pour une dose, une seule dose est prévue."),
    ("infection too recent", "la vaccination est conseillée à partir du 01/06/2021, 3 mois après."),
    ("AstraZeneca then mRNA under 55", "La doctrine de ce jour permet un autre vaccin"),
    ("complete before any booster", "Schéma complet : aucune dose n'est prévue à ce jour"),
]


@pytest.mark.parametrize(("name", "sentence"), WARNED)
def test_what_to_know_is_said_in_french(name: str, sentence: str) -> None:
    """VC-33, VC-34, VC-40: sentences that inform."""
    found = journey(next(case for case in CASES if case.name == name))
    assert any(sentence in warning for warning in found.warnings), found.warnings


def test_an_infection_after_the_schedule_stands_for_the_booster() -> None:
    """VC-40, VC-41: since 15 February 2022, three months of 30.5 days after; it is said, the tab stays open."""
    for on, infected, said in [("22-02-15", "21-12-01", True), ("22-02-14", "21-12-01", False), ("22-02-15", "21-10-01", False)]:
        found = journey(Case("infected since", "1971-05-01", on, "", "", SUMMER, infected=infected))
        assert any("elle tient lieu de rappel" in warning for warning in found.warnings) == said, (on, infected)
        assert found.next and found.next.is_booster


def test_late_and_recommended_are_told_apart() -> None:
    """VC-34: after the last day foreseen, the page says since when."""
    late = Case("late", "1940-05-01", "21-04-01", "", "", PFIZER_1)
    assert "L'intervalle prévu par la doctrine est dépassé depuis le 15/03/2021." in journey(late).warnings


def test_products_outside_the_doctrine_need_a_reason() -> None:
    """VC-33: the other products are listed apart, each with why."""
    found = journey(next(case for case in CASES if case.name == "after dose 1, locked")).next
    assert found and found.locked == "comirnaty"
    reasons = {choice.code: choice.reason_needed for choice in found.others}
    assert set(reasons) == {"spikevax", "vaxzevria"}
    assert reasons["spikevax"] == "Après une première dose de Comirnaty, la doctrine de ce jour prévoit Comirnaty."
    young = journey(next(case for case in CASES if case.name == "too young for two")).next
    assert young and young.others[0].reason_needed == "Autorisé à partir de 18 ans ; ce patient a 16 ans."
    assert young.vaccines[0].warnings == ("Recommandé à partir de 18 ans ; ce patient a 16 ans.",)


def test_each_product_has_its_own_date() -> None:
    """VC-34: after AstraZeneca under 55, mRNA twelve weeks after, AstraZeneca itself nine."""
    found = journey(next(case for case in CASES if case.name == "AstraZeneca then mRNA under 55")).next
    assert found
    advised = {choice.code: choice.recommended for choice in found.vaccines}
    assert advised == {"comirnaty": date(2021, 5, 15), "spikevax": date(2021, 5, 15), "vaxzevria": date(2021, 4, 24)}


@pytest.mark.django_db
def test_the_journey_is_read_in_few_queries() -> None:
    """VC-32: doses, declarations, infections and situations of all merged records; as many queries with ten rows as with none."""
    kept, duplicate = patient("1940-05-01", "ald:8"), patient("1940-05-01")
    declare(duplicate)
    give(duplicate, "2021-02-01", infected_on=day("2020-03-15"))
    Situation.objects.create(person=duplicate, kind="immunodepressed", starts_on=day("2021-01-01"))
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    give(kept, "2021-03-01")
    with CaptureQueriesContext(connection) as queries:
        found = journey_of(Person.objects.get(pk=duplicate.pk), day("2021-03-02"), known("2021-03-02"))
    assert len(queries) <= 8  # one of them is the reading of the record asked for
    assert (found.person, found.age, found.days_since_last) == (kept, 80, 1)
    assert [(tab.number, tab.state) for tab in found.tabs] == [(0, "done"), (1, "done"), (2, "done")]
    assert found.declaration and found.declaration.person == duplicate
    assert found.infections == (date(2020, 3, 15),) and Infection.objects.count() == 1
    assert found.known.in_situation("immunodepressed", day("2021-03-02"))
