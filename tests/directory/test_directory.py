"""Organisations and professionals: searches and history."""

import pytest

from allant.directory.models import Organisation, Practitioner

pytestmark = pytest.mark.django_db


def test_a_professional_is_found_by_rpps() -> None:
    """Typed with spaces or without."""
    doctor = Practitioner.objects.create(
        rpps="10000000001", family_name="Roux", given_names="Ada", profession="doctor", departement_code="2B"
    )
    assert Practitioner.objects.with_rpps("1000 0000 001").in_departement("2B").get() == doctor
    assert str(doctor) == "Ada Roux"


def test_organisations_by_kind_and_place() -> None:
    """A fund is found by its kind and département."""
    Organisation.objects.create(code="131", name="CPAM 13", kind="cpam", departement_code="13")
    Organisation.objects.create(code="C1", name="Centre 1", kind="centre", departement_code="13")
    assert [fund.code for fund in Organisation.objects.of_kind("cpam").in_departement("13")] == ["131"]


def test_the_former_row_is_kept() -> None:
    """A renamed organisation keeps its former name."""
    fund = Organisation.objects.create(code="131", name="CPAM 13", kind="cpam")
    fund.name = "CPAM des Bouches-du-Rhône"
    fund.save()
    Organisation.objects.filter(pk=fund.pk).delete()
    assert [row.name for row in fund.events.order_by("pgh_id")] == ["CPAM 13", "CPAM des Bouches-du-Rhône"]
