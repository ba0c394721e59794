"""What cannot be a target is refused when it is built, with words that say what to type."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from allant.facts import UnknownName
from allant.targeting import Definition, InvalidTarget, define, sentence, tables
from allant.targeting.calendar import add_months, cut_off, elapsed
from allant.targeting.codec import decode
from allant.targeting.moving import moved

from .strategies import DAYS, definitions
from .vocabulary import REGISTRY

t = tables(REGISTRY)
ON = date(2021, 3, 31)
ADULT = t.person.age_on(ON) >= 18

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "absence alone": (lambda: define(~t.dose.exists()), "dont on ne sait rien"),
    "a count of zero alone": (lambda: define(t.dose.count() < 1), "dont on ne sait rien"),
    "what no row means, alone": (lambda: define(t.dose_summary.dose_count == 0), "dont on ne sait rien"),
    "an unknown value alone": (lambda: define(~t.person.sex.is_known()), "dont on ne sait rien"),
    "absence as an alternative": (lambda: define(ADULT | ~t.dose.exists()), "dont on ne sait rien"),
    "text compared with a number": (lambda: t.person.sex == 1, r"person\.sex attend : texte ; vu : 1 \(int\)"),
    "a date compared with text": (lambda: t.person.birth_date <= "1946-03-31", r"date\(2021, 3, 31\)"),
    "None": (lambda: t.person.sex == None, "is_known"),  # noqa: E711
    "text put in order": (lambda: t.person.sex < "M", "range des dates ou des nombres"),
    "a value that is no choice": (lambda: t.person.departement == "2B", "valeur « 2B » inconnue. Vouliez-vous dire « 2A »"),
    "an age beyond a life": (lambda: t.person.age_on(ON) >= 200, "attendu de 0 à 150 ; vu : 200"),
    "an age on no date": (lambda: t.person.age_on("2021-03-31"), "attend une date"),
    "an age since text": (lambda: t.person.sex.age_on(ON), "Une durée se compte depuis une date"),
    "an empty list": (lambda: t.person.sex.is_in([]), "est vide"),
    "a bare text as a list": (lambda: t.person.sex.is_in("F"), r"Écrivez is_in\(\['F'\]\)"),
    "a value as a criterion": (lambda: define(t.person.sex), "n'est pas un critère"),
    "a row column for a person": (lambda: define(t.dose.vaccine == "janssen"), r"t\.dose\.where\(…\)\.exists\(\)"),
    "a period for a person": (lambda: define(t.situation.where(t.person.sex == "F").exists()), "n'utilise que ses colonnes"),
    "active_on without a period": (lambda: t.dose.active_on(ON), "starts_on et ends_on"),
    "the first of a text": (lambda: t.dose.first("vaccine"), "vaccine est de type texte"),
    "two kinds compared": (lambda: t.dose.count() == t.person.birth_date, "de même type"),
    "and": (lambda: ADULT and t.person.has_email, "utilisez &"),
    "a chain": (lambda: 18 <= t.person.age_on(ON) <= 75, "between"),
    "& without parentheses": (lambda: t.person.age_on(ON) >= 75 & t.person.has_email, "entre parenthèses"),
    "where without a condition": (lambda: t.dose.where(), "donnez une condition"),
    "no criterion": (lambda: Definition(None), "se définit par un critère"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused_when_built(what: str) -> None:
    build, message = REFUSED[what]
    with pytest.raises(InvalidTarget, match=message):
        build()


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: t.persn, "Aucune table de faits « persn ». Vouliez-vous dire « person »"),
        (lambda: t.person.departemnt, "pas de colonne « departemnt ». Vouliez-vous dire « departement »"),
        (lambda: t.dose.where(vacine="janssen"), "Vouliez-vous dire « vaccine »"),
    ],
)
def test_an_unknown_name_gets_the_nearest(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        build()


JSON_REFUSED = {
    "no JSON": ("{", "n'est pas du JSON"),
    "no version": ({"criteria": {}}, "il manque « version »"),
    "another version": ({"version": 2, "criteria": {}}, "version : attendu 1 ; vu : 2"),
    "no kind": ({"version": 1, "criteria": {}}, "criteria : attendu une clé parmi and, or"),
    "empty group": ({"version": 1, "criteria": {"and": []}}, "criteria : Un groupe « et »"),
    "unknown column": (
        {"version": 1, "criteria": {"and": [{"known": {"column": "person.sex"}}, {"known": {"column": "person.sx"}}]}},
        r"criteria\.and\[1\] : La table « person » n'a pas de colonne « sx »",
    ),
    "foreign key": ({"version": 1, "criteria": {"not": {}, "nto": 1}}, "clé « nto » inattendue. Vouliez-vous dire « not »"),
    "no date": (
        {"version": 1, "criteria": {"compare": ">=", "value": {"years_since": "person.birth_date", "on": "demain"}, "to": 75}},
        r"criteria\.value\.on : attendu une date « AAAA-MM-JJ » ; vu : \"demain\"",
    ),
    "too deep": ({"version": 1, "criteria": eval("{'not': " * 60 + "1" + "}" * 60)}, "plus de 40 niveaux"),
    "operator": ({"version": 1, "criteria": {"compare": "~", "value": {"count": {"table": "dose"}}, "to": 1}}, "« ~ » inconnue"),
    "unhashable operator": (
        {"version": 1, "criteria": {"compare": [], "value": {"count": {"table": "dose"}}, "to": 1}},
        "inconnue",
    ),
    "absence alone": ({"version": 1, "criteria": {"not": {"exists": {"table": "dose"}}}}, "dont on ne sait rien"),
}


@pytest.mark.parametrize("what", JSON_REFUSED)
def test_malformed_json_is_refused_with_its_place(what: str) -> None:
    """TG-03: what a page sends is checked as what Python builds."""
    data, message = JSON_REFUSED[what]
    with pytest.raises(InvalidTarget, match=message):
        Definition.from_json(data, REGISTRY)


@settings(max_examples=100, deadline=None)
@given(definitions())
def test_any_definition_comes_back_from_json_and_reads_in_french(definition: Definition) -> None:
    """TG-03, TG-04."""
    assert decode(definition.to_json(), REGISTRY) == definition.criteria
    assert sentence(definition).strip()


def test_a_definition_reads_back_as_a_french_sentence() -> None:
    """TG-03."""
    target = define(
        (t.person.age_on(ON) >= 75) & ~t.dose_summary.exists() & t.person.has_landline & t.person.departement.is_in(["01"])
    )
    assert sentence(target) == (
        "75 ans ou plus au 31 mars 2021, et sans aucune dose, et avec un téléphone fixe, et dans le département 01 (Ain)"
    )


def test_the_hash_follows_the_content() -> None:
    first = define(t.person.departement.is_in(["01", "38", "01"]))
    assert first.content_hash == define(t.person.departement.is_in(["38", "01"])).content_hash
    assert first.content_hash != define(t.person.departement.is_in(["38"])).content_hash


def test_a_definition_moves_to_another_day() -> None:
    written = define(ADULT & t.situation.where(kind="ald").active_on(ON).exists() & (t.person.birth_date > ON))
    later = date(2021, 4, 7)
    expected = define(
        (t.person.age_on(later) >= 18) & t.situation.where(kind="ald").active_on(later).exists() & (t.person.birth_date > ON)
    )
    assert moved(written, ON, later) == expected


@pytest.mark.parametrize("unit", ["years", "months", "days"])
def test_a_cut_off_is_the_latest_start_that_is_long_enough(unit: Any) -> None:
    for on in [date(2021, 2, 28), date(2020, 2, 29), date(2021, 3, 1), date(2021, 4, 30), date(2021, 5, 31), *DAYS]:
        for length in (0, 1, 2, 6, 12, 73):
            latest = cut_off(length, unit, on)
            day_after = date.fromordinal(latest.toordinal() + 1)
            assert elapsed(latest, unit, on) >= length > elapsed(day_after, unit, on)


def test_months_are_clamped_to_the_end_of_a_short_one() -> None:
    assert add_months(date(2020, 8, 31), 6) == date(2021, 2, 28)
    assert add_months(date(2021, 3, 31), -1) == date(2021, 2, 28)
