"""Registering by hand a person whose number is unknown (VC-13)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from allant.people.matricule import key
from allant.people.models import ContactPoint, Matricule, Person
from allant.people.registration import NewPerson, RegistrationRefused, doubts_about, read_phone, register_person

ON = date(2021, 2, 21)
NEW = NewPerson(
    number="2480535238004", family_name="Le Goff", given_names="Anne", birth_date=date(1948, 5, 11), sex="F", birth_rank=1,
    postcode="35000", commune_code="35238", departement_code="35", phone="0639980012", email="anne@exemple.fr",
)  # fmt: skip


def register(**changes: object) -> Person:
    return register_person(new=replace(NEW, **changes), by="test", on=ON)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_vc13_a_person_is_registered_with_number_and_contacts() -> None:
    """VC-13."""
    person = register()
    assert Person.objects.with_matricule(NEW.number).get() == person
    assert (person.commune_code, person.postcode, person.departement_code, person.birth_rank) == ("35238", "35000", "35", 1)
    kinds = set(ContactPoint.objects.filter(person=person).values_list("kind", "value"))
    assert kinds == {("mobile", "0639980012"), ("email", "anne@exemple.fr")}


@pytest.mark.django_db
def test_vc13_sent_twice_is_one_person() -> None:
    """VC-13, VC-39: the same number, birth date, rank and name, whatever the case and accents."""
    assert register() == register(family_name="LE GOFF", given_names="anné")
    assert Person.objects.count() == Matricule.objects.count() == 1


@pytest.mark.django_db
def test_vc13_twins_share_everything_but_the_rank() -> None:
    """VC-13: the second is attached to the first, and the same search finds both; the rank forgotten is refused."""
    first = register()
    with pytest.raises(RegistrationRefused, match="rang suivant") as refused:
        register(given_names="Marie")
    assert refused.value.field == "birth_rank"
    second = register(given_names="Marie", birth_rank=2)
    assert list(Person.objects.attached_to(NEW.number)) == [first, second]
    assert Matricule.objects.count() == 1


@pytest.mark.django_db
def test_vc13_a_child_entered_under_a_dependants_number_is_attached_to_the_holder() -> None:
    """VC-11, VC-13."""
    holder = register()
    child = register(given_names="Jo", birth_date=date(2015, 1, 1), birth_rank=1)
    other = register(given_names="Lou", birth_date=date(2018, 1, 1))
    assert child.policyholder == other.policyholder == holder


@pytest.mark.django_db(transaction=True)
def test_vc13_twenty_sendings_at_once_are_one_person() -> None:
    """VC-39: each on a connection of its own."""

    def once(_: int) -> int:
        try:
            return register().pk
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(once, range(20)))) == 1
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"birth_date": date(2021, 2, 22)}, "birth_date", "futur"),
        ({"birth_date": date(1880, 1, 1)}, "birth_date", "130 ans"),
        ({"birth_rank": 0}, "birth_rank", "1 à 9"),
        ({"birth_rank": 10}, "birth_rank", "1 à 9"),
        ({"family_name": " - "}, "family_name", "lettre"),
        ({"given_names": "12"}, "given_names", "lettre"),
        ({"sex": "X"}, "sex", "sexe"),
        ({"number": "248053523800"}, "number", "mal formé"),
    ],
)
@pytest.mark.django_db
def test_vc13_what_is_refused(changes: dict[str, object], field: str, says: str) -> None:
    """VC-13: in French, beside the field, and nothing is written."""
    with pytest.raises(RegistrationRefused, match=says) as refused:
        register(**changes)
    assert refused.value.field == field and not Person.objects.exists()


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, []),
        ({"sex": "M"}, ["commence par 2"]),
        ({"birth_date": date(1949, 5, 11)}, ["L'année"]),
        ({"birth_date": date(1948, 6, 11)}, ["Le mois"]),
        ({"birth_date": date(2010, 6, 1), "sex": "M"}, ["commence par 2", "L'année", "Le mois"]),
        ({"number": "2482035238004", "birth_date": date(1948, 6, 11)}, []),  # month 20: unknown
        ({"number": "7148053523800", "sex": "M"}, []),  # a provisional number says nothing of its bearer
    ],
)
def test_vc13_doubts(changes: dict[str, object], doubts: list[str]) -> None:
    """VC-13: what the number says otherwise than the entry is said, and does not block."""
    found = doubts_about(replace(NEW, **changes))  # type: ignore[arg-type]
    assert len(found) == len(doubts) and all(says in text for says, text in zip(doubts, found, strict=True))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("06 39 98 00 12", "0639980012"),
        ("+33 6 39 98 00 12", "0639980012"),
        ("0033639980012", "0639980012"),
        ("02.99.63.12.34", "0299631234"),
        ("0590 83 12 34", "0590831234"),
        ("+32 2 555 12 12", "+3225551212"),
    ],
)
def test_phones_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert read_phone(typed) == kept


@pytest.mark.parametrize("typed", ["12", "06 39 98 00", "abc", "00 00 00 00 00", "+999 12"])
def test_an_impossible_phone_is_refused(typed: str) -> None:
    with pytest.raises(RegistrationRefused, match="impossible"):
        read_phone(typed)


def test_the_key_of_the_example_is_right() -> None:
    assert key(NEW.number) == 97 - int(NEW.number) % 97
