"""The campaigns' codes in French words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allant.campaigns.actions import HANDED_OVER
from allant.geography import departements
from allant.outreach.models import Channel
from allant.people.models import Scheme, Sex
from allant.targeting import Definition, engine_postgres

UNKNOWN = "Non renseigné"
WITHOUT_CHANNEL = "sans moyen de contact"
ROWS_SHOWN = 10


@dataclass(frozen=True)
class Badge:
    """A state in words, with the design system's colour for it."""

    label: str
    kind: str


STATES = {
    "planned": Badge("À venir", "info"),
    "running": Badge("En cours", "success"),
    "ended": Badge("Terminée", "new"),
    "stopped": Badge("Arrêtée", "error"),
}


@dataclass(frozen=True)
class Breakdown:
    """The target split by one column: (label, persons, percent of the target); `others` counts the rows not shown."""

    title: str
    rows: tuple[tuple[str, int, float], ...]
    others: int


def state_badge(state: str) -> Badge:
    """The badge of `Campaign.state_on`."""
    return STATES[state]


def channel_name(code: str) -> str:
    """`sms` → `SMS`; people whom no channel reaches are counted under `none`, handed-over codes under `hand`."""
    if code == HANDED_OVER:
        return "remis par un professionnel"
    return Channel(code).label if code in Channel.values else WITHOUT_CHANNEL


def breakdowns(target: Definition) -> tuple[int, list[Breakdown]]:
    """How many people are in a target; by sex, scheme and département, the most numerous first."""
    names = {
        "sex": ("Sexe", dict(Sex.choices)),
        "scheme": ("Régime", dict(Scheme.choices)),
        "departement": ("Département", {code: place.name for code, place in departements().items()}),
    }
    total, by_column = engine_postgres.breakdowns(target, tuple(names))
    return total, [_breakdown(title, by_column[column], total, labels) for column, (title, labels) in names.items()]


def _breakdown(title: str, counts: Mapping[str | None, int], total: int, labels: Mapping[str, str]) -> Breakdown:
    rows = [(labels.get(code or "", UNKNOWN), count, 100 * count / total) for code, count in counts.items()]
    return Breakdown(title, tuple(rows[:ROWS_SHOWN]), sum(count for _, count, _ in rows[ROWS_SHOWN:]))
