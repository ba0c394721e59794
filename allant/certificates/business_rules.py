"""The business rules of a country as data: which apply to a certificate at a time, and what they say (RP-11).

Files of the European format (`Identifier`, `Type`, `Country`, `ValidFrom`, `Logic` in CertLogic…), one rule or a list a file;
those of France are in `rules/`. Of the versions of a rule that are valid at the time, the last one applies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

from allant.certificates.certlogic import LogicError, evaluate, instant_of
from allant.certificates.envelope import Claims
from allant.certificates.schema import kind_of

SHIPPED = Path(__file__).with_name("rules")
VALUE_SETS = "valuesets"
LARGEST_FILE = 1_000_000
Result = Literal["passed", "failed", "open"]
_CAN_READ = (1, 3)  # the schema we read


class UnreadableRules(ValueError):
    """A folder of rules that cannot be read; says which file in French."""


@dataclass(frozen=True)
class BusinessRule:
    """One version of a rule. `kind` is `general`, or that of the certificates it is for."""

    identifier: str
    version: tuple[int, ...]
    country: str
    invalidates: bool
    kind: str
    starts_at: datetime
    ends_at: datetime
    logic: Any
    texts: Mapping[str, str]
    schema: tuple[int, ...] = (1, 0)

    def concerns(self, kind: str, country: str, at: datetime) -> bool:
        """Whether it is a rule of this country for such certificates at a time."""
        return self.country == country and self.kind in ("general", kind) and self.starts_at <= at <= self.ends_at

    def text(self, language: str = "fr") -> str:
        """What it asks, in a language, or in English, or its name."""
        return self.texts.get(language) or self.texts.get("en") or self.identifier


@dataclass(frozen=True)
class Outcome:
    """What one rule says. `open`: it could not be evaluated, so that nobody can say that the certificate is accepted."""

    rule: BusinessRule
    result: Result


@dataclass(frozen=True)
class Ruling:
    """What a country's rules say of a certificate."""

    country: str
    outcomes: tuple[Outcome, ...]

    @property
    def accepted(self) -> bool:
        """Every rule passed, and there was one at least."""
        return bool(self.outcomes) and all(outcome.result == "passed" for outcome in self.outcomes)

    @property
    def against(self) -> tuple[Outcome, ...]:
        """The rules that did not pass."""
        return tuple(outcome for outcome in self.outcomes if outcome.result != "passed")


@dataclass(frozen=True)
class RuleSet:
    """Rules and the lists of codes they refer to."""

    rules: tuple[BusinessRule, ...]
    value_sets: Mapping[str, Sequence[str]]

    def ruling(self, claims: Claims, country: str, at: date | datetime) -> Ruling:
        """What the rules of a country say of a certificate at a time; a day is taken at noon, universal time."""
        instant = clock_of(at)
        found = kind_of(claims.certificate) or ""
        chosen = _last_versions(rule for rule in self.rules if rule.concerns(found, country, instant))
        data = self._data(claims, country, instant)
        return Ruling(country, tuple(Outcome(rule, _result(rule, data)) for rule in chosen))

    def _data(self, claims: Claims, country: str, at: datetime) -> dict[str, Any]:
        external = {
            "validationClock": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "valueSets": dict(self.value_sets),
            "countryCode": country,
            "issuerCountryCode": claims.issuer,
            "exp": claims.expires_at.isoformat() if claims.expires_at else None,
            "iat": claims.issued_at.isoformat() if claims.issued_at else None,
        }
        return {"payload": dict(claims.certificate), "external": external}


def clock_of(at: date | datetime) -> datetime:
    """The instant at which rules are judged."""
    if isinstance(at, datetime):
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return datetime.combine(at, time(12), UTC)


def read_rules(folder: Path) -> RuleSet:
    """The rules of every `.json` file under a folder, and the value sets of its `valuesets`. Raises UnreadableRules."""
    rules: list[BusinessRule] = []
    sets: dict[str, Sequence[str]] = {}
    for path in sorted(folder.rglob("*.json")):
        content = _loaded(path)
        if VALUE_SETS in path.relative_to(folder).parts[:-1]:
            sets[path.stem] = _codes(content, path)
        else:
            rules += _rules(content, path)
    if not rules:
        raise UnreadableRules(f"Aucune règle dans « {folder} » : attendu des fichiers .json de règles CertLogic.")
    return RuleSet(tuple(rules), sets)


def _loaded(path: Path) -> Any:
    if path.stat().st_size > LARGEST_FILE:
        raise UnreadableRules(f"« {path.name} » est trop grand pour une règle.")
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise UnreadableRules(f"« {path.name} » n'est pas un fichier JSON lisible.") from None


def _rules(content: Any, path: Path) -> Iterator[BusinessRule]:
    for item in content if isinstance(content, list) else [content]:
        if not isinstance(item, dict) or "Logic" not in item:
            continue  # test data and manifests stand beside rules
        try:
            yield _rule(item)
        except (KeyError, TypeError, ValueError, AttributeError):
            name = str(item.get("Identifier", ""))[:40]
            raise UnreadableRules(f"La règle « {name} » de « {path.name} » n'a pas la forme attendue.") from None


def _rule(item: Mapping[str, Any]) -> BusinessRule:
    return BusinessRule(
        identifier=str(item["Identifier"]),
        version=_numbers(item.get("Version", "1.0.0")),
        country=str(item["Country"]).upper(),
        invalidates=item["Type"] == "Invalidation",
        kind=str(item["CertificateType"]).lower(),
        starts_at=instant_of(item["ValidFrom"]),
        ends_at=instant_of(item["ValidTo"]),
        logic=item["Logic"],
        texts={str(text["lang"]): str(text["desc"]) for text in item.get("Description", [])},
        schema=_numbers(item.get("SchemaVersion", "1.0.0")),
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _codes(content: Any, path: Path) -> Sequence[str]:
    """A list of codes, or the European format, whose values are keyed by code."""
    if isinstance(content, dict):
        content = list(content.get("valueSetValues", content))
    if not isinstance(content, list) or not all(isinstance(code, str) for code in content):
        raise UnreadableRules(f"« {path.name} » n'est pas une liste de codes.")
    return content


def _last_versions(rules: Iterable[BusinessRule]) -> list[BusinessRule]:
    kept: dict[str, BusinessRule] = {}
    for rule in rules:
        former = kept.get(rule.identifier)
        if former is None or rule.version > former.version:
            kept[rule.identifier] = rule
    return [kept[identifier] for identifier in sorted(kept)]


def _result(rule: BusinessRule, data: Mapping[str, Any]) -> Result:
    if rule.schema[0] > _CAN_READ[0]:
        return "open"
    try:
        value = evaluate(rule.logic, data)
    except LogicError:
        return "open"
    if not isinstance(value, bool):
        return "open"
    return "passed" if value is not rule.invalidates else "failed"
