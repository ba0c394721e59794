"""A rule as a person reads it (rich) and as a program does (JSON)."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from allant.doctrine.book import RuleBook
from allant.doctrine.delay import Delay
from allant.doctrine.model import Version
from allant.doctrine.units import Age

WIDE = 7
"""Beyond this number of fields a table does not fit a terminal."""

WORDS: Mapping[str, str] = {
    "applies_to": "portée",
    "authorised_on": "autorisé le",
    "closes_at": "ferme à",
    "counted_doses": "doses comptées",
    "criteria": "critères",
    "days": "jours",
    "declares_eligibility": "déclare l'éligibilité",
    "delay": "délai",
    "doses": "doses",
    "eu_number": "numéro européen",
    "family": "famille",
    "from": "à partir de",
    "immunodepressed_too": "immunodéprimés aussi",
    "label": "libellé",
    "maker": "fabricant",
    "max_age": "âge maximal",
    "max_interval": "intervalle maximal",
    "min_age": "âge minimal",
    "min_delay": "délai minimal",
    "min_interval": "intervalle minimal",
    "mixed_below_age": "mixte avant l'âge de",
    "official_code": "code officiel",
    "opens_at": "ouvre à",
    "opens_on": "ouvre le",
    "phone": "téléphone",
    "recommended_from": "conseillé dès l'âge de",
    "recommended_interval": "intervalle conseillé",
    "records_doses": "enregistre les doses",
    "second_vaccines": "deuxième vaccin",
    "technology": "technologie",
    "vaccines": "vaccins",
}
"""French words for the fields of records; a field not listed is French or a code already."""


def describe(book: RuleBook, key: str, on: date) -> dict[str, Any]:
    """A rule on a day, JSON-ready: value, dates, ground, and what is announced. Raises as `RuleBook.version`."""
    version, rule = book.version(key, on), book.rule(key)
    return {
        "key": key,
        "label": rule.label,
        "unit": rule.unit,
        "on": on.isoformat(),
        "known_on": book.known_on.isoformat(),
        **_version(version),
        "members": [{"key": member.key, **_version(member)} for member in version.members],
        "announced": [_version(later) for later in book.announced(key, on)],
    }


def render(book: RuleBook, key: str, on: date) -> RenderableType:
    """The same for a terminal, in French. Raises as `RuleBook.version`."""
    version, rule = book.version(key, on), book.rule(key)
    heading = Text.assemble(
        (rule.label, "bold"), f"\n{key} · le {on:%d/%m/%Y} · selon ce qui est connu le {book.known_on:%d/%m/%Y}\n"
    )
    since = Text(f"\nEn vigueur depuis le {version.in_force:%d/%m/%Y}")
    later = book.announced(key, on)
    news = [
        Text(f"Annoncé pour le {after.in_force:%d/%m/%Y} : {_change(before.value, after.value)}", style="cyan")
        for before, after in pairwise([version, *later])
    ]
    return Group(heading, _shown(version.value), since, _grounds(version), *news)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dates in ISO form, delays and ages as mappings."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Delay):
        return {"months": value.months, "days": value.days}
    if isinstance(value, Age):
        return {"years": value.years, "months": value.months}
    return value


def say(value: Any) -> str:
    """A value in French, on one line."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Mapping):
        return ", ".join(f"{WORDS.get(name, name)} {say(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, tuple):
        return (" | " if value and isinstance(value[0], Mapping) else ", ").join(say(part) for part in value)
    return "—" if value is None else str(value)


def _version(version: Version) -> dict[str, Any]:
    return {
        "value": plain(version.value),
        "in_force": version.in_force.isoformat(),
        "known_from": version.known_from.isoformat(),
        "source": version.source,
        "assumption": version.assumption,
        "review_by": version.review_by and version.review_by.isoformat(),
        "rule_id": version.rule_id,
    }


def _change(before: Any, after: Any) -> str:
    """What an announced value adds to a list; any other value whole."""
    if isinstance(after, tuple) and isinstance(before, tuple):
        new = [item for item in after if item not in before]
        return " | ".join(str(item.get("label", say(item))) if isinstance(item, Mapping) else say(item) for item in new)
    return say(after)


def _grounds(version: Version) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    for member in version.members or (version,):
        table.add_row(member.key.rpartition(".")[2] if version.members else "Source", member.ground)
    return table


def _shown(value: Any) -> RenderableType:
    """A list of records as a table; a wide one stands on its side, one column a record."""
    if not (isinstance(value, tuple) and value and isinstance(value[0], Mapping)):
        return Text(say(value))
    names = [name for name in value[0] if name != "rule_id" and any(row[name] is not None for row in value)]
    cells = [["" if row[name] is None else say(row[name]) for name in names] for row in value]
    headings = [WORDS.get(name, name) for name in names]
    if len(names) > WIDE:
        headings, cells = ["", *(row[0] for row in cells)], [list(line) for line in zip(headings, *cells, strict=True)]
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in cells:
        table.add_row(*row)
    return table
