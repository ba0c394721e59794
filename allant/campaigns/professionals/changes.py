"""What changed in the target doctrine between two days, and the words that tell it to professionals (TG-13). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django.utils.formats import date_format
from django.utils.text import slugify

from allant.doctrine import Delay, NotYetInForce, RuleBook, Version

RULES = "campaigns.mailing_rules"
TO_WRITE = "[source à compléter]"
"""What nobody may send: whoever reads the draft replaces it."""
_AGES = ("min_age", "recommended_from")


@dataclass(frozen=True)
class Change:
    """One version of a rule that is newly known. `slug` names the version: the same change has the same slug."""

    slug: str
    known_from: date
    in_force: date
    subject: str
    paragraphs: tuple[str, ...]
    source: str
    ground: str
    "Source and assumption."
    rule_id: str

    @property
    def body(self) -> str:
        """The text of a mail, its source last; what rests on an assumption alone leaves its source to be written."""
        return "\n\n".join([*self.paragraphs, f"Source : {self.source or TO_WRITE}"])

    @property
    def reason(self) -> str:
        """Why a mail was drafted."""
        return f"Règle {self.rule_id}, connue le {self.known_from:%d/%m/%Y}. {self.ground}"


def changes(now: RuleBook, before: RuleBook) -> list[Change]:
    """What the rules watched say on the day of `now` and did not say on that of `before`, by day of coming into force."""
    try:
        watched = now.value(RULES, now.known_on)
    except NotYetInForce:
        return []
    found = [change for row in watched for change in _changes_of(row, now, before)]
    return sorted(found, key=lambda change: (change.in_force, change.slug))


def _changes_of(row: Mapping[str, Any], now: RuleBook, before: RuleBook) -> Iterator[Change]:
    rule = now.rule(row["rule"])
    for key in rule.members or (rule.key,):
        known = {period.version.rule_id for period in before.periods(key)}
        timeline = [None, *(period.version for period in now.periods(key))]
        for former, version in pairwise(timeline):
            assert version is not None
            told = _TELLS[row["reads"]](former, version)
            if version.rule_id not in known and told is not None:
                yield _change(row, now.rule(key).label, version, *told)


def _opening(former: Version | None, version: Version) -> tuple[str, str] | None:
    return "", french_day(version.withdraws) if version.withdraws else ""


def _ages(former: Version | None, version: Version) -> tuple[str, str] | None:
    if former and all(former.value[name] == version.value[name] for name in _AGES):
        return None
    return _aged(version), _aged(former) if former else ""


def _aged(version: Version) -> str:
    lowest, advised = (version.value[name] for name in _AGES)
    autorised = f"autorisé à partir de {lowest} ans"
    return autorised if advised == lowest else f"{autorised}, recommandé à partir de {advised} ans"


def _delayed(former: Version | None, version: Version) -> tuple[str, str] | None:
    return spelt(version.value), spelt(former.value) if former else ""


_TELLS = {"opening": _opening, "ages": _ages, "delay": _delayed}


def _change(row: Mapping[str, Any], label: str, version: Version, detail: str, before: str) -> Change:
    words = {"group": label, "on": french_day(version.in_force), "before": before, "detail": detail}
    if row["reads"] == "opening":
        words["group"] = label[0].lower() + label[1:]
    told = [text for text in row["paragraphs"] if before or "{before}" not in text]
    return Change(
        slug=slugify(f"{version.key}-{version.in_force}-{version.known_from}".replace(".", "-"))[:80],
        known_from=version.known_from, in_force=version.in_force, subject=row["subject"].format_map(words),
        paragraphs=tuple(text.format_map(words) for text in told), source=version.source or "", ground=version.ground,
        rule_id=version.rule_id,
    )  # fmt: skip


def french_day(day: date) -> str:
    """`2021-05-01` → `1er mai 2021`."""
    return date_format(day, r"j\e\r F Y" if day.day == 1 else "j F Y")


def spelt(delay: Delay) -> str:
    """A delay in words: `5 mois`, `28 jours`."""
    parts = [f"{delay.months} mois"] if delay.months else []
    if delay.days:
        parts.append(f"{delay.days} jour{'s' if delay.days > 1 else ''}")
    return " et ".join(parts) or "0 jour"
