"""TG-07: targeting codes."""

import itertools
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allant.campaigns import codes

KEY = codes.Key(1, bytes(range(32)))
OTHER = codes.Key(2, bytes(range(1, 33)))
serials = st.integers(0, codes.CAPACITY - 1)


@given(st.lists(serials, min_size=1, max_size=50))
def test_tg_07_a_code_reads_back_to_its_serial(numbers):
    for number, code in zip(numbers, codes.render(numbers, KEY), strict=True):
        assert len(code) == 12 and set(code) <= set(codes.ALPHABET)
        assert codes.read(code, KEY) == number


def test_tg_07_codes_never_collide_and_neighbours_look_unrelated():
    rendered = codes.render(np.arange(200_000), KEY)
    assert len(set(rendered)) == 200_000
    bodies = np.array([[codes.ALPHABET.index(c) for c in code] for code in rendered[:20_000]])
    for place in range(12):
        counts = np.bincount(bodies[:, place], minlength=31)
        expected = 20_000 / 31
        # chi-square with 30 degrees of freedom: 70 has a probability of about 5 in 100 000
        assert ((counts - expected) ** 2 / expected).sum() < 70, f"character {place + 1} is not spread evenly"


def test_tg_07_another_key_gives_other_codes():
    assert not set(codes.render(range(1000), KEY)) & set(codes.render(range(1000), OTHER))


@given(serials, st.integers(0, 11), st.integers(1, 30))
def test_tg_07_every_substitution_of_one_character_is_caught(serial, place, shift):
    code = codes.render([serial], KEY)[0]
    wrong = codes.ALPHABET[(codes.ALPHABET.index(code[place]) + shift) % 31]
    with pytest.raises(codes.Mistyped, match="faute de frappe"):
        codes.read(code[:place] + wrong + code[place + 1 :], KEY)


def test_tg_07_every_swap_of_neighbours_is_caught():
    for code, place in itertools.product(codes.render(range(500), KEY), range(11)):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if swapped != code:
            with pytest.raises(codes.Mistyped):
                codes.read(swapped, KEY)


@pytest.mark.parametrize(("typed", "said"), [
    ("ABC", "3 ont été saisis"),
    ("", "0 ont été saisis"),
    ("ABCDEFGHJKM0", "caractère n° 12"),
    ("éBCDEFGHJKMN", "caractère n° 1"),
    ("日BCDEFGHJKMN", "caractère n° 1"),
])
def test_tg_07_what_cannot_be_a_code_is_told_apart_from_an_unknown_one(typed, said):
    with pytest.raises(codes.Mistyped, match=said):
        codes.read(typed, KEY)


def test_tg_07_case_and_spaces_do_not_matter():
    code = codes.render([42], KEY)[0]
    assert codes.read(f" {code[:4].lower()} {code[4:8]}-{code[8:]}", KEY) == 42


def test_tg_07_a_key_does_not_show_its_secret():
    assert "secret" not in repr(KEY) and KEY.secret.hex() not in repr(KEY)


CODES = codes.render([1, 42, 31**11 - 1], KEY)


@given(st.lists(st.sampled_from(CODES) | st.text(max_size=14) | st.text(codes.ALPHABET, min_size=12, max_size=12), max_size=20))
def test_tg_07_many_codes_are_read_as_each_alone(typed):
    serials, refused = codes.read_many(typed, [KEY, OTHER])
    for place, text in enumerate(typed):
        try:
            alone = [codes.read(text, key) for key in (KEY, OTHER)]
        except codes.Mistyped as error:
            assert refused[place] == str(error)
        else:
            assert place not in refused and [int(read[place]) for read in serials] == alone


def test_tg_07_many_codes_are_read_together():
    """A file of 20 000 codes takes a fraction of a second of processor: one AES call a round, not one a code."""
    rendered = codes.render(range(20_000), KEY)
    start = process_time()
    (serials,), refused = codes.read_many(rendered, [KEY])
    assert process_time() - start < 1 and not refused and serials.tolist() == list(range(20_000))
