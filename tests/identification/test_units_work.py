"""ID-08, ID-10, ID-11: the stock of old NNP, turning 18, the figures."""

from datetime import date

import pytest

from allant.campaigns.models import Invitation
from allant.doctrine import rules
from allant.identification.counting import figures
from allant.identification.majority import NotAutonomous, coming_of_age, emancipate, judge
from allant.identification.models import IdentityFile
from allant.identification.stock import launch_stock_wave, old_nnp, stock_campaign
from allant.people.models import Matricule, Person, Situation
from tests.identification.unit import OPENING
from tests.people.builders import person

pytestmark = pytest.mark.django_db
BOOK = rules.as_known_on(OPENING)


def under_nnp(rank, since=date(2021, 5, 3), **values):
    """Somebody who bears a NNP."""
    made = person(birth_date=date(1985, 1, 1), departement_code="75", postcode="75011", **values)
    Matricule.objects.create(person=made, value=f"71075{rank:08d}", kind="NNP", starts_on=since)
    return made


@pytest.fixture
def stock(unit):
    """Two people in a regular situation; AME, asylum seekers, the dead and the recent are never among them."""
    regular = [under_nnp(1), under_nnp(2)]
    ame, asylum, dead, recent = (
        under_nnp(3),
        under_nnp(4),
        under_nnp(5, died_on=date(2022, 1, 1)),
        under_nnp(6, date(2022, 3, 10)),
    )
    Situation.objects.create(person=ame, kind="ame", starts_on=date(2021, 5, 3))
    unit.asks(unit.newcomer(), "asylum_seeker", on=date(2022, 2, 1))
    IdentityFile.objects.create(
        person=asylum,
        circumstance="asylum_seeker",
        requested_on=date(2021, 5, 3),
        body="CNAM",
        kind="NNP",
        flow="nnp",
        rule_id="r",
    )
    gone = under_nnp(7)
    Situation.objects.create(person=gone, kind="ame", starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1))
    return [*regular, gone], [ame, asylum, dead, recent]


def test_id_08_the_stock_is_never_ame_nor_asylum_seekers(stock):
    """ID-08: regular situation only; who was under AME once and is no more belongs to it."""
    wanted, others = stock
    assert set(old_nnp(OPENING, BOOK)) == set(wanted)
    assert not {each.pk for each in others} & set(old_nnp(OPENING, BOOK).values_list("pk", flat=True))


def test_id_08_documents_are_claimed_in_waves(stock):
    """ID-08: each once, by the campaigns' own machinery; the target is the stock, in words."""
    wanted, _ = stock
    first = launch_stock_wave(on=OPENING, by="test", capacity=2, book=BOOK)
    assert first.size == 2
    launch_stock_wave(on=date(2022, 4, 11), by="test", capacity=5, book=rules.as_known_on(date(2022, 4, 11)))
    invited = list(Invitation.objects.values_list("person", flat=True))
    assert sorted(invited) == sorted(each.pk for each in wanted)
    campaign = stock_campaign(on=OPENING, by="test", book=BOOK)
    assert "seed 003" in campaign.source


AGES = """
turned  valid_until  first_fund  fund     autonomous
no      2023-01-01   CPAM-75     CPAM-75  no
yes     -            CPAM-75     CPAM-75  no
yes     2022-04-03   CPAM-75     CPAM-75  no
yes     2022-04-04   CPAM-75     CPAM-75  yes
yes     2023-01-01   CPAM-75     CPAM-35  no
yes     2023-01-01   CPAM-75     CPAM-75  yes
"""


@pytest.mark.parametrize("row", [line.split() for line in AGES.strip().splitlines()[1:]])
def test_id_10_autonomous_with_a_valid_document_in_the_first_fund(row):
    """ID-10: otherwise stays attached, and is told why."""
    turned, valid, first, fund, autonomous = row
    until = None if valid == "-" else date.fromisoformat(valid)
    verdict = judge(turned=turned == "yes", valid_until=until, first_fund=first, fund=fund, on=OPENING, age=18)
    assert verdict.autonomous is (autonomous == "yes") and verdict.reason


def test_id_10_turning_18_from_the_file_to_the_register(unit):
    """ID-10: the list, the refusal, the residence document, the autonomy."""
    parent = unit.newcomer("Parent")
    child = unit.newcomer("Enfant", birth_date=date(2004, 4, 4), policyholder=parent)
    younger = unit.newcomer("Cadet", birth_date=date(2004, 4, 5), policyholder=parent)
    file, _ = unit.asks(child, "displaced_ukraine"), unit.asks(younger, "displaced_ukraine")
    assert [(each.person, verdict.autonomous) for each, verdict in coming_of_age(OPENING, BOOK)] == [(child, False)]
    with pytest.raises(NotAutonomous, match="Aucun titre"):
        emancipate(file=file, fund="CPAM-75", on=OPENING, by="agent", book=BOOK)
    unit.receives(file, "provisional_permit", valid_until=date(2022, 10, 4))
    with pytest.raises(NotAutonomous, match="première affiliation"):
        emancipate(file=file, fund="CPAM-35", on=OPENING, by="agent", book=BOOK)
    assert Person.objects.get(pk=child.pk).policyholder_id == parent.pk
    assert emancipate(file=file, fund="CPAM-75", on=OPENING, by="agent", book=BOOK)
    assert Person.objects.get(pk=child.pk).policyholder_id is None
    assert coming_of_age(OPENING, BOOK) == []


def test_id_11_the_figures(unit):
    """ID-11: stock by kind and age, reminders, suspensions, closures, delays from NIA to NIR."""
    files = [unit.asks(unit.newcomer(f"N{rank}", birth_date=date(1980, 1, 1 + rank))) for rank in range(4)]
    certified = files[0]
    unit.receives(certified, "passport"), unit.receives(certified, "birth_certificate")
    unit.exchanges(OPENING)
    unit.sandia(certified, "certified")
    unit.exchanges(date(2022, 5, 4))
    unit.sweeps(date(2022, 10, 4))
    under_nnp(9)
    found = {(line.group, line.label): line.value for line in figures(date(2022, 10, 4), ["75"])}
    assert found["Stock de NIA", "6 à 9 mois"] == 3 and found["Stock de NIA", "moins de 3 mois"] == 0
    assert found["Stock de NNP", "9 à 27 mois"] == 1
    steps = "Suivi des NIA, depuis le début"
    assert [found[steps, name] for name in ("NIA ouverts", "Relances", "Suspensions", "Fermetures", "NIA devenus NIR")] == [
        4,
        3,
        3,
        0,
        1,
    ]
    assert found["Délai du NIA au NIR, en jours", "la moitié en moins de"] == 30
    assert {line.value for line in figures(date(2022, 10, 4), ["13"])} == {0}
    before = {(line.group, line.label): line.value for line in figures(date(2022, 7, 1), None)}
    assert before[steps, "Relances"] == 0 and before["Stock de NIA", "moins de 3 mois"] == 3
