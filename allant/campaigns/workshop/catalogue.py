"""The criteria that the workshop offers (TG-03): each with its words, what it asks for, and the expression it writes.

The expressions are those that an analyst writes in Python: the same builder, so nothing can be built that the language refuses.
Ages, durations and situations count on the day given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import eq, or_
from typing import Any, Literal

from allant.campaigns.models import Campaign
from allant.geography import departements, regions
from allant.immunizations.models import Vaccine
from allant.outreach.models import Channel
from allant.people.models import Scheme, Sex, SituationKind
from allant.people.situation_codes import PROFESSIONS
from allant.targeting import codec, tables
from allant.targeting.language import Condition

Asked = Literal["whole", "choices", "communes", "epci", "funds", "ald", "date"]
Values = Mapping[str, Any]
HIGHEST_AGE, LONGEST_DELAY = 120, 240  # years, months: beyond, a typing error


@dataclass(frozen=True)
class Blank:
    """Something a criterion asks for. `whole`: a number from `lowest` to `highest`; `communes`, `epci`, `funds`, `ald`: names or
    codes, typed or chosen in the list that comes up."""

    name: str
    label: str
    asks: Asked
    hint: str = ""
    choices: Callable[[], list[tuple[str, str]]] = list
    lowest: int = 0
    highest: int = HIGHEST_AGE
    required: bool = True


@dataclass(frozen=True)
class Kind:
    """A kind of criterion; `build` takes the values of its blanks, by name, and the day."""

    code: str
    family: str
    label: str
    build: Callable[[Values, date], Condition]
    blanks: tuple[Blank, ...] = ()


def node(kind: Kind, values: Values, on: date) -> dict[str, Any]:
    """The criterion as data, to be put in a tree. Raises InvalidTarget."""
    return codec.encode(kind.build(values, on).node)


def _t() -> Any:
    return tables()


def _between_ages(values: Values, on: date) -> Condition:
    age = _t().person.age_on(on)
    lowest, highest = values.get("lowest"), values.get("highest")
    if highest is None:
        return age >= (lowest or 0)
    return age <= highest if lowest is None else age.between(lowest, highest)


def _one_of(column: str) -> Callable[[Values, date], Condition]:
    table, _, name = column.partition(".")

    def build(values: Values, on: date) -> Condition:
        return getattr(getattr(_t(), table), name).is_in(values["values"])

    return build


def _known(column: str) -> Callable[[Values, date], Condition]:
    table, _, name = column.partition(".")
    return lambda values, on: getattr(getattr(_t(), table), name).is_known()


def _holds(flag: str) -> Callable[[Values, date], Condition]:
    return lambda values, on: eq(getattr(_t().person, flag), True)


def _situation(values: Values, on: date) -> Condition:
    rows = _t().situation
    return reduce(or_, (rows.where(kind=kind).active_on(on).exists() for kind in values["values"]))


def _coded(kind: SituationKind) -> Callable[[Values, date], Condition]:
    def build(values: Values, on: date) -> Condition:
        rows = _t().situation.where(kind=kind.value)
        return rows.where(_t().situation.code.is_in(values["values"])).active_on(on).exists()

    return build


def _complete_since(values: Values, on: date) -> Condition:
    return _t().dose_summary.complete_on.months_on(on) >= values["months"]


def _complete_without_booster(values: Values, on: date) -> Condition:
    return _complete_since(values, on) & ~_t().dose_summary.booster_on.is_known()


def _invited_by(values: Values, on: date) -> Condition:
    return _t().invitation.where(_t().invitation.campaign.is_in(values["values"])).exists()


def _invited_since(values: Values, on: date) -> Condition:
    return _t().invitation.where(_t().invitation.invited_on >= values["day"]).exists()


def _invited_through(values: Values, on: date) -> Condition:
    return _t().invitation.where(_t().invitation.channel.is_in(values["values"])).exists()


def _named(items: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(code, f"{code} – {item.name}") for code, item in items.items()]


def _several(label: str, choices: Callable[[], list[tuple[str, str]]], hint: str = "") -> tuple[Blank, ...]:
    return (Blank("values", label, "choices", hint or "Une valeur ou plusieurs : l'une d'elles suffit.", choices),)


_AGES = (
    Blank("lowest", "Âge minimal", "whole", "En années révolues, compris. Vide : pas de minimum.", required=False),
    Blank("highest", "Âge maximal", "whole", "En années révolues, compris. Vide : pas de maximum.", required=False),
)
_MONTHS = (Blank("months", "Depuis combien de mois", "whole", "Mois révolus le jour de la vague.", highest=LONGEST_DELAY),)
PERSON, PLACE, HEALTH, DOSES, CONTACT = "La personne", "Le territoire", "Santé et situation", "Vaccination", "Contacts"

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("age", PERSON, "Âge", _between_ages, _AGES),
        Kind("sex", PERSON, "Sexe", _one_of("person.sex"), _several("Sexe", lambda: list(Sex.choices))),
        Kind("scheme", PERSON, "Régime", _one_of("person.scheme"), _several("Régimes", lambda: list(Scheme.choices))),
        Kind("rights", PERSON, "Droits ouverts", _holds("rights_open")),
        Kind("deceased", PERSON, "Décès connu", _known("person.died_on")),
        Kind(
            "departement",
            PLACE,
            "Département",
            _one_of("person.departement"),
            _several("Départements", lambda: _named(departements())),
        ),
        Kind("region", PLACE, "Région", _one_of("person.region"), _several("Régions", lambda: _named(regions()))),
        Kind(
            "commune",
            PLACE,
            "Communes",
            _one_of("person.commune"),
            (Blank("values", "Communes", "communes", "Nom, code postal ou code INSEE : l'une d'elles suffit."),),
        ),
        Kind(
            "epci",
            PLACE,
            "Intercommunalités",
            _one_of("person.epci"),
            (Blank("values", "Intercommunalités", "epci", "Nom ou code SIREN : l'une d'elles suffit."),),
        ),
        Kind(
            "fund",
            PLACE,
            "Caisse",
            _one_of("person.fund"),
            (Blank("values", "Caisses", "funds", "Nom ou code : l'une d'elles suffit."),),
        ),
        Kind("situation", HEALTH, "Situation", _situation, _several("Situations", lambda: list(SituationKind.choices))),
        Kind(
            "ald",
            HEALTH,
            "Affection de longue durée, par groupe",
            _coded(SituationKind.ALD),
            (Blank("values", "Groupes d'ALD", "ald", "Nom ou numéro de la liste des ALD : l'un d'eux suffit."),),
        ),
        Kind(
            "profession",
            HEALTH,
            "Profession",
            _coded(SituationKind.PROFESSION),
            _several("Professions", lambda: list(PROFESSIONS.items())),
        ),
        Kind("treated", HEALTH, "Médecin traitant déclaré", _holds("has_treating_doctor")),
        Kind("vaccinated", DOSES, "Au moins une dose reçue", lambda values, on: _t().dose_summary.exists()),
        Kind("complete", DOSES, "Schéma complet", _known("dose_summary.complete_on")),
        Kind("complete_since", DOSES, "Schéma complet depuis…", _complete_since, _MONTHS),
        Kind("boosted", DOSES, "Rappel reçu", _known("dose_summary.booster_on")),
        Kind("booster_due", DOSES, "Schéma complet sans rappel, depuis…", _complete_without_booster, _MONTHS),
        Kind(
            "first_vaccine",
            DOSES,
            "Vaccin de la première dose",
            _one_of("dose_summary.first_vaccine"),
            _several("Vaccins", lambda: list(Vaccine.choices)),
        ),
        Kind(
            "last_vaccine",
            DOSES,
            "Vaccin de la dernière dose",
            _one_of("dose_summary.last_vaccine"),
            _several("Vaccins", lambda: list(Vaccine.choices)),
        ),
        Kind("landline", CONTACT, "Téléphone fixe connu", _holds("has_landline")),
        Kind("mobile", CONTACT, "Téléphone mobile connu", _holds("has_mobile")),
        Kind("email", CONTACT, "Adresse électronique connue", _holds("has_email")),
        Kind(
            "invited_by",
            CONTACT,
            "Déjà invité par une campagne",
            _invited_by,
            _several("Campagnes", lambda: list(Campaign.objects.order_by("title").values_list("slug", "title"))),
        ),
        Kind("invited_since", CONTACT, "Invité depuis une date", _invited_since, (Blank("day", "Depuis le", "date"),)),
        Kind(
            "invited_through", CONTACT, "Invité par un canal", _invited_through, _several("Canaux", lambda: list(Channel.choices))
        ),
    )
}


def families() -> list[tuple[str, list[Kind]]]:
    """The kinds by family, in the order of the catalogue."""
    names = dict.fromkeys(kind.family for kind in KINDS.values())
    return [(name, [kind for kind in KINDS.values() if kind.family == name]) for name in names]
