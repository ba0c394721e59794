"""Which profession may do what, and when (VC-02)."""

import pytest

from allant.immunizations.actions import DoseRefused
from allant.vaccination.eligibility import DeclarationRefused, declare_eligibility
from allant.vaccination.professions import profession_code, profession_label
from allant.vaccination.recording import record_vaccination
from allant.vaccination.rights import rights_of
from tests.vaccination.builders import NURSE, day, declaration, declare, doctor, entry, known, patient

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


@pytest.mark.django_db
def test_actions_hold_the_professions_to_their_date() -> None:
    """VC-02: not only the page; whoever calls the action, a nurse neither declares nor records before the day."""
    nurse = doctor(rpps="10000000002", profession="60")
    told = {"declaration": declaration(), "declarant": nurse, "organisation": None, "structure_name": "", "by": NURSE}
    with pytest.raises(DeclarationRefused, match=r"« Infirmier ou infirmière » ne peut pas déclarer .* le 10/03/2021"):
        declare_eligibility(person=patient(), source_key="n1", today=day("2021-03-10"), **told)
    someone = patient()
    declare(someone)
    given = {"person": someone, "entry": entry("2021-03-10"), "by": NURSE, "recorder": nurse, "organisation": None}
    with pytest.raises(DoseRefused, match="Elle le pourra à partir du 15/03/2021"):
        record_vaccination(source_key="d1", today=day("2021-03-10"), **given)
    assert record_vaccination(source_key="d1", today=day("2021-03-15"), **given).practitioner == nurse
    assert declare_eligibility(person=patient(), source_key="n1", today=day("2021-03-15"), **told).declarant == nurse
