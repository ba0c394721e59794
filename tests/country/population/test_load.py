"""A country in PostgreSQL: loaded once, by the public actions of the rooms, and the same facts there."""

from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Count, F

from allant.country.population import BadCountry, Country, make_country
from allant.country.population.load import STAGES, load_country
from allant.directory.models import LoadBatch, Organisation, Practitioner
from allant.doctrine import rules
from allant.immunizations.models import Infection
from allant.people.facts import person_query
from allant.people.models import ContactPoint, Matricule, Person, Representation, Situation
from allant.people.representation import represented_by
from tests.country.population.countries import SEED, asking

pytestmark = pytest.mark.django_db

TODAY = date(2021, 12, 31)


def quiet(label: str, done: int, total: int) -> None:
    """A progress nobody watches."""


def test_a_country_is_loaded_once_with_the_same_facts(small: Country) -> None:
    added = load_country(small.directory, quiet)
    ask = asking(small)
    counts = "SELECT count(landline) + count(mobile) + count(email) + count(*), count(DISTINCT treating_rpps) FROM identity"
    ((contacts, doctors),) = ask(counts)
    assert Person.objects.count() == Matricule.objects.count() == added["people_person"] == 2_000
    assert (ContactPoint.objects.count(), Practitioner.objects.count()) == (contacts, doctors)
    assert (Situation.objects.count(), Infection.objects.count()) == (
        ask("SELECT count(*) FROM situation")[0][0],
        ask("SELECT count(*) FROM infection")[0][0],
    )
    assert Organisation.objects.filter(kind="cpam").count() == 104
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({person_query()}) AS facts ORDER BY person_id")
        assert cursor.fetchall() == ask("SELECT * EXCLUDE (age_class) FROM person ORDER BY person_id")

    again = load_country(small.directory, quiet)
    assert set(again) == {stage.table for stage in STAGES} and not any(again.values())
    assert LoadBatch.objects.count() == len(STAGES)


def test_vc62_the_register_names_representatives(small: Country) -> None:
    """VC-62: both parents of many minors, never three; a guardian for some adults; nobody under guardianship is one."""
    load_country(small.directory, quiet)
    parents = Representation.objects.filter(kind="parent")
    by_child = parents.values("person").annotate(n=Count("representative"))
    assert {row["n"] for row in by_child} == {2} and by_child.count() > 50
    assert not parents.filter(person__birth_date__lte=F("representative__birth_date")).exists()
    guardians = Representation.objects.filter(kind="guardian")
    assert guardians.count() > 5 and not guardians.filter(representative__situations__kind="guardianship").exists()
    other = parents.exclude(representative=F("person__policyholder")).select_related("representative", "person").first()
    assert other and other.person in represented_by(other.representative, TODAY, rules.as_known_on(TODAY))


def test_the_next_person_gets_the_next_number(small: Country) -> None:
    load_country(small.directory, quiet)
    assert Person.objects.create(family_name="Essai", given_names="Zoé", birth_precision="none").pk == 2_001


def test_a_database_holds_one_country(small: Country, tmp_path: Path) -> None:
    load_country(small.directory, quiet)
    make_country(tmp_path, 200, SEED, lambda done, total: None)
    with pytest.raises(BadCountry, match="La base contient déjà un autre pays"):
        load_country(tmp_path, quiet)
    assert Person.objects.count() == 2_000


def test_an_interrupted_load_goes_on(small: Country) -> None:
    def cut(label: str, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_country(small.directory, cut)
    assert Person.objects.count() == 2_000 and not ContactPoint.objects.exists()
    added = load_country(small.directory, quiet)
    assert added["people_person"] == 0 and added["people_contactpoint"] == ContactPoint.objects.count() > 0
