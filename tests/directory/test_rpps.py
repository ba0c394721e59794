"""The key of an RPPS number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.directory.rpps import has_key, key_of, why_unreadable

BODIES = st.text("0123456789", min_size=10, max_size=10)


def test_the_key_is_that_of_luhn() -> None:
    """The number that every description of the formula gives, and one of the demonstration."""
    assert has_key("79927398713") and has_key("99900000011") and not has_key("79927398710")


@given(BODIES, st.integers(0, 10), st.integers(1, 9))
def test_no_single_digit_can_be_changed(body: str, place: int, shift: int) -> None:
    number = body + key_of(body)
    wrong = f"{number[:place]}{(int(number[place]) + shift) % 10}{number[place + 1 :]}"
    assert has_key(number) and not has_key(wrong)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("99900000011", ""), ("999 0000 0011", ""), ("99900000012", "clé"), ("9990000001", "10 caractères saisis"),
        ("9990000001A", "11 chiffres attendus"), ("", "0 caractères saisis"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_without_repeating_it(typed: str, why: str) -> None:
    said = why_unreadable(typed)
    assert why in said and bool(said) is bool(why) and (not typed or typed not in said)
