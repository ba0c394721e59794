"""VC-38, PF-02: each reason of the register names the element of the Immunization to look at."""

from allant.api.fhir.recording import _ELEMENTS, CONFLICTS, issues_of
from allant.immunizations.checks import REASONS


def test_every_code_with_an_element_is_one_the_register_gives() -> None:
    """VC-38: no element waits for a code that no longer exists."""
    assert set(_ELEMENTS) | CONFLICTS <= set(REASONS)


def test_each_reason_points_at_what_is_wrong() -> None:
    """VC-38: a lot at the lot, a product at the product; a day by default."""
    expected = {
        "lot_expired": "lotNumber", "lot_recalled": "lotNumber", "under_minimum_age": "vaccineCode",
        "product_not_foreseen": "vaccineCode", "in_the_future": "occurrenceDateTime",
    }  # fmt: skip
    assert {code: issues_of([code])[0].expression for code in expected} == {
        code: (f"Immunization.{name}",) for code, name in expected.items()
    }
