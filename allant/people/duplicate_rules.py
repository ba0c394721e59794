"""The exact rules that propose two records as one person (VC-63), as SQL over two temporary tables.

`duplicate_identity`: one row a record that stands for a person, names folded. `duplicate_number`: the numbers each of them bears
or bore, those of the records it absorbed included. A rule names its pairs (`a`, `b`); what holds for every pair is added here:
sexes that agree, numbers that do not contradict, and never two who may be twins.

| kept apart | why |
| --- | --- |
| given names that differ (one may only be longer than the other: « Marie », « Marie Anne ») | twins bear different given names |
| different birth ranks | the rank is what tells twins apart |
| numbers of the same month and place whose order differs by one or two | twins and triplets are declared one after the other |
| two different NIR | a NIR is a person |
"""

from __future__ import annotations

from dataclasses import dataclass

TWINS_APART = 2
"""Twins and triplets bear consecutive order numbers: 1 or 2 between them."""


@dataclass(frozen=True)
class DuplicateRule:
    """One way two records may be one person: `joined` brings `duplicate_identity` a and b together, whatever their order."""

    code: str
    label: str
    joined: str
    condition: str


IDENTITIES = """
CREATE TEMPORARY TABLE duplicate_identity AS
SELECT id, birth_date, birth_precision, sex, birth_rank, search_name,
       replace(search_name, ' ', '') AS whole_name,
       people_search_key(family_name) AS family, people_search_key(given_names) AS given
FROM people_person WHERE merged_into_id IS NULL
"""

NUMBERS = """
CREATE TEMPORARY TABLE duplicate_number AS
SELECT coalesce(bearer.merged_into_id, bearer.id) AS person_id, number.kind, number.value, min(number.starts_on) AS starts_on
FROM people_matricule AS number JOIN people_person AS bearer ON bearer.id = number.person_id
GROUP BY 1, 2, 3
"""

FORGET = "DROP TABLE IF EXISTS pg_temp.duplicate_identity, pg_temp.duplicate_number"

INDEXES = """
CREATE INDEX ON duplicate_number (person_id);
CREATE INDEX ON duplicate_identity (id);
ANALYZE duplicate_identity; ANALYZE duplicate_number
"""

_SAME_DAY = "a.birth_precision = 'day' AND b.birth_precision = 'day' AND a.birth_date = b.birth_date"
_SAME_GIVEN = "(a.given = b.given OR starts_with(a.given, b.given || ' ') OR starts_with(b.given, a.given || ' '))"
_SWAPPED = "(a.family = b.given AND a.given = b.family)"
_SAME_FAMILY = """(replace(a.family, ' ', '') = replace(b.family, ' ', '')
    OR string_to_array(a.family, ' ') <@ string_to_array(b.family, ' ')
    OR string_to_array(b.family, ' ') <@ string_to_array(a.family, ' '))"""
# As far as both are known: a month or a year only, or nothing, contradicts no day that it contains.
_BIRTH_AGREES = """(a.birth_precision = 'none' OR b.birth_precision = 'none'
    OR (a.birth_date = b.birth_date AND a.birth_precision = b.birth_precision)
    OR ('year' IN (a.birth_precision, b.birth_precision) AND date_trunc('year', a.birth_date) = date_trunc('year', b.birth_date))
    OR ('month' IN (a.birth_precision, b.birth_precision)
        AND date_trunc('month', a.birth_date) = date_trunc('month', b.birth_date)))"""

_BOTH = "FROM duplicate_identity AS a JOIN duplicate_identity AS b ON"
_SHARED = """
FROM duplicate_number AS borne JOIN duplicate_number AS also ON also.value = borne.value AND also.person_id > borne.person_id
JOIN duplicate_identity AS a ON a.id = borne.person_id JOIN duplicate_identity AS b ON b.id = also.person_id
"""
_AWAITED = """
FROM duplicate_number AS awaited
JOIN duplicate_number AS certified ON certified.kind = 'NIR' AND certified.person_id <> awaited.person_id
  AND left(certified.value, 10) = left(awaited.value, 10) AND certified.starts_on >= awaited.starts_on
JOIN duplicate_identity AS a ON a.id = awaited.person_id JOIN duplicate_identity AS b ON b.id = certified.person_id
"""
_AWAITED_ALONE = f"""awaited.kind = 'NIA' AND {_SAME_DAY} AND {_SAME_GIVEN} AND {_SAME_FAMILY}
  AND NOT EXISTS (SELECT FROM duplicate_number AS n WHERE n.person_id = a.id AND n.kind = 'NIR')
  AND NOT EXISTS (SELECT FROM duplicate_number AS n WHERE n.person_id = b.id AND n.kind = 'NIA')
"""

