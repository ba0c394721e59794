"""Which profession may do what, and when (VC-02)."""

import pytest

from allant.vaccination.professions import profession_code, profession_label
from allant.vaccination.rights import rights_of
from tests.vaccination.builders import day, known

# profession, known and asked on; find, declare, record, opening told
TABLE = [
    ("medecin", "2021-01-04", (True, True, True), None),
    ("medecin", "2021-01-03", (False, False, False), "2021-01-04"),
    ("pharmacien", "2021-03-04", (False, False, False), None),
    ("pharmacien", "2021-03-05", (False, False, False), "2021-03-15"),
    ("pharmacien", "2021-03-15", (True, True, True), None),
    ("chirurgien_dentiste", "2021-03-27", (True, False, True), None),
    ("dieteticien", "2021-12-31", (False, False, False), None),
    ("boulanger", "2021-12-31", (False, False, False), None),
]


@pytest.mark.parametrize(("profession", "on", "rights", "opens_on"), TABLE)
def test_rights(profession: str, on: str, rights: tuple[bool, bool, bool], opens_on: str | None) -> None:
    """VC-02: dated by the doctrine; the date it will be is told once it is known."""
    known_on = "2021-01-04" if on == "2021-01-03" else on
    found = rights_of(profession, day(on), known(known_on))
    assert (found.find, found.declare, found.record) == rights
    assert found.opens_on == (opens_on and day(opens_on))


def test_professions_are_named_whichever_list_their_code_is_of() -> None:
    """VC-51: code of the téléservice or of the Annuaire santé."""
    on, book = day("2021-02-01"), known("2021-02-01")
    assert profession_code("10", on, book) == profession_code("medecin", on, book) == "medecin"
    assert (profession_label("60", on, book), profession_label("99", on, book)) == ("Infirmier ou infirmière", "99")
    assert profession_code("medecin", day("2020-01-01"), book) == ""
