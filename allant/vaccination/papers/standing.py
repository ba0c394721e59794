"""Whether a paper still stands: what the public control page answers, without saying whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.utils import timezone

from allant.immunizations.models import Dose, EndKind
from allant.immunizations.querysets import DoseQuerySet
from allant.people.models import Person
from allant.targeting.wording import day
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.papers.marks import Mark, PaperKind, UnreadableMark, digest, read_mark

State = Literal["current", "replaced", "cancelled", "outdated"]
NAMES = {
    PaperKind.DECLARATION: "Déclaration d'éligibilité à la vaccination",
    PaperKind.DOSE: "Synthèse de vaccination",
    PaperKind.ATTESTATION: "Attestation de vaccination",
    PaperKind.RECORD: "Dossier de vaccination",
}
UNKNOWN = "Ce code de contrôle n'est celui d'aucun document de ce service : vérifiez chaque caractère."


@dataclass(frozen=True)
class Standing:
    """The answer about one paper: `title` says it in a few words, `text` in full; `name` is the kind of paper."""

    state: State
    name: str
    title: str
    text: str


def standing_of(typed: str) -> Standing:
    """Whether the paper that bears this mark still stands. Raises UnreadableMark."""
    mark = read_mark(typed)
    match mark.kind:
        case PaperKind.ATTESTATION | PaperKind.RECORD:
            return _of_list(mark)
        case PaperKind.DOSE:
            rows: type[Dose] | type[EligibilityDeclaration] = Dose
        case PaperKind.DECLARATION:
            rows = EligibilityDeclaration
    row = rows.objects.filter(pk=mark.row, version=mark.state).first()
    if row is None:
        raise UnreadableMark(UNKNOWN)
    return _of_version(row, NAMES[mark.kind])


def _of_version(row: Dose | EligibilityDeclaration, name: str) -> Standing:
    if row.ended_at is None:
        return Standing("current", name, "Version en vigueur", f"La version {row.version} de ce document est en vigueur.")
    last = _last_version(row)
    if last.ended_at is not None:
        by = " par l'administration" if last.end_kind == EndKind.ADMINISTRATIVE else ""
        on = day(day_of(last.ended_at))
        text = f"Ce que dit ce document a été annulé{by} le {on} : il ne vaut plus."
        return Standing("cancelled", name, f"Annulée le {on}", text)
    on = day(day_of(row.ended_at))
    return Standing(
        "replaced",
        name,
        f"Remplacée le {on}",
        f"La version {row.version} de ce document a été rectifiée le {on} ; la version {last.version} est en vigueur. "
        "Demandez-la au professionnel qui l'a remise.",
    )


def _last_version(row: Dose | EligibilityDeclaration) -> Dose | EligibilityDeclaration:
    """The end of the chain of corrections that starts at `row`."""
    rows = type(row)
    while following := rows.objects.filter(replaces=row.pk).first():
        row = following
    return row


def _of_list(mark: Mark) -> Standing:
    """Of a paper that lists the current doses of a person."""
    name = NAMES[mark.kind]
    person = Person.objects.select_related("merged_into").filter(pk=mark.row).first()
    if person is None:
        raise UnreadableMark(UNKNOWN)
    ids = listed_ids(person)
    if digest(ids) == mark.state:
        return Standing("current", name, "Document à jour", "Les vaccinations de ce document sont celles du dossier.")
    if any(digest(ids[:count]) == mark.state for count in range(len(ids))):
        text = "Les vaccinations de ce document sont exactes ; une autre a été enregistrée depuis."
        return Standing("outdated", name, "Une vaccination plus récente existe", text)
    text = "Un acte de ce document a été rectifié ou annulé depuis : demandez à la personne un document à jour."
    return Standing("replaced", name, "Document dépassé", text)


def listed_ids(person: Person) -> list[int]:
    """The doses an attestation lists, oldest first: the current ones of the person and of the records merged into theirs.

    A dose recorded under two of them is listed once, as it is counted once: nobody has two doses on one day.
    """
    doses = DoseQuerySet(Dose).current().given_to(person.merged_into or person)
    return list(doses.order_by("occurred_on", "id").distinct("occurred_on").values_list("pk", flat=True))


def day_of(at: datetime) -> date:
    """The day of an instant in Paris."""
    return at.astimezone(timezone.get_default_timezone()).date()