RULES = (
    DuplicateRule(
        "same_number",
        "Ont porté le même numéro, avec une identité compatible",
        _SHARED,
        f"{_BIRTH_AGREES} AND ({_SAME_GIVEN} OR {_SWAPPED})",
    ),
    DuplicateRule(
        "nia_then_nir",
        "Le NIA de l'une précède le NIR de l'autre : même naissance, mêmes prénoms, même nom",
        _AWAITED,
        _AWAITED_ALONE,
    ),
    DuplicateRule(
        "same_identity",
        "Mêmes nom, prénoms, date de naissance et sexe, numéros compatibles",
        f"{_BOTH} b.whole_name = a.whole_name AND b.birth_date = a.birth_date AND b.id > a.id",
        _SAME_DAY,
    ),
    DuplicateRule(
        "swapped_names",
        "Nom et prénoms inversés, même date de naissance, même sexe, numéros compatibles",
        f"{_BOTH} b.search_name = a.given || ' ' || a.family AND b.birth_date = a.birth_date AND b.id > a.id",
        f"{_SAME_DAY} AND {_SWAPPED}",
    ),
)

_PAIR_OF_NUMBERS = "FROM duplicate_number AS x JOIN duplicate_number AS y ON y.person_id = b.id WHERE x.person_id = a.id"
_TWO_NUMBERS = f"{_PAIR_OF_NUMBERS} AND x.kind IN ('NIR', 'NIA') AND y.kind IN ('NIR', 'NIA') AND x.value <> y.value"
# Months from 20 on stand for an unknown one.
_MONTHS_DIFFER = """(substr(x.value, 4, 2) <> substr(y.value, 4, 2)
    AND substr(x.value, 4, 2) < '20' AND substr(y.value, 4, 2) < '20')"""
_CONTRADICT = f"""EXISTS (SELECT {_TWO_NUMBERS}
    AND ((x.kind = 'NIR' AND y.kind = 'NIR') OR {_MONTHS_DIFFER}
         OR left(x.value, 3) <> left(y.value, 3) OR substr(x.value, 6, 5) <> substr(y.value, 6, 5)))"""
_CONSECUTIVE = f"""EXISTS (SELECT {_TWO_NUMBERS}
    AND left(x.value, 10) = left(y.value, 10) AND abs(right(x.value, 3)::int - right(y.value, 3)::int) <= {TWINS_APART})"""
_SAME_NUMBER = f"EXISTS (SELECT {_PAIR_OF_NUMBERS} AND x.value = y.value)"

NEVER = f"""a.birth_rank <> b.birth_rank
  OR {_CONSECUTIVE}
  OR (NOT {_SAME_NUMBER} AND {_CONTRADICT})"""
"""What two records proposed by anybody must not be: twins perhaps, or numbers that contradict (a, b: `duplicate_identity`)."""

_EVERY_PAIR = f"""a.id <> b.id
  AND (a.sex IS NULL OR b.sex IS NULL OR a.sex = b.sex)
  AND NOT ({NEVER})"""


def proposal_sql(rule: DuplicateRule) -> str:
    """INSERT of the pairs of a rule not proposed yet; parameters `rule` and `at`. A pair decided before is left as it is."""
    return f"""
INSERT INTO people_duplicatecandidate (first_id, second_id, rule, found_at)
SELECT DISTINCT least(a.id, b.id), greatest(a.id, b.id), CAST(%(rule)s AS text), CAST(%(at)s AS timestamptz)
{rule.joined} WHERE {rule.condition} AND {_EVERY_PAIR}
ON CONFLICT (first_id, second_id) DO NOTHING
"""
