"""Bulk loading of the register."""

import time
from datetime import date

import pyarrow as pa
import pytest

from allant.directory.actions import load_organisations, load_practitioners
from allant.directory.loading import LoadRefused
from allant.directory.models import LoadBatch, Organisation, Practitioner
from allant.people.actions import load_contact_points, load_matricules, load_persons, load_situations
from allant.people.models import Matricule, Person
from tests.people.builders import persons_table

pytestmark = pytest.mark.django_db


def test_loading_again_adds_nothing() -> None:
    """Idempotent, counted, one entry for each load, and the next id is beyond the loaded ones."""
    first = load_persons(persons_table(3, first_id=10), by="country")
    again = load_persons(persons_table(4, first_id=10), by="country")
    assert (first.inserted, again.inserted, again.already_there) == (3, 1, 3)
    assert list(LoadBatch.objects.order_by("id").values_list("table_name", "received", "inserted")) == [
        ("people_person", 3, 3),
        ("people_person", 4, 1),
    ]
    assert Person.objects.create(family_name="A", given_names="B", birth_date=date(2000, 1, 1)).pk > 13
    assert Person.objects.get(pk=10).search_name == "nom10 camille"


def test_a_loaded_person_has_all_its_columns() -> None:
    """Dictionary-encoded text, a policyholder of the same table, a treating doctor found by RPPS."""
    load_practitioners(
        pa.table({"rpps": ["10000000001"], "family_name": ["Roux"], "given_names": ["Ada"], "profession": ["doctor"]}),
        by="country",
    )
    table = persons_table(2).append_column("policyholder_id", pa.array([2, None], pa.int64()))
    table = table.append_column("treating_rpps", pa.array(["10000000001", "10000000009"]).dictionary_encode())
    table = table.append_column("scheme", pa.array(["msa", "general"]).dictionary_encode())
    load_persons(table, by="country")
    child, parent = Person.objects.order_by("id")
    assert child.policyholder == parent
    assert child.treating_practitioner == Practitioner.objects.with_rpps("1000 0000 001").get()
    assert parent.treating_practitioner is None
    assert (child.scheme, child.rights_open, child.birth_precision) == ("msa", True, "day")


def test_the_other_tables_load_too() -> None:
    """Matricules, contact points, situations, organisations; null bounds are one natural key."""
    load_persons(persons_table(1), by="country")
    day = pa.array([date(2020, 1, 1)], pa.date32())
    for _ in range(2):
        load_matricules(pa.table({"person_id": [1], "value": ["2550814168025"], "kind": ["NIR"], "starts_on": day}), by="country")
        load_contact_points(pa.table({"person_id": [1], "kind": ["mobile"], "value": ["+33639980001"]}), by="country")
        load_situations(pa.table({"person_id": [1], "kind": ["ald"], "code": ["C92"]}), by="country")
        load_organisations(pa.table({"code": ["13"], "name": ["CPAM 13"], "kind": ["cpam"]}), by="country")
    someone = Person.objects.get()
    assert (someone.matricules.count(), someone.contact_points.count(), someone.situations.count()) == (1, 1, 1)
    assert Organisation.objects.of_kind("cpam").in_departement("").count() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"valeur": ["x"]}, "« valeur » inconnue. Vouliez-vous dire « value »"),
        ({"kind": None}, "colonnes manquantes : kind"),
        ({"starts_on": ["hier"]}, "types illisibles : starts_on (string)"),
        ({"value": pa.array([None], pa.string())}, "« value » vide sur 1 ligne"),
        ({"person_id": [99]}, "une fiche qui n'existe pas"),
        (
            {"value": ["1550814168025"], "kind": ["NIR"], "ends_on": pa.array([date(2019, 1, 1)])},
            "hors de sa forme ou de sa période",
        ),
        ({"value": ["255081416802555"]}, "ne tient pas dans sa colonne"),
        ({"value": ["7101234567890"], "kind": ["NNP"]}, "appartient déjà à une autre fiche"),
    ],
)
def test_bad_tables_are_refused_in_french_without_the_data(change: dict, message: str) -> None:
    """Nothing is loaded; the message names the column and never a value of a person."""
    load_persons(persons_table(2), by="country")
    Matricule.objects.create(person_id=2, value="7101234567890", kind="NNP", starts_on=date(2020, 1, 1))
    columns = {"person_id": [1], "value": ["2550814168025"], "kind": ["NIR"], "starts_on": pa.array([date(2020, 1, 1)])} | change
    with pytest.raises(LoadRefused) as refusal:
        load_matricules(pa.table({name: values for name, values in columns.items() if values is not None}), by="country")
    assert message in str(refusal.value)
    assert "71012" not in str(refusal.value) and "25508" not in str(refusal.value)
    assert Matricule.objects.count() == 1


def test_loading_is_set_based() -> None:
    """20 000 persons in a few seconds: a load row by row takes a minute."""
    started = time.perf_counter()
    load_persons(persons_table(20_000), by="country")
    assert Person.objects.count() == 20_000
    assert time.perf_counter() - started < 15
