"""A fault of a book names its file, its line and the fix, in French."""

import pytest

from allant.doctrine import Age, Delay, InvalidBooks, Rules

from .conftest import Write

HEAD = "a.b:\n  label: Règle\n  unit: {unit}\n  versions:\n"


def versions(*lines: str, unit: str = "years") -> str:
    return HEAD.format(unit=unit) + "".join(f"    - {line}\n" for line in lines)


FINE = "{in_force: 2021-01-01, known_from: 2021-01-01, value: 1, source: Avis}"

FAULTS = [
    ("same dates twice", versions(FINE, FINE), 6, "deuxième version de « a.b »"),
    (
        "withdrawn without successor",
        versions(FINE, "{in_force: 2021-02-01, known_from: 2021-01-02, withdraws: 2021-01-01, source: Avis}"),
        6,
        "retirée sans successeur",
    ),
    (
        "withdraws nothing",
        versions(FINE, "{in_force: 2021-02-01, known_from: 2021-01-02, withdraws: 2021-05-01, value: 1, source: Avis}"),
        6,
        "ne retire rien",
    ),
    ("no ground", versions("{in_force: 2021-01-01, known_from: 2021-01-01, value: 1}"), 5, "ni `source` ni `assumption`"),
    ("undated", versions("{known_from: 2021-01-01, value: 1, source: Avis}"), 5, "`in_force` manque"),
    ("known from never", versions("{in_force: 2021-01-01, value: 1, source: Avis}"), 5, "`known_from` manque"),
    ("no value", versions("{in_force: 2021-01-01, known_from: 2021-01-01, source: Avis}"), 5, "`value` manque"),
    ("wrong type", versions(FINE.replace("value: 1", "value: douze")), 5, "'douze' lu, un nombre entier"),
    ("impossible date", versions(FINE.replace("2021-01-01, k", "2021-13-01, k")), 5, "une date s'écrit AAAA-MM-JJ"),
    ("date as text", versions(FINE.replace("2021-01-01, k", "le 3 mai, k")), 5, "'le 3 mai' lu, une date attendue"),
    ("unknown field", versions(FINE.replace("source", "sourse")), 5, "« sourse » inconnu. Vouliez-vous dire « source »"),
    ("unknown unit", versions(FINE, unit="yeers"), 3, "'yeers' inconnue. Vouliez-vous dire « years »"),
    ("choice without choices", versions(FINE, unit="choice"), 3, "la liste `choices`"),
    ("record without fields", versions(FINE, unit="record"), 3, "attend ses champs"),
    ("no version", "a.b:\n  label: Règle\n  unit: years\n", 2, "attend une liste `versions`"),
    ("no label", "a.b:\n  unit: years\n  versions: []\n", 2, "`label` manque"),
    ("key twice", versions(FINE) + versions(FINE), 6, "« a.b » écrit deux fois"),
    ("bad key", versions(FINE).replace("a.b", "Âge"), 2, "clé « Âge » refusée"),
    ("broken YAML", "a.b:\n  label: [Règle\n", 3, "YAML illisible"),
    ("no rule", "- rien\n", 1, "fichier sans règles"),
    ("empty collection", "a.b:\n  label: Vide\n  unit: collection\n", 2, "collection « a.b » vide"),
    ("not a rule", "a.b: 3\n", 1, "attendu une règle"),
]


@pytest.mark.parametrize(("text", "line", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_faulty_book_is_refused(books: Write, text: str, line: int, message: str) -> None:
    """Issue 2: a doctrine file with two versions for the same dates is refused at start; VC-02: an undated entry too."""
    with pytest.raises(InvalidBooks) as refusal:
        books(faulty=text).check()
    problem = refusal.value.problems[0]
    assert (problem.file, problem.line) == ("faulty.yaml", line)
    assert message in problem.message
    assert f"faulty.yaml:{line} : " in str(refusal.value)


RECORD = """
a.b:
  label: Règle
  unit: record
  fields:
    delay: delay
    who:
      min_age: years?
      kinds: texts
  versions:
    - in_force: 2021-01-01
      known_from: 2021-01-01
      source: Avis
      value:
        delay: DELAY
        who: {KINDS}
"""


@pytest.mark.parametrize(
    ("delay", "kinds", "line", "message"),
    [
        ("{fortnights: 2}", "kinds: [ald]", 15, "« value.delay »"),
        ("{months: -1}", "kinds: [ald]", 15, "nombre entier positif"),
        ("{months: 1}", "min_age: 3", 16, "champ « kinds » manquant"),
        ("{months: 1}", "kinds: [3]", 16, "3 lu, un texte attendu"),
        ("{months: 1}", "kinds: [ald], min_aje: 3", 16, "« min_aje » inconnu. Vouliez-vous dire « min_age »"),
    ],
)
def test_a_fault_deep_in_a_record_has_its_own_line(books: Write, delay: str, kinds: str, line: int, message: str) -> None:
    with pytest.raises(InvalidBooks) as refusal:
        books(faulty=RECORD.replace("DELAY", delay).replace("KINDS", kinds)).check()
    (problem,) = refusal.value.problems
    assert problem.line == line
    assert message in problem.message


def test_every_problem_of_every_file_is_told_at_once(books: Write) -> None:
    bad = versions(FINE.replace("value: 1", "value: douze"))
    with pytest.raises(InvalidBooks) as refusal:
        books(one=bad, two=bad.replace("a.b", "c.d").replace("source: Avis", "source: 3")).check()
    assert [problem.file for problem in refusal.value.problems] == ["one.yaml", "two.yaml"]


def test_a_key_stands_in_one_file_only(books: Write) -> None:
    with pytest.raises(InvalidBooks, match=r"two\.yaml:2 : règle « a\.b » déjà écrite dans one\.yaml:2"):
        books(one=versions(FINE), two=versions(FINE)).check()


def test_no_books_at_all_is_an_error(books: Write) -> None:
    with pytest.raises(InvalidBooks, match="aucun fichier de règles"):
        books().check()


@pytest.mark.parametrize(
    ("unit", "written", "read"),
    [
        ("delay", "{weeks: 4}", Delay(days=28)),
        ("delay", "{years: 1, months: 2}", Delay(months=14)),
        ("age", "{years: 18, months: 1}", Age(18, 1)),
        ("number", "30.5", 30.5),
        ("texts", "[a, b]", ("a", "b")),
        ("flag", "true", True),
        ("text", '"0800 08 12 07"', "0800 08 12 07"),
    ],
)
def test_values_are_typed_by_their_unit(books: Write, unit: str, written: str, read: object) -> None:
    rule: Rules = books(fine=versions(FINE.replace("value: 1", f"value: {written}"), unit=unit))
    assert rule.all["a.b"].versions[0].value == read
