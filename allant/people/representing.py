"""Writing who may act for whom: typed by a fund's agent from an act or a judgment, ended, or withdrawn when typed by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pghistory
from django.db import transaction
from django.db.models import Q

from allant.doctrine import RuleBook
from allant.doctrine.age import age_on
from allant.people.models import Person, Representation, RepresentationKind, RepresentationSource, Situation, SituationKind

WRONG_PERIOD = "La fin doit suivre le début : corrigez l'une des deux dates."


class RepresentationRefused(ValueError):
    """What cannot be written; says why and what to do, in French, without a name. `field`: what to look at, if anything."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A representation to write over a half-open period `[starts_on, ends_on)`; both persons are standing records."""

    person: Person
    representative: Person
    kind: RepresentationKind
    source: RepresentationSource
    starts_on: date | None
    ends_on: date | None


def check_representation(wanted: Wanted, on: date, book: RuleBook) -> None:
    """Whether the register may hold it. Raises RepresentationRefused with the first thing that hinders."""
    person, representative = wanted.person, wanted.representative
    majority = book.value("insured.representation", on)["majority"]
    if person.pk == representative.pk:
        raise RepresentationRefused("Une personne ne se représente pas elle-même : vérifiez le numéro du représentant.", "number")
    if wanted.starts_on and wanted.ends_on and wanted.ends_on <= wanted.starts_on:
        raise RepresentationRefused(WRONG_PERIOD, "ends_on")
    if person.died_on is not None and person.died_on <= on:
        raise RepresentationRefused("La personne à représenter est décédée : il n'y a rien à inscrire.")
    if representative.died_on is not None and representative.died_on <= on:
        raise RepresentationRefused("La personne qui porte ce numéro est décédée : vérifiez le numéro du représentant.", "number")
    if representative.birth_date is None or age_on(representative.birth_date, on) < majority:
        raise RepresentationRefused(
            f"Le représentant n'est pas connu comme majeur ({majority} ans) : vérifiez son numéro et sa naissance.",
            "number",
        )
    _check_opens(wanted, on, book)
    if _same(wanted).exists():
        raise RepresentationRefused("Cette représentation est déjà inscrite sur une partie de cette période : changez les dates.")


def _check_opens(wanted: Wanted, on: date, book: RuleBook) -> None:
    """A quality that opens nothing of a person of that age is a mistake of typing."""
    rule = next(each for each in book.value("insured.representatives", on) if each["kind"] == wanted.kind)
    minor = _minor(wanted.person, on, book)
    if minor and not rule["of_minors"]:
        raise RepresentationRefused(
            "Cette qualité ne vaut que pour une personne majeure : un mineur a un parent ou un tuteur.", "kind"
        )
    if not minor and not rule["of_adults"]:
        raise RepresentationRefused(
            "Un parent ne représente ni un enfant majeur, ni une personne d'âge inconnu : choisissez la mesure du jugement.",
            "kind",
        )


def _same(wanted: Wanted) -> Any:
    """Rows of the same two persons and quality, under any of their records, that share a day with the one wanted."""
    rows = Representation.objects.of(wanted.person).filter(
        Q(representative=wanted.representative) | Q(representative__merged_into=wanted.representative), kind=wanted.kind
    )
    if wanted.starts_on:
        rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=wanted.starts_on))
    if wanted.ends_on:
        rows = rows.filter(Q(starts_on__isnull=True) | Q(starts_on__lt=wanted.ends_on))
    return rows


def worth_knowing(wanted: Wanted, on: date, book: RuleBook) -> list[str]:
    """What the agent should know before writing it, in French; nothing of it hinders."""
    said = []
    rule = next(each for each in book.value("insured.representatives", on) if each["kind"] == wanted.kind)
    guarded = Situation.objects.active_on(on).filter(person=wanted.person, kind=SituationKind.GUARDIANSHIP).exists()
    if guarded and not rule["under_guardianship"]:
        said.append("Cette personne est sous tutelle : tant que la mesure dure, seul le tuteur ouvre son dossier.")
    if wanted.person.policyholder_id and _minor(wanted.person, on, book) and not guarded and not _named(wanted.person):
        said.append(
            "Jusqu'ici l'ouvrant droit représentait ce mineur sans être inscrit. Dès cette inscription, seul le registre "
            "compte : inscrivez chaque parent qui a l'autorité parentale."
        )
    if wanted.starts_on and wanted.starts_on > on:
        said.append(f"Le représentant n'ouvrira le dossier qu'à partir du {wanted.starts_on:%d/%m/%Y}.")
    if wanted.ends_on and wanted.ends_on <= on:
        said.append("Cette période est déjà finie : le représentant n'ouvrira rien. Elle garde la trace d'une autorité retirée.")
    if wanted.kind == RepresentationKind.CURATOR:
        said.append("Un curateur qui assiste seulement n'est pas à inscrire : le jugement doit lui confier la représentation.")
    return said


def _minor(person: Person, on: date, book: RuleBook) -> bool:
    return person.birth_date is not None and age_on(person.birth_date, on) < book.value("insured.representation", on)["majority"]


def _named(person: Person) -> bool:
    return Representation.objects.of(person).exists()


def register_representation(*, wanted: Wanted, on: date, book: RuleBook, by: str) -> Representation:
    """Write it. Raises RepresentationRefused. Sent twice it is refused the second time: the same row is there."""
    with transaction.atomic(), pghistory.context(by=by, reason="représentation inscrite"):
        list(Person.objects.filter(pk=wanted.person.pk).select_for_update(of=("self",)))  # two agents at once: one waits
        check_representation(wanted, on, book)
        return Representation.objects.create(
            person=wanted.person,
            representative=wanted.representative,
            kind=wanted.kind,
            source=wanted.source,
            starts_on=wanted.starts_on,
            ends_on=wanted.ends_on,
        )


@transaction.atomic
def end_representation(*, representation: Representation, ends_on: date, on: date, by: str, reason: str) -> None:
    """From `ends_on` the representative opens nothing; the row and its former end stay. Raises RepresentationRefused."""
    row = _standing(representation)
    if row.ends_on is not None and row.ends_on <= on:
        raise RepresentationRefused(f"Cette représentation a déjà pris fin le {row.ends_on:%d/%m/%Y}.")
    if row.starts_on is not None and ends_on <= row.starts_on:
        first = row.starts_on + timedelta(days=1)
        raise RepresentationRefused(
            f"La fin doit suivre le début : au plus tôt le {first:%d/%m/%Y}. Inscrite par erreur, retirez-la plutôt.", "ends_on"
        )
    row.ends_on = ends_on
    with pghistory.context(by=by, reason=reason):
        row.save(update_fields=["ends_on"])


@transaction.atomic
def withdraw_representation(*, representation: Representation, by: str, reason: str) -> None:
    """Take back one typed by mistake, as if it had never been: its history keeps it. Raises RepresentationRefused."""
    with pghistory.context(by=by, reason=reason):
        _standing(representation).delete()


def _standing(representation: Representation) -> Representation:
    row = Representation.objects.select_for_update().filter(pk=representation.pk).first()
    if row is None:
        raise RepresentationRefused("Cette représentation a été retirée entre-temps : rechargez la page.")
    return row
