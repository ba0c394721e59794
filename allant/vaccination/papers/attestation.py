"""The attestation of vaccination that a person downloads (VC-62)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.utils import timezone

from allant.doctrine import rules
from allant.doctrine.errors import NotYetInForce
from allant.immunizations.models import Dose, Series, Vaccine
from allant.people.models import BirthPrecision, Person
from allant.targeting.wording import day
from allant.vaccination.papers.marks import Mark, PaperKind, digest
from allant.vaccination.papers.sheet import EMPTY, Code, Notice, Sheet, Table, compose
from allant.vaccination.papers.standing import listed_ids

TITLE = "Attestation de vaccination contre la Covid-19"
NOT_EUROPEAN = "Cette attestation n'est pas un certificat Covid numérique de l'Union européenne."


class NothingToAttest(LookupError):
    """The person has no current dose; says so in French."""


def attestation_of(person: Person, on: date, codes: Sequence[Code] = ()) -> bytes:
    """The PDF that lists the person's current doses, drawn up on a day. Raises NothingToAttest and PaperFailed.

    `codes`: those of the certificates that go with it (RP-13). The same doses and codes on the same day are the same bytes.
    """
    survivor = person.merged_into or person
    ids = listed_ids(survivor)
    if not ids:
        raise NothingToAttest("Aucune vaccination n'est enregistrée à votre nom : il n'y a rien à attester.")
    known = Dose.objects.select_related("location").in_bulk(ids)
    doses = [known[pk] for pk in ids]
    return compose(
        Sheet(
            title=TITLE,
            subject=str(survivor),
            version=f"Établie le {day(on)} d'après les actes enregistrés par les professionnels de santé.",
            tables=[identity_table(survivor), _table(doses, on)],
            notices=[Notice(_progress(doses)), *([] if codes else [Notice(NOT_EUROPEAN)])],
            codes=codes,
            mark=Mark(PaperKind.ATTESTATION, survivor.pk, digest(ids)),
            stamp=datetime.combine(on, time(), timezone.get_default_timezone()),
        )
    )


def birth_of(person: Person) -> str:
    """The birth date as far as it is known: `12 mars 1940`, `mars 1940`, `1940`, or a dash."""
    if person.birth_date is None:
        return EMPTY
    words = day(person.birth_date).split()
    known = {BirthPrecision.DAY: words, BirthPrecision.MONTH: words[1:], BirthPrecision.YEAR: words[2:], BirthPrecision.NONE: []}
    return " ".join(known[BirthPrecision(person.birth_precision)]) or EMPTY


def rank_of(dose: Dose) -> str:
    """`1re dose sur 2`, `Rappel`."""
    if dose.series != Series.PRIMARY:
        return str(Series(dose.series).label)
    return f"{dose.dose_number}{'re' if dose.dose_number == 1 else 'e'} dose sur {max(dose.series_doses, dose.dose_number)}"


def place_of(dose: Dose, on: date) -> str:
    """The name of the place, or else its kind in the words of the téléservice's list."""
    if dose.location:
        return f"{dose.location.name} ({dose.location.postcode})"
    try:
        kinds = rules.as_known_on(on).value("teleservice.places", on)
    except NotYetInForce:
        kinds = []
    labels = {row["code"]: row["label"] for row in kinds}
    return str(labels.get(dose.place_kind, EMPTY))


def identity_table(person: Person) -> Table:
    """Who the paper is about."""
    rows = [("Nom", person.family_name), ("Prénoms", person.given_names), ("Date de naissance", birth_of(person))]
    return Table("Personne vaccinée", ("Information", "Donnée"), rows, (2, 3))


def _table(doses: list[Dose], on: date) -> Table:
    header = ("Dose", "Date", "Vaccin", "Lot", "Lieu")
    rows = [
        (rank_of(dose), f"{dose.occurred_on:%d/%m/%Y}", str(Vaccine(dose.vaccine).label), dose.lot or EMPTY, place_of(dose, on))
        for dose in doses
    ]
    return Table("Vaccinations", header, rows, (10, 7, 14, 7, 12))


def _progress(doses: list[Dose]) -> str:
    complete = next((dose for dose in doses if dose.series == Series.PRIMARY and dose.dose_number >= dose.series_doses), None)
    if complete is None:
        return "Le schéma de primo-vaccination n'est pas terminé."
    return f"Le schéma de primo-vaccination est terminé depuis le {day(complete.occurred_on)}."
