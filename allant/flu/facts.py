"""The facts that this room lets targets and campaigns speak of: injections against flu (TG-10)."""

from __future__ import annotations

from allant.facts import DATE, MANY, Fact, FactTable

# Doses that stand, each under the record that stands for the person.
INJECTIONS = """
SELECT coalesce(p.merged_into_id, p.id) AS person_id, d.occurred_on
FROM immunizations_dose AS d JOIN people_person AS p ON p.id = d.person_id
WHERE d.disease = 'influenza' AND d.ended_at IS NULL
"""
FLU_INJECTION = FactTable(
    "flu_injection",
    "injection contre la grippe",
    MANY,
    [Fact("occurred_on", DATE, "date de l'injection", "date inconnue")],
    INJECTIONS,
    plural_fr="injections contre la grippe",
)
