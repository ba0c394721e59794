"""AV-30: a name as it is heard, with a birth date as it is said."""

from __future__ import annotations

from datetime import date

import pytest

from allant.people.models import Person
from allant.people.sounding import sounding_like

pytestmark = pytest.mark.django_db
BORN = date(1940, 5, 2)


def someone(family_name: str, given_names: str, born: date = BORN, **values: object) -> Person:
    return Person.objects.create(family_name=family_name, given_names=given_names, birth_date=born, **values)


@pytest.mark.parametrize(
    "typed",
    ["Lefèvre Hélène", "helene lefevre", "LEFEBVRE", "Le Fèvre", "lefaivre hélaine", "Hélène Marie Lefebvre", "Lefebure"],
)
def test_av30_spelling_accents_and_order_do_not_count(typed: str) -> None:
    """AV-30: the person is found, before anybody else born that day."""
    for name in ("Martin", "Nguyen", "Petit"):
        someone(name, "Jeanne")
    meant = someone("Lefebvre", "Hélène Marie")
    assert sounding_like(typed, BORN)[0].person_id == meant.pk


@pytest.mark.parametrize(("said", "found"), [
    (date(1940, 5, 2), True), (date(1940, 2, 5), True), (date(1941, 5, 2), True), (date(1930, 5, 2), True),
    (date(1940, 5, 3), True), (date(1940, 8, 2), False), (date(1975, 5, 2), False),
])  # fmt: skip
def test_av30_a_date_said_slightly_wrong_finds_a_close_name(said: date, found: bool) -> None:
    """AV-30: day and month exchanged, a year or a decade off; another date finds nobody."""
    meant = someone("Keraval", "Maud")
    assert [each.person_id for each in sounding_like("Keraval Maud", said)] == ([meant.pk] if found else [])


def test_av30_another_name_is_not_shown() -> None:
    """AV-30: the birth date alone opens nobody's record; the very date comes first; a merged record leads to its survivor."""
    someone("Martin", "Jeanne")
    meant = someone("Keraval", "Maud")
    former = someone("Kéraval", "Maude", merged_into=meant)
    near = someone("Keraval", "Maud", date(1941, 5, 2))
    found = sounding_like("Keraval", BORN)
    assert [each.person_id for each in found] == [meant.pk, near.pk] and former.pk not in [each.person_id for each in found]
    assert sounding_like("Zwierzynski", BORN) == []
