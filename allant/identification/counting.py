"""The figures of identification: stock by kind and age, delays from NIA to NIR, steps of the follow-up (ID-11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

# Age of a number, in completed months; the last class is open.
AGES = (
    (0, 3, "moins de 3 mois"),
    (3, 6, "3 à 6 mois"),
    (6, 9, "6 à 9 mois"),
    (9, 27, "9 à 27 mois"),
    (27, None, "27 mois et plus"),
)
STEPS = {
    "opened": "NIA ouverts", "remind": "Relances", "suspend": "Suspensions", "not_replaced": "Suspensions (pièce non remplacée)",
    "close": "Fermetures", "close_exceptional": "Fermetures (fin de force majeure)", "find_fraud": "Fermetures (fraude)",
    "send_to_sandia": "Envois au SANDIA", "reject": "Rejets du SANDIA", "reject_exceptional": "Rejets (force majeure)",
    "certify": "NIA devenus NIR",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One figure: its group, its label, its value."""

    group: str
    label: str
    value: int


_PLACE = "(%(everywhere)s OR person.departement_code = ANY(%(departements)s))"
_STOCK = f"""
SELECT number.kind, CASE {
    " ".join(
        f"WHEN months >= {first} AND {f'months < {last}' if last else 'true'} THEN {rank}"
        for rank, (first, last, _) in enumerate(AGES)
    )
} END AS class, count(*)
FROM people_matricule AS number
JOIN people_person AS person ON person.id = number.person_id
CROSS JOIN LATERAL (
    SELECT extract(year FROM age(%(on)s::date, number.starts_on)) * 12 + extract(month FROM age(%(on)s::date, number.starts_on))
    AS months
) AS aged
WHERE number.kind IN ('NIA', 'NNP') AND number.starts_on <= %(on)s AND (number.ends_on IS NULL OR number.ends_on > %(on)s)
  AND person.merged_into_id IS NULL AND (person.died_on IS NULL OR person.died_on > %(on)s) AND {_PLACE}
GROUP BY 1, 2"""
_STEPS = f"""
SELECT e.name, count(*) FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id
JOIN people_person AS person ON person.id = c.person_id
WHERE c.process = 'nia_follow_up' AND e."on" <= %(on)s AND {_PLACE} GROUP BY 1"""
_DELAYS = f"""
SELECT count(*), percentile_disc(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY e."on" - c.opened_on)
FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id JOIN people_person AS person ON person.id = c.person_id
WHERE c.process = 'nia_follow_up' AND e.name = 'certify' AND e."on" <= %(on)s AND {_PLACE}"""


def figures(on: date, departements: Collection[str] | None) -> list[Line]:
    """Every figure as of a day, over some départements or (None) the whole country."""
    asked = {"on": on, "everywhere": departements is None, "departements": list(departements or [])}
    with connection.cursor() as cursor:
        cursor.execute(_STOCK, asked)
        stock = {(kind, rank): count for kind, rank, count in cursor.fetchall()}
        cursor.execute(_STEPS, asked)
        steps = dict(cursor.fetchall())
        cursor.execute(_DELAYS, asked)
        certified, quantiles = cursor.fetchone()
    lines = [
        Line(f"Stock de {kind}", label, stock.get((kind, rank), 0))
        for kind in ("NIA", "NNP")
        for rank, (_, _, label) in enumerate(AGES)
    ]
    lines += [Line("Suivi des NIA, depuis le début", label, steps.get(step, 0)) for step, label in STEPS.items()]
    names = ("un quart en moins de", "la moitié en moins de", "trois quarts en moins de", "neuf sur dix en moins de")
    return lines + [
        Line("Délai du NIA au NIR, en jours", name, days) for name, days in zip(names, quantiles or [], strict=False) if certified
    ]
