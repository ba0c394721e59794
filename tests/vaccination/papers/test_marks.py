"""The mark of a paper: short, signed, silent about whose it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from allant.campaigns.codes import ALPHABET
from allant.vaccination.papers.marks import Mark, PaperKind, UnreadableMark, digest, read_mark, write_mark

MARKS = st.builds(
    Mark, kind=st.sampled_from(PaperKind), row=st.integers(0, 2**37 - 1), state=st.integers(0, 2**24 - 1)
)  # fmt: skip


@given(MARKS)
def test_a_mark_is_read_back(mark: Mark) -> None:
    written = write_mark(mark)
    assert (len(written), written.count("-")) == (24, 4)
    assert read_mark(written) == read_mark(f" {written.lower().replace('-', ' ')} ") == mark


@given(MARKS, st.integers(0, 19), st.sampled_from(ALPHABET))
def test_no_single_letter_can_be_changed(mark: Mark, at: int, letter: str) -> None:
    letters = list(write_mark(mark).replace("-", ""))
    if letters[at] == letter:
        return
    letters[at] = letter
    with pytest.raises(UnreadableMark, match="vérifiez"):
        read_mark("".join(letters))


def test_marks_made_up_are_refused() -> None:
    """2^36 to 1 each: the page that reads them slows guesses down too."""
    import random

    drawn = random.Random(5)
    for _ in range(2_000):
        with pytest.raises(UnreadableMark):
            read_mark("".join(drawn.choices(ALPHABET, k=20)))


def test_neighbours_look_nothing_alike() -> None:
    one, two = (write_mark(Mark(PaperKind.DOSE, row, 1)) for row in (1_000, 1_001))
    assert sum(a == b for a, b in zip(one, two, strict=True)) < 12  # four dashes among them


@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "0 ont été saisis"), ("ABCD-EFGH", "8 ont été saisis"), ("0" * 20, "caractère n° 1"), ("A" * 500, "500 ont")],
)
def test_what_is_wrong_is_said(typed: str, message: str) -> None:
    with pytest.raises(UnreadableMark, match=message):
        read_mark(typed)


def test_papers_outlive_the_key_of_the_site(settings: Settings) -> None:
    mark = Mark(PaperKind.DOSE, 12, 2)
    written = write_mark(mark)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of the site"
    assert read_mark(written) == mark
    assert write_mark(mark) != written
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UnreadableMark):
        read_mark(written)


def test_the_digest_of_doses_changes_with_any_of_them() -> None:
    lists = [[], [1], [2], [1, 2], [2, 1], [1, 2, 3], [12, 3]]
    assert len({digest(ids) for ids in lists}) == len(lists)
