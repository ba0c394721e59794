"""Of a campaign's target, the people who agreed before a partner that it helps them: its list (TG-11, AV-27).

No medical datum leaves: the list says whom to help, not why. Who refused to be contacted since is not on it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Count

from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.meant import meant_sql
from allant.campaigns.models import Campaign, PartnerConsent
from allant.directory.models import Organisation, OrganisationKind
from allant.doctrine import RuleBook
from allant.sheets import harmless

_PHONE = """
(SELECT contact.value FROM people_person AS record
 JOIN people_contactpoint AS contact ON contact.person_id = record.id AND contact.kind IN ('mobile', 'landline')
 WHERE record.id = person.id OR record.merged_into_id = person.id
 GROUP BY contact.value HAVING bool_and(contact.opted_out_on IS NULL AND contact.invalid_since IS NULL)
 ORDER BY max(contact.kind) DESC, min(contact.id) LIMIT 1)"""
COLUMNS = {
    "nom": "person.family_name",
    "prenoms": "person.given_names",
    "code_postal": "person.postcode",
    "telephone": _PHONE,
}
"""What the doctrine may choose from, and where it is read."""


class PartnerListRefused(ValueError):
    """A list that may not be made; says why in French."""


@dataclass(frozen=True)
class PartnerList:
    """A list as it was handed over: `batch_id` names it in the access log; `rows` follow `columns`."""

    name: str
    columns: tuple[str, ...]
    person_ids: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    batch_id: UUID

    def csv(self) -> bytes:
        """UTF-8, `;`, CRLF, header; a text that a spreadsheet would run is defused."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        writer.writerows([self.columns, *([harmless(cell) for cell in row] for row in self.rows)])
        return out.getvalue().encode()


def partners() -> list[Organisation]:
    """Partners that may be given lists, with `consents`: standing agreements, all programmes together."""
    found = list(Organisation.objects.of_kind(OrganisationKind.PARTNER).order_by("name", "pk"))
    counts = dict(PartnerConsent.objects.standing().order_by().values_list("organisation").annotate(Count("pk")))
    for each in found:
        each.consents = counts.get(each.pk, 0)
    return found


def deliver(*, campaign: Campaign, partner: Organisation, on: date, by: Actor, book: RuleBook) -> PartnerList:
    """The list of a day, and its delivery in the access log: one entry a person, all under its batch.

    Raises PartnerListRefused.
    """
    _refuse(campaign, partner)
    rule = book.value("campaigns.partner_list", on)
    columns = tuple(rule["columns"])
    found = _read(campaign, partner, on, columns, rule["consent_days"])
    made = PartnerList(
        f"{campaign.slug}-{partner.code}-{on:%Y%m%d}", columns, tuple(row[0] for row in found),
        tuple(tuple(cell or "" for cell in row[1:]) for row in found), uuid4(),
    )  # fmt: skip
    purpose = f"Remise au partenaire {partner.code} de sa liste, campagne {campaign.slug}"
    log_access(by=by, action=LoggedAction.BULK, purpose=purpose, person_ids=made.person_ids, batch_id=made.batch_id)
    return made


def _refuse(campaign: Campaign, partner: Organisation) -> None:
    if campaign.medical:
        raise PartnerListRefused("La cible de cette campagne est réservée au service médical : aucune liste n'en sort.")
    if partner.kind != OrganisationKind.PARTNER:
        raise PartnerListRefused(f"« {partner.name} » n'est pas un partenaire : une liste ne se remet qu'à un partenaire.")


def _read(campaign: Campaign, partner: Organisation, on: date, columns: tuple[str, ...], days: int) -> list[tuple]:
    """(person_id, columns…) by name. A partner with a département is given the people who live there."""
    meant, parameters = meant_sql(campaign, on)
    query = f"""
        SELECT person.id, {", ".join(COLUMNS[name] for name in columns)}
        FROM people_person AS person JOIN ({meant}) AS meant ON meant.person_id = person.id
        WHERE person.merged_into_id IS NULL AND person.died_on IS NULL
          AND (%s = '' OR person.departement_code = %s)
          AND EXISTS (SELECT FROM campaigns_partnerconsent AS consent
                      JOIN people_person AS bearer ON bearer.id = consent.person_id
                      WHERE coalesce(bearer.merged_into_id, bearer.id) = person.id AND consent.organisation_id = %s
                        AND consent.programme = %s AND consent.withdrawn_on IS NULL
                        AND consent.given_on BETWEEN %s AND %s)
          AND NOT EXISTS (SELECT FROM people_situation AS refusal
                          JOIN people_person AS bearer ON bearer.id = refusal.person_id
                          WHERE coalesce(bearer.merged_into_id, bearer.id) = person.id AND refusal.kind = 'opted_out'
                            AND (refusal.starts_on IS NULL OR refusal.starts_on <= %s)
                            AND (refusal.ends_on IS NULL OR refusal.ends_on > %s))
        ORDER BY person.search_name, person.id"""
    territory = partner.departement_code
    values = [*parameters, territory, territory, partner.pk, campaign.programme, on - timedelta(days), on, on, on]
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
