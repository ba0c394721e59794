"""What the steps of a follow-up do elsewhere: rights, undue amounts, SANDIA, numbers, bodies, messages. Set-based, in the
step's own transaction.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from allant.casework.models import CaseEvent
from allant.casework.registry import Effect, Moved
from allant.identification.messages import write
from allant.identification.models import IdentityFile, SandiaAnswer
from allant.people.models import MatriculeKind
from allant.people.numbering import current_number, give_number
from allant.people.standing import set_rights

_PERSONS = "SELECT c.person_id FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id WHERE e.id = ANY(%s)"


def persons_of(moved: Moved) -> list[int]:
    """Whose cases moved."""
    with connection.cursor() as cursor:
        cursor.execute(_PERSONS, [moved.event_ids])
        return [person for (person,) in cursor.fetchall()]


def suspend_rights(moved: Moved) -> None:
    """Six months: rights are suspended."""
    set_rights(person_ids=persons_of(moved), are_open=False, by=moved.by, reason=moved.transition.label)


def restore_rights(moved: Moved) -> None:
    """A document came: a suspension is lifted. Rights that something else closed stay closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.person_id FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id
               WHERE e.id = ANY(%s) AND e.from_state = 'suspended'""",
            [moved.event_ids],
        )
        suspended = [person for (person,) in cursor.fetchall()]
    set_rights(person_ids=suspended, are_open=True, by=moved.by, reason=moved.transition.label)


def close_rights(moved: Moved) -> None:
    """Nine months, twenty-seven, or fraud: rights end."""
    set_rights(person_ids=persons_of(moved), are_open=False, by=moved.by, reason=moved.transition.label)


# One statement, so that the total is that of the lines whatever is paid meanwhile.
_CLAIM = """
WITH paid AS (
    SELECT e.id AS event_id, c.opened_on AS since, payment.id AS payment_id, payment.amount_cents
    FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id
    JOIN people_person AS person ON person.id = c.person_id
    JOIN people_person AS record ON record.id = person.id OR record.merged_into_id = person.id OR record.id =
    person.merged_into_id JOIN identification_benefitpayment AS payment ON payment.person_id = record.id AND payment.paid_on >=
    c.opened_on WHERE e.id = ANY(%s) AND NOT EXISTS (SELECT FROM identification_undueline AS line WHERE line.payment_id =
    payment.id)
),
claim AS (
    INSERT INTO identification_undueclaim (event_id, since, total_cents)
    SELECT event_id, since, sum(amount_cents) FROM paid GROUP BY event_id, since RETURNING id, event_id
)
INSERT INTO identification_undueline (claim_id, payment_id, amount_cents)
SELECT claim.id, paid.payment_id, paid.amount_cents FROM paid JOIN claim USING (event_id)"""


def claim_undue(moved: Moved) -> None:
    """What was paid since the number was given is claimed back, payment by payment; nothing when nothing was paid (ID-07)."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [moved.event_ids])


def submit(moved: Moved) -> None:
    """The complete file goes to SANDIA: written here, sent by `exchange`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO identification_submission (file_id, event_id, key, written_at)
               SELECT file.id, e.id, gen_random_uuid(), %s
               FROM casework_caseevent AS e JOIN identification_identityfile AS file ON file.case_id = e.case_id WHERE e.id =
               ANY(%s)""",
            [moved.at, moved.event_ids],
        )


def give_nir(moved: Moved) -> None:
    """The number certified by SANDIA replaces the one awaiting it. Certifications come one at a time, as SANDIA answers."""
    for event in CaseEvent.objects.filter(pk__in=moved.event_ids).order_by("pk"):
        file = IdentityFile.objects.select_related("person").get(case=event.case_id)
        answers = SandiaAnswer.objects.filter(submission__file=file, kind="certified").order_by("pk")
        certified, current = answers.last(), current_number(file.person)
        told = certified.number if certified else event.note  # the former flow: typed from SANDIA's letter
        value = told or (current.value if current else "")
        give_number(person=file.person, value=value, kind=MatriculeKind.NIR, on=event.on, by=moved.by)


_NOTICES = """
INSERT INTO identification_bodynotice (event_id, person_id, body, former_id, matricule_id, key, written_at)
SELECT e.id, c.person_id, known.body, former.id, current.id, gen_random_uuid(), %s
FROM casework_caseevent AS e JOIN casework_case AS c ON c.id = e.case_id
JOIN people_person AS person ON person.id = c.person_id
JOIN people_person AS record ON record.id = person.id OR record.merged_into_id = person.id OR record.id = person.merged_into_id
JOIN identification_knowingbody AS known ON known.person_id = record.id
JOIN people_matricule AS current ON current.person_id = c.person_id AND current.ends_on IS NULL AND current.kind = 'NIR'
LEFT JOIN LATERAL (
    SELECT id FROM people_matricule WHERE person_id = c.person_id AND ends_on IS NOT NULL ORDER BY ends_on DESC, id DESC LIMIT 1
) AS former ON true
WHERE e.id = ANY(%s) ON CONFLICT DO NOTHING"""


def notify_bodies(moved: Moved) -> None:
    """Every body that knows any record of the person is told: written here, sent by `exchange` until acknowledged."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTICES, [moved.at, moved.event_ids])


def write_certified(moved: Moved) -> None:
    """The former flow ends with the same message as the present one."""
    write(moved, step="certify")


EFFECTS: Mapping[str, Effect] = {
    each.__name__: each
    for each in (
        suspend_rights, restore_rights, close_rights, claim_undue, submit, give_nir, notify_bodies, write, write_certified,
    )
}  # fmt: skip
