"""The register: searches, periods, merging, history."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from allant.doctrine.age import born_by
from allant.people.actions import MergeRefused, merge, unmerge
from allant.people.models import ContactPoint, Matricule, Person, Situation
from tests.people.builders import person

pytestmark = pytest.mark.django_db


def test_search_by_any_former_matricule() -> None:
    """ID-03: history kept; a search by any former matricule finds the person."""
    someone = person()
    someone.matricules.create(value="7101234567890", kind="NNP", starts_on=date(2019, 1, 1), ends_on=date(2020, 1, 1))
    someone.matricules.create(value="2550814168025", kind="NIR", starts_on=date(2020, 1, 1))
    assert Person.objects.with_matricule("7 1 012 34567890").get() == someone
    assert Person.objects.with_matricule("2 55 08 14 168 025").get() == someone
    assert not Person.objects.with_matricule("2 55 13 14 168 025").exists()
    assert Matricule.objects.valid_on(date(2019, 6, 1)).get().kind == "NNP"
    assert Matricule.objects.valid_on(date(2020, 1, 1)).get().kind == "NIR"


def test_a_valid_matricule_belongs_to_one_person() -> None:
    """ID-03: one valid value, one bearer; once ended it may be given back to its true bearer."""
    wrong, right = person(), person()
    borne = wrong.matricules.create(value="2550814168025", kind="NIR", starts_on=date(2020, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        right.matricules.create(value="2550814168025", kind="NIR", starts_on=date(2020, 2, 1))
    borne.ends_on = date(2020, 2, 1)
    borne.save()
    right.matricules.create(value="2550814168025", kind="NIR", starts_on=date(2020, 2, 1))
    assert Person.objects.with_matricule("2550814168025").count() == 2


@pytest.mark.parametrize("value", ["3550814168025", "255081416802", "25508141680255", "255082C168025"])
def test_a_malformed_matricule_cannot_be_stored(value: str) -> None:
    """ID-03: the database itself refuses the shape."""
    with pytest.raises(Exception, match=r"people_matricule_shape|too long"), transaction.atomic():
        person().matricules.create(value=value, kind="NIR", starts_on=date(2020, 1, 1))


def test_names_are_found_without_accents_or_hyphens() -> None:
    """The stored key ignores case, accents, hyphens and apostrophes."""
    someone = person(family_name="D'Œuvré-Noël", given_names="Zoé")
    assert someone.search_name == "d oeuvre noel zoe"
    for typed in ("d’oeuvré", "D OEUVRE NOEL Z", "d'œuvre-noël"):
        assert Person.objects.named(typed).get() == someone
    assert not Person.objects.named("noel").exists()


def test_age_is_counted_in_whole_years() -> None:
    """Born on 29 February, one grows older on 1 March of a common year."""
    leapling = person(birth_date=date(2004, 2, 29))
    ages = {date(2021, 2, 28): 16, date(2021, 3, 1): 17, date(2024, 2, 28): 19, date(2024, 2, 29): 20}
    for day, age in ages.items():
        assert Person.objects.aged_at_least(age, day).get() == leapling
        assert not Person.objects.aged_at_least(age + 1, day).exists()
        assert not Person.objects.aged_under(age, day).exists()
    assert born_by(1, date(2024, 2, 29)) == date(2023, 2, 28)


def test_unknown_birth_date_satisfies_no_age() -> None:
    """Unknown satisfies no criterion, negated or not."""
    person(birth_date=None, birth_precision="none")
    assert not Person.objects.aged_at_least(0, date(2021, 1, 1)).exists()
    assert not Person.objects.aged_under(120, date(2021, 1, 1)).exists()
    assert Person.objects.alive_on(date(2021, 1, 1)).exists()


def test_alive_and_living() -> None:
    """Alive from birth to the eve of death."""
    person(died_on=date(2021, 3, 1), departement_code="2A")
    assert Person.objects.alive_on(date(2021, 2, 28)).living_in("2A").exists()
    assert not Person.objects.alive_on(date(2021, 3, 1)).exists()
    assert not Person.objects.alive_on(date(1950, 4, 30)).exists()


def test_situations_are_half_open() -> None:
    """The first day is in, the last is out; an empty bound is open."""
    someone = person()
    someone.situations.create(kind="ald", code="C92", starts_on=date(2021, 1, 1), ends_on=date(2021, 2, 1))
    someone.situations.create(kind="c2s")
    active = {
        day: set(Situation.objects.active_on(day).values_list("kind", flat=True))
        for day in _days("2020-12-31", "2021-01-01", "2021-02-01")
    }
    assert active == dict(zip(_days("2020-12-31", "2021-01-01", "2021-02-01"), [{"c2s"}, {"ald", "c2s"}, {"c2s"}], strict=True))


def _days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def test_dependants_of_a_policyholder() -> None:
    """VC-11: all the persons attached to an ouvrant droit."""
    parent = person()
    child = person(policyholder=parent)
    person()
    assert set(Person.objects.dependants_of(parent)) == {parent, child}


def test_merge_points_and_unmerge_restores() -> None:
    """VC-63: merging keeps every act where it is and can be undone; doing it twice changes nothing."""
    kept, duplicate = person(), person()
    contact = duplicate.contact_points.create(kind="mobile", value="+33639980001")
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    merge(duplicate=duplicate, into=kept, by="agent", reason="même NIR")
    assert list(Person.objects.standing()) == [kept]
    assert ContactPoint.objects.get(pk=contact.pk).person == duplicate
    unmerge(duplicate=duplicate, by="agent", reason="homonyme")
    assert Person.objects.standing().count() == 2
    history = duplicate.events.order_by("pgh_id")
    assert [row.merged_into_id for row in history] == [None, kept.pk]
    assert [row.pgh_context.metadata["reason"] for row in history] == ["même NIR", "homonyme"]


def test_merges_that_make_no_sense_are_refused() -> None:
    """One step always finds the survivor: chains and loops are refused with what to do."""
    first, second, third = person(), person(), person()
    merge(duplicate=first, into=second, by="agent", reason="x")
    for duplicate, into in ((first, third), (second, third), (third, first), (third, third)):
        with pytest.raises(MergeRefused):
            merge(duplicate=duplicate, into=into, by="agent", reason="x")
    with pytest.raises(MergeRefused):
        unmerge(duplicate=third, by="agent", reason="x")


def test_history_catches_raw_sql() -> None:
    """The former row is kept whatever wrote the new one."""
    someone = person(commune_code="13055")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET commune_code = '2A004' WHERE id = %s", [someone.pk])
    assert [row.commune_code for row in someone.events.all()] == ["13055"]
