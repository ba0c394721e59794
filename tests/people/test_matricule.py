"""ID-03, VC-12: formats and keys of matricules, against python-stdnum as oracle."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.fr import nir
from typer.testing import CliRunner

from allant.people.commands import app
from allant.people.matricule import key, parse

months = st.integers(1, 12) | st.integers(20, 99)
departements = st.integers(1, 99).map("{:02}".format) | st.sampled_from(["2A", "2B"])
nirs = st.builds(
    "{}{:02}{:02}{}{:03}{:03}".format,
    st.sampled_from("12"),
    st.integers(0, 99),
    months,
    departements,
    st.integers(1, 999),
    st.integers(1, 999),
)
keyless = st.builds("{}{}{:011}".format, st.sampled_from("5678"), st.sampled_from("12"), st.integers(0, 10**11 - 1))


@given(nirs)
@example("253072B073004")
@example("253072A073004")
def test_key_agrees_with_the_oracle(value: str) -> None:
    """ID-03: 97 − (N mod 97), Corsica counted as 19 and 18."""
    assert f"{key(value):02}" == nir.calc_check_digits(value)
    assert nir.is_valid(f"{value}{key(value):02}")


@given(nirs)
def test_valid_with_and_without_key(value: str) -> None:
    """ID-03: 13 or 15 characters, grouped or not; digits alone cannot tell a NIA from a NIR."""
    typed = f"{value[0]} {value[1:3]} {value[3:5]} {value[5:7].lower()} {value[7:10]} {value[10:]} {key(value):02}"
    assert parse(value).value == parse(typed).value == value
    assert parse(typed).kind == "NIR/NIA"


@given(nirs, st.integers(0, 99))
def test_wrong_key_is_refused_naming_the_field(value: str, typed_key: int) -> None:
    """VC-12: a wrong key is a clear error naming the field; a right one is the oracle's."""
    verdict = parse(f"{value}{typed_key:02}")
    assert verdict.valid == nir.is_valid(f"{value}{typed_key:02}")
    if not verdict.valid:
        assert verdict.reasons[0].startswith("Clé")


@given(nirs, st.integers(0, 12), st.characters(categories=["Nd", "Lu"]))
def test_one_wrong_character_is_seen_by_the_key(value: str, position: int, character: str) -> None:
    """The key exists for this: one mistyped character never gives another valid number."""
    typed = value[:position] + character + value[position + 1 :] + f"{key(value):02}"
    assert parse(typed).valid == (typed[position] == value[position])


@given(keyless)
def test_nnp_and_mig(value: str) -> None:
    """ID-03: NNP `[78][12]` fund order, MIG `[56][12]`, without key."""
    assert parse(value).valid
    assert parse(value).kind == ("NNP" if value[0] in "78" else "MIG")
    assert "pas de clé" in parse(value + "00").reasons[0]


@given(st.text(max_size=20))
def test_never_crashes_and_never_quotes_the_number(text: str) -> None:
    """VC-12: never a crash. A reason may be logged: the number is not in it, nor in the verdict's repr."""
    verdict = parse(text)
    assert verdict.valid == (verdict.value is not None)
    if len(text.strip()) > 6:
        assert text not in " ".join(verdict.reasons) + repr(verdict)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "vide"),
        ("255081416802", "12 caractères lus"),
        ("3550814168025", "Premier caractère"),
        ("2551314168025", "Mois de naissance : 13"),
        ("2550014168025", "Mois de naissance : 00"),
        ("2551914168025", "Mois de naissance : 19"),
        ("2550800168025", "Département de naissance"),
        ("2550814000025", "Commune de naissance"),
        ("2550814168000", "Numéro d'ordre"),
        ("255082C168025", "2A ou 2B"),
        ("7301234567890", "Deuxième caractère"),
        ("710122A567890", "que des chiffres"),
    ],
)
def test_refusals_say_what_was_read(typed: str, reason: str) -> None:
    """ID-03: each part is checked and named."""
    assert any(reason in given_reason for given_reason in parse(typed).reasons)


def test_month_of_an_unknown_birth_date_is_accepted() -> None:
    """ID-03: 20 to 99 when the month is unknown."""
    assert [parse(f"255{month}14168025").valid for month in ("20", "42", "99")] == [True, True, True]


def test_command_answers_in_json() -> None:
    """The fixed interface: `matricule check --json VALUE`, several values, standard input; 0, 1, 2."""
    good = f"2550814168025{key('2550814168025'):02}"
    one = CliRunner().invoke(app, ["check", "--json", good])
    assert one.exit_code == 0
    assert json.loads(one.stdout) == {"valid": True, "kind": "NIR/NIA", "reasons": []}
    two = CliRunner().invoke(app, ["check", "--json"], input=f"{good}\n{good[:-1]}\n")
    assert two.exit_code == 1
    assert [json.loads(line)["valid"] for line in two.stdout.splitlines()] == [True, False]
    assert CliRunner().invoke(app, ["check"], input="").exit_code == 2


def test_command_speaks_french_and_hides_the_number() -> None:
    """Refused with its reason, without the number."""
    result = CliRunner().invoke(app, ["check", "2551314168025"])
    assert result.exit_code == 1
    assert "Mois de naissance" in result.stdout
    assert "2551314168025" not in result.stdout
