"""The content of an EU digital certificate, schema 1.3: exactly one vaccination, recovery or test. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["vaccination", "recovery", "test"]
GROUPS: Mapping[str, Kind] = {"v": "vaccination", "r": "recovery", "t": "test"}
DISEASE = "840539006"  # SNOMED CT: COVID-19
VERSION = "1.3.0"
_VERSIONS = re.compile(r"1\.\d{1,2}\.\d{1,2}")
_BIRTH = re.compile(r"(?:(19|20)\d\d(-\d\d){0,2})?")
_STANDARD_NAME = re.compile(r"[A-Z<]{0,80}")
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "v": ("tg", "vp", "mp", "ma", "co", "is", "ci"),
    "r": ("tg", "co", "is", "ci"),
    "t": ("tg", "tt", "tr", "co", "is", "ci"),
}
_DATES: Mapping[str, tuple[str, ...]] = {"v": ("dt",), "r": ("fr", "df", "du"), "t": ()}


def kind_of(certificate: Mapping[str, Any]) -> Kind | None:
    """What the certificate is of; None when it holds no entry or several."""
    held = [kind for group, kind in GROUPS.items() if certificate.get(group)]
    return held[0] if len(held) == 1 else None


def entry_of(certificate: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its one entry; empty when it has none that can be read."""
    entries = next((certificate[group] for group in GROUPS if certificate.get(group)), None)
    found = entries[0] if isinstance(entries, list) and entries else {}
    return found if isinstance(found, dict) else {}


def problems(certificate: Mapping[str, Any]) -> list[str]:
    """What the schema refuses, by path; empty for a sound certificate."""
    return list(_problems(certificate))


def _problems(certificate: Mapping[str, Any]) -> Iterator[str]:
    version, born = certificate.get("ver"), certificate.get("dob")
    if not isinstance(version, str) or not _VERSIONS.fullmatch(version):
        yield "ver"
    if not isinstance(born, str) or not _BIRTH.fullmatch(born) or not _real(born):
        yield "dob"
    yield from _name(certificate.get("nam"))
    groups = [group for group in GROUPS if group in certificate and certificate[group] is not None]
    if len(groups) != 1:
        yield "v/r/t"
        return
    entries = certificate[groups[0]]
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        yield groups[0]
        return
    yield from (f"{groups[0]}.0.{field}" for field in _entry(groups[0], entries[0]))


def _name(name: Any) -> Iterator[str]:
    if not isinstance(name, dict):
        yield "nam"
        return
    standard = name.get("fnt"), name.get("gnt")
    if not any(standard):
        yield "nam.fnt"
    yield from (f"nam.{field}" for field in ("fn", "gn") if not _is_text(name.get(field, ""), longest=80))
    for field, value in zip(("fnt", "gnt"), standard, strict=True):
        if value is not None and (not isinstance(value, str) or not _STANDARD_NAME.fullmatch(value)):
            yield f"nam.{field}"


def _entry(group: str, entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (field for field in _TEXTS[group] if not _is_text(entry.get(field)))
    yield from (field for field in _DATES[group] if not _is_date(entry.get(field)))
    if group == "v":
        yield from (field for field in ("dn", "sd") if not _is_rank(entry.get(field)))
    if group == "t" and not _is_instant(entry.get("sc")):
        yield "sc"
    if group == "r" and _is_date(entry.get("df")) and _is_date(entry.get("du")) and entry["df"][:10] > entry["du"][:10]:
        yield "du"


def _is_text(value: Any, longest: int = 80) -> bool:
    return isinstance(value, str) and len(value) <= longest


def _is_rank(value: Any) -> bool:
    """A number of doses; some countries wrote it as a float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 9 and value == int(value)


def _is_date(value: Any) -> bool:
    """A day, or an instant as some countries wrote it."""
    return isinstance(value, str) and len(value) <= 40 and _is_iso(value)


def _is_instant(value: Any) -> bool:
    return _is_date(value) and "T" in value


def _is_iso(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _real(born: str) -> bool:
    """Whether the parts given of a birth date are those of a day."""
    try:
        date.fromisoformat(born + "-01-01"[len(born) - 4 :]) if born else None
    except ValueError:
        return False
    return True
