"""Whom a mail to professionals means (TG-13): criteria as data, compiled to one SQL statement and read back in French."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from allant.campaigns.models import Campaign
from allant.campaigns.professionals.patients import to_vaccinate_sql
from allant.directory.models import OrganisationKind
from allant.doctrine import NotYetInForce, RuleBook
from allant.facts import nearest
from allant.geography import departements

CRITERIA = {
    "professions": "professions",
    "structures": "natures de structure",
    "departements": "départements",
    "patients": "patients encore à vacciner",
}
PATIENTS = ("campaign", "at_least")


class UnknownCriterion(ValueError):
    """A criterion, or a value of one, that does not exist or does not hold together; the message names the nearest, in French."""


@dataclass(frozen=True)
class Audience:
    """Criteria, all to be met; a profession or a kind of structure at least.

    `professions`: codes of `teleservice.professions`; `structures`: kinds of organisation; `departements`: where they practise,
    none for the whole country; `campaign` (slug) and `at_least`: professionals who treat that many of the campaign's patients
    still to vaccinate; structures, which treat nobody, are not held to it.
    """

    professions: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    campaign: str = ""
    at_least: int = 0

    def as_data(self) -> dict[str, Any]:
        """What `read_audience` reads back; criteria that ask nothing are left out."""
        lists = {name: list(getattr(self, name)) for name in ("professions", "structures", "departements")}
        patients = {"patients": {"campaign": self.campaign, "at_least": self.at_least}} if self.campaign else {}
        return {name: values for name, values in lists.items() if values} | patients


@dataclass(frozen=True)
class Found:
    """Who is meant on a day: how many, how many of them have an e-mail address, and by profession or kind and by département."""

    count: int
    reachable: int
    by_kind: tuple[tuple[str, int], ...]
    by_departement: tuple[tuple[str, int], ...]


def read_audience(data: Mapping[str, Any], book: RuleBook, on: date) -> Audience:
    """The audience of criteria as data. Raises UnknownCriterion."""
    if not isinstance(data, Mapping):
        raise UnknownCriterion("Des critères nommés sont attendus, par exemple {\"professions\": [\"medecin\"]}.")
    for name in data:
        if name not in CRITERIA:
            raise UnknownCriterion(f"Critère « {str(name)[:40]} » inconnu. {nearest(str(name), CRITERIA)}")
    audience = Audience(
        professions=_values(data, "professions", professions(book, on)),
        structures=_values(data, "structures", dict(OrganisationKind.choices)),
        departements=_values(data, "departements", departements()),
        **_patients(data.get("patients")),
    )
    if not audience.professions and not audience.structures:
        raise UnknownCriterion("Aucun destinataire : choisissez au moins une profession ou une nature de structure.")
    if audience.campaign and not audience.professions:
        raise UnknownCriterion("Une structure ne suit pas de patients : choisissez aussi une profession, ou retirez ce critère.")
    return audience


def _values(data: Mapping[str, Any], name: str, known: Mapping[str, Any]) -> tuple[str, ...]:
    values = data.get(name, [])
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise UnknownCriterion(f"Critère « {name} » : une liste de codes est attendue.")
    for value in values:
        if value not in known:
            raise UnknownCriterion(f"{CRITERIA[name].capitalize()} : « {value[:40]} » inconnu. {nearest(value, known)}")
    return tuple(dict.fromkeys(values))


def _patients(data: Any) -> dict[str, Any]:
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise UnknownCriterion(f"Critère « patients » : {', '.join(PATIENTS)} sont attendus.")
    for name in data:
        if name not in PATIENTS:
            raise UnknownCriterion(f"Critère « patients » : « {str(name)[:40]} » inconnu. {nearest(str(name), PATIENTS)}")
    slug, least = data.get("campaign"), data.get("at_least", 1)
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise UnknownCriterion(f"Patients encore à vacciner : {least!r} lu, un nombre d'au moins 1 attendu.")
    slugs = list(Campaign.objects.values_list("slug", flat=True))
    if slug not in slugs:
        raise UnknownCriterion(f"Patients : campagne « {str(slug)[:60]} » inconnue. {nearest(str(slug), slugs)}")
    return {"campaign": slug, "at_least": least}


def professions(book: RuleBook, on: date) -> dict[str, Mapping[str, Any]]:
    """Code → row of `teleservice.professions`; those of the first day before it opens."""
    try:
        rows = book.value("teleservice.professions", on)
    except NotYetInForce:
        first = book.periods("teleservice.professions")
        rows = first[0].value if first else ()
    return {row["code"]: row for row in rows}


def sentence(audience: Audience, book: RuleBook, on: date) -> str:
    """The audience in French."""
    known, kinds = professions(book, on), dict(OrganisationKind.choices)
    parts = []
    if audience.professions:
        who = "chaque " + _listed((_small(known[code]["label"]) for code in audience.professions), "ou")
        if audience.campaign:
            title = Campaign.objects.filter(slug=audience.campaign).values_list("title", flat=True).first() or audience.campaign
            people = "un patient" if audience.at_least == 1 else f"{audience.at_least} patients"
            who += f" qui suit au moins {people} de la campagne « {title} » encore à vacciner"
        parts.append(who)
    if audience.structures:
        parts.append("chaque " + _listed((_small(kinds[code]) for code in audience.structures), "ou"))
    places = [departements()[code].name for code in audience.departements]
    where = f" ; {'départements' if len(places) > 1 else 'département'} : {', '.join(places)}" if places else " ; France entière"
    text = ", et ".join(parts) + where + "."
    return text[0].upper() + text[1:]


def _small(label: str) -> str:
    return label[0].lower() + label[1:]


def _listed(words: Iterable[str], last: str) -> str:
    *former, final = words
    return f"{', '.join(former)} {last} {final}" if former else final


def audience_sql(audience: Audience, book: RuleBook, on: date) -> tuple[str, list[object]]:
    """A SELECT of recipient (`practitioner`, `organisation`), id, kind, departement, email and patients, with its parameters."""
    known = professions(book, on)
    codes = [code for name in audience.professions for code in (name, known[name]["annuaire_code"]) if code]
    where, places = ("AND departement_code = ANY(%s)", [list(audience.departements)]) if audience.departements else ("", [])
    patients, join, values = "0", "", list[object]()
    if audience.campaign:
        query, parameters = to_vaccinate_sql(Campaign.objects.get(slug=audience.campaign), on)
        join = f"JOIN ({query}) AS treated ON treated.practitioner_id = directory_practitioner.id AND treated.patients >= %s"
        patients, values = "treated.patients", [*parameters, audience.at_least]
    query = f"""
        SELECT 'practitioner' AS recipient, id, profession AS kind, departement_code AS departement, email, {patients} AS patients
        FROM directory_practitioner {join} WHERE profession = ANY(%s) {where}
        UNION ALL
        SELECT 'organisation', id, kind, departement_code, email, 0
        FROM directory_organisation WHERE kind = ANY(%s) {where}"""
    return query, [*values, codes, *places, list(audience.structures), *places]


def find(audience: Audience, book: RuleBook, on: date) -> Found:
    """Count and breakdown, in one reading."""
    query, parameters = audience_sql(audience, book, on)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT grouping(kind), grouping(departement), kind, departement, count(*), count(*) FILTER (WHERE email <> '')
                FROM ({query}) AS meant GROUP BY GROUPING SETS ((), (kind), (departement))
                ORDER BY count(*) DESC, kind, departement""",
            parameters,
        )
        rows = cursor.fetchall()
    _, _, _, _, count, reachable = next(row for row in rows if row[0] and row[1])
    names = _kind_names(book, on)
    places = departements()
    return Found(
        count, reachable,
        tuple((names.get(kind, kind), number) for no_kind, _, kind, _, number, _ in rows if not no_kind),
        tuple(
            (f"{code} – {places[code].name}" if code in places else "Département inconnu", number)
            for _, no_place, _, code, number, _ in rows if not no_place
        ),
    )  # fmt: skip


def _kind_names(book: RuleBook, on: date) -> dict[str, str]:
    """What a row's `kind` is called: professions by either of their codes, and kinds of structure."""
    known = professions(book, on)
    by_code = {code: str(row["label"]) for code, row in known.items()}
    by_annuaire = {str(row["annuaire_code"]): str(row["label"]) for row in known.values() if row["annuaire_code"]}
    return dict(OrganisationKind.choices) | by_annuaire | by_code
