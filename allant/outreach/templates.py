"""Wordings: their typed variables, their languages and their versions (AV-13).

A text in use never changes: `supersede` writes the next version, which takes effect for what is written after it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.db import transaction

from allant.doctrine import RuleBook
from allant.outreach.kinds import kind
from allant.outreach.models import Channel, Template
from allant.outreach.wording_checks import Finding, findings

LANGUAGES = {"fr": "français", "en": "anglais", "es": "espagnol", "ar": "arabe"}
RIGHT_TO_LEFT = frozenset({"ar"})
MOST_SUBJECT, MOST_BODY = 200, 6_000


class BadTemplate(ValueError):
    """A wording that cannot be used; the message says why, in French."""


class MissingVariable(LookupError):
    """The cause of a message lends less than its wording asks; the message says what, in French."""


@dataclass(frozen=True, slots=True)
class VariableType:
    """A type of variable: the Python types its value may have, how it is said, and an example of nobody."""

    label: str
    accepts: tuple[type, ...]
    say: Callable[[Any, str], str]
    example: Any


def _as_is(value: Any, language: str) -> str:
    return str(value)


def _day(value: Any, language: str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:%d/%m/%Y}"


def _hour(value: Any, language: str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:%H h %M}" if language == "fr" else f"{value:%H:%M}"


TYPES: Mapping[str, VariableType] = {
    "name": VariableType("nom d'une personne", (str,), _as_is, "Camille Exemple"),
    "code": VariableType("code de ciblage", (str,), _as_is, "ABCD EFGH JKLM"),
    "text": VariableType("texte", (str,), _as_is, "Texte d'exemple"),
    "place": VariableType("lieu", (str,), _as_is, "Centre de vaccination, 1 place de la Mairie"),
    "phone": VariableType("numéro de téléphone", (str,), _as_is, "06 39 98 00 00"),
    "url": VariableType("adresse d'une page", (str,), _as_is, "https://exemple.fr"),
    "date": VariableType("date", (date, str), _day, date(2021, 12, 6)),
    "time": VariableType("heure", (time, str), _hour, time(9, 30)),
    "number": VariableType("nombre", (int, str), _as_is, 2),
}
USUAL = {"code": "code", "name": "name", "text": "text", "subject": "text"}
"""The types of what a wording may use without declaring it."""
_LATIN = frozenset({"code", "place", "phone", "number"})
"""Types whose values read from left to right, even in a text that does not: a mark before them says so (Unicode, annex 9)."""
_LEFT_TO_RIGHT, _NO_BREAK = "\u200e", "\u00a0"
_BETWEEN_FIGURES = re.compile(r"(?<=\d) (?=\d)")
_OPENS, _CLOSES = "\ue000", "\ue001"
"""Around the name of a code left to be filled: private characters, that no wording holds."""


@lru_cache(maxsize=512)
def placeholders(text: str) -> tuple[str, ...]:
    """The variables that a text names, in order. Raises BadTemplate on anything but a plain `{name}`."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise BadTemplate("Une accolade n'est pas fermée : une variable s'écrit {nom}, une accolade seule {{ ou }}.") from None
    found: list[str] = []
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise BadTemplate(f"« {{{name}}} » n'est pas une variable : écrivez son seul nom entre accolades.")
        found += [name] if name not in found else []
    return tuple(found)


