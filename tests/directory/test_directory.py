"""Organisations and professionals: searches and history."""

import pytest

from allant.directory.actions import LocationRefused, location_for
from allant.directory.models import Location, Organisation, Practitioner

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


def place(name: str = "EHPAD Les Lilas", **values: str) -> Location:
    """A place of Bourg-en-Bresse."""
    given = {"kind": "ehpad", "postcode": "01000", "commune_code": "01053", **values}
    return location_for(name=name, by="ps:1", **given)


def test_a_place_is_kept_once() -> None:
    """VC-31: the same kind, name, postcode and commune are one place, whatever the spaces."""
    first = place()
    assert place("  EHPAD  Les Lilas ") == first
    assert place(kind="centre") != first
    assert Location.objects.count() == 2


def test_a_place_learns_whose_it_is() -> None:
    """The first organisation told is kept, with its history; another one later does not replace it."""
    first, other = (Organisation.objects.create(code=code, name=code, kind="centre") for code in ("C1", "C2"))
    told = {"kind": "centre", "name": "Halle", "postcode": "01000", "commune_code": "01053", "by": "ps:1"}
    location_for(**told)
    for organisation in (first, other):
        assert location_for(**told, organisation=organisation).organisation == first
    assert Location.objects.get().events.get().organisation is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": " "}, "Lieu incomplet"),
        ({"kind": ""}, "Lieu incomplet"),
        ({"postcode": "1000"}, "Code postal ou commune illisible"),
        ({"commune_code": "Bourg"}, "Code postal ou commune illisible"),
    ],
)
def test_a_place_that_cannot_be(values: dict[str, str], message: str) -> None:
    """Said in French, nothing kept."""
    with pytest.raises(LocationRefused, match=message):
        place(**values)
    assert not Location.objects.exists()


def test_places_complete_after_two_characters() -> None:
    """VC-31: by the beginning of the postcode or of a word of the name, without accents or case."""
    lilas, ile = place(), place("Résidence de l'Île", postcode="01500", commune_code="01004")
    assert list(Location.objects.completing("01")) == [lilas, ile]
    assert list(Location.objects.completing("015")) == [ile]
    assert list(Location.objects.completing("lil")) == [lilas]
    assert list(Location.objects.completing("RESIDENCE")) == [ile]
    assert list(Location.objects.completing("ile")) == [ile]
    assert not Location.objects.completing("ilas").exists()
    assert not Location.objects.completing("l").exists()


def test_a_corrected_name_completes_too() -> None:
    """The name to search follows the name."""
    home = place()
    home.name = "EHPAD Les Roses"
    home.save(update_fields=["name"])
    assert not Location.objects.completing("lilas").exists()
    assert Location.objects.completing("roses").get() == home
