"""ID-01, ID-02: which number identifies whom, by the date of the request, and why."""

from datetime import date

import pytest

from allant.doctrine import rules
from allant.identification.choice import UnknownCircumstance, choice, choices, three_processes

BOOK = rules.as_known_on(date(2022, 12, 1))
BEFORE, SINCE = date(2022, 2, 28), date(2022, 3, 1)

# situation, number and flow before March 2022, since, follow-up of 3-6-9 months, 27 months
TABLE = """
born_in_france       NIR/known  NIR/known  -    -
regular_born_abroad  NNP/nnp    NIA/nia    3-6-9 -
irregular            NNP/nnp    NNP/nnp    -    -
asylum_seeker        NNP/nnp    NNP/nnp    -    -
refugee              NNP/nnp    NIA/nia    -    27
displaced_ukraine    unknown    NIA/nia    -    27
ukrainian_settled    unknown    NIA/nia    3-6-9 -
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def told(code, on):
    try:
        found = choice(code, BOOK, on)
    except UnknownCircumstance:
        return "unknown"
    return f"{found.matricule}/{found.flow}"


@pytest.mark.parametrize(("code", "before", "since", "follow_up", "exceptional"), ROWS, ids=[row[0] for row in ROWS])
def test_id_02_the_situation_and_the_date_choose_the_number(code, before, since, follow_up, exceptional):
    """ID-02: the table of seed 003, before and since March 2022."""
    assert (told(code, BEFORE), told(code, SINCE)) == (before, since)
    found = choice(code, BOOK, SINCE)
    assert (found.follow_up, found.exceptional) == (follow_up == "3-6-9", exceptional == "27")
    assert len(found.explanation) > 30 and "seed 003" in found.ground


def test_id_02_every_situation_of_the_doctrine_is_in_the_table():
    assert set(choices(BOOK, SINCE)) == {row[0] for row in ROWS}


def test_id_02_an_unknown_situation_says_which_are_known():
    with pytest.raises(UnknownCircumstance, match="Né en France"):
        choice("tourist", BOOK, SINCE)


@pytest.mark.parametrize(
    ("kind", "fund", "rights", "done"),
    [
        (None, "CPAM-75", True, (False, False, True)),
        ("NIA", "CPAM-75", True, (True, False, True)),
        ("NNP", None, True, (True, False, False)),
        ("NIR", "CPAM-75", False, (True, True, False)),
    ],
)
def test_id_01_identification_certification_and_affiliation_are_three(kind, fund, rights, done):
    """ID-01: a NIA identifies without certifying; a NIR certifies without opening rights."""
    steps = three_processes(kind, fund, rights)
    assert (bool(steps.identified), bool(steps.certified), bool(steps.affiliated)) == done