def checked(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A wording read from a file, its variables declared. Raises BadTemplate, naming the text."""
    named = f"{entry['slug']}/{entry['channel']}/{entry.get('language', 'fr')}"
    try:
        used = placeholders(f"{entry.get('subject', '')}\n{entry['body']}")
        declared = entry.get("variables")
        return {**entry, "variables": _declared(used, USUAL if declared is None else declared, optional=declared is None)}
    except BadTemplate as error:
        raise BadTemplate(f"Modèle {named} : {error}") from None


def _declared(used: Sequence[str], declared: Mapping[str, str], *, optional: bool) -> dict[str, str]:
    """Variable → type of those used. `optional`: what is declared need not be used."""
    if unknown := [name for name in used if name not in declared]:
        raise BadTemplate(f"variables non déclarées : {', '.join(unknown)}. Déclarées : {', '.join(declared) or 'aucune'}.")
    if wrong := sorted({name for name in declared.values() if name not in TYPES}):
        raise BadTemplate(f"types de variable inconnus : {', '.join(wrong)}. Connus : {', '.join(TYPES)}.")
    if not optional and (unused := [name for name in declared if name not in used]):
        raise BadTemplate(f"variables déclarées et jamais dites : {', '.join(unused)}.")
    return {name: declared[name] for name in used}


def fill(template: Template, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and body with the words of a message. Raises MissingVariable."""
    used = placeholders(f"{template.subject}\n{template.body}")
    if missing := [name for name in used if name not in values]:
        raise MissingVariable(f"Modèle {template} : son motif ne donne pas {', '.join(missing)}.")
    said = {name: _say(template, name, values[name]) for name in used}
    subject, body = " ".join(template.subject.format_map(said).split()), template.body.format_map(said)
    return (_kept_in_order(subject), _kept_in_order(body)) if template.language in RIGHT_TO_LEFT else (subject, body)


def fill_but_codes(template: Template, values: Mapping[str, Any]) -> tuple[str, str]:
    """`fill`, to be stored: each code stays a placeholder, for `str.format_map` at reading (TG-07). Raises MissingVariable."""
    codes = {name for name in values if _type_of(template, name) == "code"}
    marked = {name: f"{_OPENS}{name}{_CLOSES}" if name in codes else value for name, value in values.items()}
    subject, body = fill(template, marked)
    return _to_fill(subject), _to_fill(body)


def _to_fill(text: str) -> str:
    return text.translate({ord("{"): "{{", ord("}"): "}}", ord(_OPENS): "{", ord(_CLOSES): "}"})


def _type_of(template: Template, name: str) -> str:
    return template.variables.get(name) or USUAL.get(name, "text")


def _say(template: Template, name: str, value: Any) -> str:
    kind = _type_of(template, name)
    of_type = TYPES[kind]
    if not isinstance(value, of_type.accepts):
        raise MissingVariable(f"Modèle {template} : {name} n'est pas un(e) {of_type.label}.")
    said = of_type.say(value, template.language)
    return _LEFT_TO_RIGHT + said if template.language in RIGHT_TO_LEFT and kind in _LATIN else said


def _kept_in_order(text: str) -> str:
    """Figures in groups, such as a telephone number, read as they are dialled: plain spaces would turn the groups round."""
    return _BETWEEN_FIGURES.sub(_NO_BREAK, text)


def latest(slug: str, channel: str) -> dict[str, Template]:
    """Language → last version of a wording."""
    return {each.language: each for each in Template.objects.filter(slug=slug, channel=channel).order_by("version")}


def of_kind(template: Template, *, subject: str, body: str, language: str, book: RuleBook, on: date) -> list[Finding]:
    """What the wording checks say of a new text for the messages of `template`."""
    text = f"{subject}\n{body}"
    return findings(text, kind=kind(template.kind, book, on), channel=template.channel, language=language, book=book, on=on)


@transaction.atomic
def supersede(
    *, slug: str, channel: str, language: str, subject: str, body: str, by: str, at: datetime, book: RuleBook
) -> Template:
    """Write the next version of a wording, or its first one in a language. Raises BadTemplate with everything that is wrong."""
    versions = list(Template.objects.select_for_update().filter(slug=slug, channel=channel).order_by("version"))
    if not versions:
        raise BadTemplate(f"Aucun modèle « {slug} » pour le canal {channel}.")
    french = [each for each in versions if each.language == "fr"] or versions
    last, model = [each for each in versions if each.language == language], french[-1]
    if last and (last[-1].subject, last[-1].body) == (subject, body):
        raise BadTemplate("Ce texte est celui de la version en cours.")
    variables = _checked_text(model, _known_variables(versions), subject, body, language, book, at.date())
    return Template.objects.create(
        slug=slug, channel=channel, language=language, version=last[-1].version + 1 if last else 1, kind=model.kind,
        variables=variables, subject=subject, body=body, source=f"texte écrit sur la page des modèles le {at:%d/%m/%Y}",
        loaded_at=at, loaded_by=by[:100],
    )  # fmt: skip


def _known_variables(versions: Sequence[Template]) -> dict[str, str]:
    """What the cause of these messages lends: all that their wordings ever named, whatever the language."""
    known: dict[str, str] = {}
    for each in versions:
        known |= {name: USUAL.get(name, "text") for name in placeholders(f"{each.subject}\n{each.body}")} | each.variables
    return known


def _checked_text(
    model: Template, known: Mapping[str, str], subject: str, body: str, language: str, book: RuleBook, on: date
) -> dict[str, str]:
    if language not in LANGUAGES:
        raise BadTemplate(f"Langue inconnue : « {language} ». Langues : {', '.join(LANGUAGES.values())}.")
    if not body.strip() or len(body) > MOST_BODY or len(subject) > MOST_SUBJECT:
        raise BadTemplate(f"Un texte a de 1 à {MOST_BODY} caractères, son objet {MOST_SUBJECT} au plus.")
    if model.channel != Channel.SMS and not subject.strip():
        raise BadTemplate("Un courriel, un courrier ou un appel a un objet.")
    variables = _declared(placeholders(f"{subject}\n{body}"), known, optional=True)
    found = of_kind(model, subject=subject, body=body, language=language, book=book, on=on)
    if refused := [each.message for each in found if each.refuses]:
        raise BadTemplate(" ".join(refused))
    return variables
