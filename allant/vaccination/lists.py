"""The lists a treating doctor may ask for (VC-52): who is not vaccinated yet, who has an ALD, by age. One query a list.

The population is a target like any other, that of a campaign when one is chosen (TG-11); what makes it a doctor's is a join on
the treating practitioner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from django.db import connection

from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.campaigns.meant import meant_sql
from allant.campaigns.models import Campaign
from allant.directory.models import Practitioner
from allant.doctrine import RuleBook, rules
from allant.doctrine.age import age_on
from allant.people.situation_codes import ald_name
from allant.targeting import Definition, define, engine_postgres, tables
from allant.vaccination.products import authorised

ListKind = Literal["not_vaccinated", "ald"]
PURPOSES: dict[ListKind, str] = {
    "not_vaccinated": "Remise au médecin traitant de la liste de ses patients non vaccinés",
    "ald": "Remise au médecin traitant de la liste de ses patients en ALD",
}


@dataclass(frozen=True, slots=True)
class Patient:
    """One line. `age` in whole years, None when the birth date is unknown; `alds`: the codes of their ALDs, sorted;
    `dose_count`: doses received; `phone`: a number to call, empty when none is known or they refused it.
    """

    person_id: int
    family_name: str
    given_names: str
    birth_date: date | None
    age: int | None
    postcode: str
    phone: str
    alds: tuple[str, ...]
    dose_count: int

    @property
    def ald_names(self) -> tuple[str, ...]:
        """Number and name of each."""
        return tuple(map(ald_name, self.alds))


@dataclass(frozen=True)
class Delivery:
    """A list as it was handed over: `batch_id` names it in the access log."""

    kind: str
    on: date
    batch_id: UUID
    patients: tuple[Patient, ...]


def patients_to_vaccinate(practitioner: Practitioner, on: date) -> list[Patient]:
    """The doctor's own living patients, old enough for a vaccine in force that day, without any dose; the oldest first."""
    return _patients(not_vaccinated(on, rules.as_known_on(on)), practitioner, on)


def ald_patients_by_age(practitioner: Practitioner, on: date) -> list[Patient]:
    """The doctor's own living patients with an ALD that day, vaccinated or not; the oldest first."""
    return _patients(with_ald(on), practitioner, on)


def patients_of_campaign(campaign: Campaign, practitioner: Practitioner, on: date) -> list[Patient]:
    """The doctor's own living patients whom a campaign means that day, invited or not, less who did its act; the oldest first.

    None for a campaign of the medical service: its reason is theirs alone.
    """
    if campaign.medical:
        return []
    meant, parameters = meant_sql(campaign, on)
    return _run(_listing(meant, "person.died_on IS NULL AND person.treating_practitioner_id = %s"), parameters, practitioner, on)


def deliver(*, kind: ListKind, practitioner: Practitioner, on: date, by: Actor) -> Delivery:
    """The list, and its delivery in the access log: one entry a patient, all under the list's batch."""
    read = patients_to_vaccinate if kind == "not_vaccinated" else ald_patients_by_age
    return _delivered(kind, PURPOSES[kind], read(practitioner, on), on, by)


def deliver_of_campaign(*, campaign: Campaign, practitioner: Practitioner, on: date, by: Actor) -> Delivery:
    """The same of the patients whom a campaign means."""
    purpose = f"Remise au médecin traitant de la liste de ses patients visés par la campagne {campaign.slug}"
    return _delivered(campaign.slug, purpose, patients_of_campaign(campaign, practitioner, on), on, by)


def _delivered(kind: str, purpose: str, found: list[Patient], on: date, by: Actor) -> Delivery:
    batch_id = uuid4()
    ids = [each.person_id for each in found]
    log_access(by=by, action=LoggedAction.BULK, purpose=purpose, person_ids=ids, batch_id=batch_id)
    return Delivery(kind, on, batch_id, tuple(found))


def not_vaccinated(on: date, book: RuleBook) -> Definition:
    """Living people old enough for one of the vaccines in force on a day, without any dose."""
    t = tables()
    living = ~t.person.died_on.is_known()
    ages = [row["min_age"] for row in authorised(on, book)]
    if not ages:
        return define(living & ~living)  # no vaccine to offer that day: nobody is on the list
    return define((t.person.age_on(on) >= min(ages)) & living & ~t.dose.exists())


def with_ald(on: date) -> Definition:
    """Living people with an ALD on a day."""
    t = tables()
    return define(t.situation.where(kind="ald").active_on(on).exists() & ~t.person.died_on.is_known())


def _patients(definition: Definition, practitioner: Practitioner, on: date) -> list[Patient]:
    return _run(_query(definition, "person.treating_practitioner_id = %s"), [], practitioner, on)


def _run(query: str, parameters: list[Any], practitioner: Practitioner, on: date) -> list[Patient]:
    with connection.cursor() as cursor:
        cursor.execute(query, [on, on, *parameters, practitioner.pk])
        return [_patient(row, on) for row in cursor.fetchall()]


_COLUMNS = """
SELECT person.treating_practitioner_id, person.id, person.family_name, person.given_names, person.birth_date, person.postcode,
       (SELECT contact.value FROM people_person AS record
        JOIN people_contactpoint AS contact ON contact.person_id = record.id AND contact.kind IN ('mobile', 'landline')
        WHERE record.id = person.id OR record.merged_into_id = person.id
        GROUP BY contact.value HAVING bool_and(contact.opted_out_on IS NULL AND contact.invalid_since IS NULL)
        ORDER BY max(contact.kind) DESC, min(contact.id) LIMIT 1),
       (SELECT array_agg(DISTINCT situation.code ORDER BY situation.code) FROM people_person AS record
        JOIN people_situation AS situation ON situation.person_id = record.id AND situation.kind = 'ald'
        WHERE (record.id = person.id OR record.merged_into_id = person.id)
          AND (situation.starts_on IS NULL OR situation.starts_on <= %s)
          AND (situation.ends_on IS NULL OR situation.ends_on > %s)),
       (SELECT count(DISTINCT dose.occurred_on) FROM people_person AS record
        JOIN immunizations_dose AS dose ON dose.person_id = record.id AND dose.ended_at IS NULL AND dose.disease = 'covid19'
        WHERE record.id = person.id OR record.merged_into_id = person.id)
"""


def _query(definition: Definition, whose: str) -> str:
    """The statement of a list, with two days and then what `whose` asks as parameters; by doctor, the oldest first."""
    target, _ = engine_postgres.sql(definition)  # its parameters are written in its text
    return _listing(target, whose)


def _listing(target: str, whose: str) -> str:
    return f"""{_COLUMNS}
FROM people_person AS person JOIN ({target}) AS target ON target.person_id = person.id
WHERE person.merged_into_id IS NULL AND {whose}
ORDER BY person.treating_practitioner_id, person.birth_date NULLS LAST, person.search_name, person.id"""


def _patient(row: tuple[Any, ...], on: date) -> Patient:
    _, person_id, family_name, given_names, birth_date, postcode, phone, alds, dose_count = row
    age = None if birth_date is None else age_on(birth_date, on)
    return Patient(
        person_id, family_name, given_names, birth_date, age, postcode or "", phone or "", tuple(alds or ()), dose_count
    )
