"""People whom a partner found favourable, with their agreement: read from its file, recorded, withdrawn (AV-27)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Func, Q, TextField, Value
from django.db.models.functions import Greatest

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.models import PartnerConsent
from allant.campaigns.partner_lists import PartnerListRefused
from allant.directory.models import Organisation, OrganisationKind
from allant.people.models import Person

COLUMNS = ["nom", "prenoms", "date_naissance", "code_postal", "accord_le"]
LARGEST = 10_000
"""Lines of a file."""


@dataclass(frozen=True)
class Line:
    """One person as the partner knows them. `number`: that of the line, the header being 1."""

    number: int
    family_name: str
    given_names: str
    born_on: date
    postcode: str
    agreed_on: date


@dataclass(frozen=True)
class Recorded:
    """What came of a file: agreements new and already there, and the lines that name nobody of the register, or several."""

    added: int
    known: int
    unmatched: tuple[int, ...]


def read_lines(content: bytes, *, today: date) -> list[Line]:
    """The lines of a partner's file. Raises PartnerListRefused with the first thing wrong: nothing is then recorded."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise PartnerListRefused("Ce fichier n'est pas un CSV en UTF-8, séparé par des points-virgules.") from None
    if not rows or [cell.strip() for cell in rows[0]] != COLUMNS:
        raise PartnerListRefused(f"La première ligne donne les colonnes : {';'.join(COLUMNS)}.")
    if len(rows) - 1 > LARGEST:
        raise PartnerListRefused(f"{len(rows) - 1} lignes lues, {LARGEST} au plus : découpez le fichier.")
    return [_line(number, row, today) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]


def _line(number: int, row: list[str], today: date) -> Line:
    if len(row) != len(COLUMNS):
        raise PartnerListRefused(f"Ligne {number} : {len(row)} colonnes lues, {len(COLUMNS)} attendues.")
    family_name, given_names, born, postcode, agreed = (cell.strip() for cell in row)
    try:
        born_on, agreed_on = date.fromisoformat(born), date.fromisoformat(agreed)
    except ValueError:
        raise PartnerListRefused(f"Ligne {number} : les dates s'écrivent AAAA-MM-JJ.") from None
    if not family_name or not given_names:
        raise PartnerListRefused(f"Ligne {number} : le nom et un prénom sont attendus.")
    if not born_on <= agreed_on <= today:
        raise PartnerListRefused(f"Ligne {number} : l'accord est daté entre la naissance et aujourd'hui.")
    return Line(number, family_name, given_names, born_on, postcode, agreed_on)


@transaction.atomic
def record_consents(*, partner: Organisation, programme: str, lines: list[Line], by: Actor) -> Recorded:
    """Record the agreements of the lines that name one living person; the persons found are in the access log.

    Raises PartnerListRefused for an organisation that is no partner.
    """
    if partner.kind != OrganisationKind.PARTNER:
        raise PartnerListRefused(f"« {partner.name} » n'est pas un partenaire.")
    found, unmatched = dict[int, Line](), list[int]()
    for line in lines:
        if (person := _person(line)) is None:
            unmatched.append(line.number)
        else:
            found.setdefault(person.pk, line)
    Organisation.objects.select_for_update().get(pk=partner.pk)  # one file of a partner at a time
    there = set(
        PartnerConsent.objects.standing()
        .filter(organisation=partner, programme=programme, person__in=found)
        .values_list("person", flat=True)
    )
    now = clock.now()
    PartnerConsent.objects.bulk_create(
        PartnerConsent(
            organisation=partner, person_id=person, programme=programme, given_on=line.agreed_on, recorded_at=now,
            recorded_by=str(by),
        )
        for person, line in found.items() if person not in there
    )  # fmt: skip
    log_access(by=by, action=LoggedAction.WRITE, purpose=f"Accords reçus du partenaire {partner.code}", person_ids=list(found))
    return Recorded(len(found) - len(there), len(there), tuple(unmatched))


@transaction.atomic
def withdraw_consent(*, partner: Organisation, person: Person, programme: str, on: date, by: Actor) -> bool:
    """End an agreement, given under the person's record or one merged into it; whether there was one."""
    log_access(by=by, action=LoggedAction.WRITE, purpose=f"Accord retiré, partenaire {partner.code}", person_ids=[person.pk])
    theirs = Q(person=person) | Q(person__merged_into=person)
    standing = PartnerConsent.objects.standing().filter(theirs, organisation=partner, programme=programme)
    return bool(standing.update(withdrawn_on=Greatest("given_on", Value(on)), withdrawn_by=str(by)))


def _person(line: Line) -> Person | None:
    """The one living person of that name, birth date and postcode; the register may hold more given names."""
    name = f"{line.family_name} {line.given_names}"
    key = Func(Value(name), function="people_search_key", output_field=TextField())
    named = Person.objects.named(name).filter(birth_date=line.born_on).annotate(key=key).select_related("merged_into")
    whole = [record for record in named if record.search_name[len(record.key) :][:1] in ("", " ")]  # Jean is not Jeanne
    standing = {each.pk: each for each in (record.merged_into or record for record in whole)}
    alive = [each for each in standing.values() if each.died_on is None and (each.postcode or "") == line.postcode]
    return alive[0] if len(alive) == 1 else None
