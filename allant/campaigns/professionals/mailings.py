"""Mails to professionals and structures (TG-13): drafted by a change of doctrine or by hand, read and edited, approved or not.

Approval freezes whom it is for and writes one message each into the outbox, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import uuid4

import pghistory
from django.db import connection, transaction
from django.utils.text import slugify

from allant import clock
from allant.campaigns.models import Campaign, MailingRecipient, ProfessionalMailing
from allant.campaigns.professionals.audience import Audience, audience_sql, read_audience, sentence
from allant.campaigns.professionals.changes import TO_WRITE, Change, changes, french_day
from allant.directory.models import Practitioner
from allant.doctrine import NotYetInForce, RuleBook
from allant.outreach.actions import drop_causes, queue_messages

CAUSE = "mailing"
TEMPLATE = "professional-mailing"
LONGEST_SUBJECT, LONGEST_BODY = 200, 20_000


class MailingRefused(ValueError):
    """A mail that cannot be written, changed or sent; says why and what to do, in French."""


def draft_changes(*, now: RuleBook, before: RuleBook, by: str) -> list[ProfessionalMailing]:
    """One draft for each change of the target doctrine between two days; those drafted once are not drafted again."""
    audience = _usual("campaigns.mailing_audience", now)
    if audience is None:
        return []
    drafts = [_draft_of(change, audience, now, by) for change in changes(now, before)]
    slugs = [draft.slug for draft in drafts]
    known = set(ProfessionalMailing.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    ProfessionalMailing.objects.bulk_create(drafts, ignore_conflicts=True)
    return list(ProfessionalMailing.objects.filter(slug__in=set(slugs) - known).order_by("pk"))


def draft_newsletter(*, now: RuleBook, before: RuleBook, by: str) -> ProfessionalMailing:
    """One draft that tells all the changes between two days; asked again, the same one. Raises MailingRefused."""
    audience = _usual("campaigns.newsletter_audience", now)
    if audience is None:
        raise MailingRefused("La lettre d'information n'a pas de règle à cette date : choisissez une période plus récente.")
    words = {"since": french_day(before.known_on), "until": french_day(now.known_on)}
    texts = {name: text.format_map(words) for name, text in now.value("campaigns.newsletter", now.known_on).items()}
    told = [f"– {change.subject} (à partir du {french_day(change.in_force)})" for change in changes(now, before)]
    known, _ = ProfessionalMailing.objects.get_or_create(
        slug=f"lettre-{before.known_on}-{now.known_on}",
        defaults=_row(
            title=texts["subject"], subject=texts["subject"], audience=audience, book=now, by=by,
            body="\n".join([texts["heading"], "", *told]) if told else texts["nothing"],
            reason=f"Lettre d'information, du {before.known_on:%d/%m/%Y} au {now.known_on:%d/%m/%Y}",
        ),
    )  # fmt: skip
    return known


def write_mailing(
    *,
    title: str,
    audience: Audience,
    subject: str,
    body: str,
    book: RuleBook,
    by: str,
    mailing: ProfessionalMailing | None = None,
) -> ProfessionalMailing:
    """Draft a mail by hand, or change one that is not sent. Raises MailingRefused."""
    subject, title, body = " ".join(subject.split()), " ".join(title.split()), body.replace("\r\n", "\n").strip()
    if not (title and subject and body):
        raise MailingRefused("Titre, objet et texte sont obligatoires.")
    if len(subject) > LONGEST_SUBJECT or len(title) > LONGEST_SUBJECT or len(body) > LONGEST_BODY:
        raise MailingRefused(f"Trop long : {LONGEST_SUBJECT} caractères au plus pour un objet, {LONGEST_BODY} pour un texte.")
    if mailing is None:
        slug = f"{slugify(title)[:60].strip('-')}-{uuid4().hex[:8]}"
        return ProfessionalMailing.objects.create(
            slug=slug, **_row(title=title, subject=subject, body=body, audience=audience, book=book, by=by)
        )
    return _rewrite(mailing, title, subject, body, audience, book, by)


@transaction.atomic
def _rewrite(
    mailing: ProfessionalMailing, title: str, subject: str, body: str, audience: Audience, book: RuleBook, by: str
) -> ProfessionalMailing:
    row = _draft_locked(mailing)
    row.title, row.subject, row.body = title, subject, body
    row.audience, row.sentence = audience.as_data(), sentence(audience, book, book.known_on)
    row.campaign = Campaign.objects.filter(slug=audience.campaign).first()
    with pghistory.context(by=by):
        row.save(update_fields=["title", "subject", "body", "audience", "sentence", "campaign"])
    return row


@transaction.atomic
def approve_mailing(mailing: ProfessionalMailing, *, on: date, book: RuleBook, by: str) -> int:
    """Write one message to each recipient that has an address; returns how many. Raises MailingRefused, UnknownCriterion."""
    row = _draft_locked(mailing)
    if TO_WRITE in row.body:
        raise MailingRefused(f"Le texte contient encore « {TO_WRITE} » : écrivez la source ou retirez la ligne.")
    query, parameters = audience_sql(read_audience(row.audience, book, on), book, on)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO campaigns_mailingrecipient (mailing_id, practitioner_id, organisation_id)
                SELECT %s, CASE recipient WHEN 'practitioner' THEN id END, CASE recipient WHEN 'organisation' THEN id END
                FROM ({query}) AS meant WHERE email <> '' ORDER BY recipient, id""",
            [row.pk, *parameters],
        )
    if not (written := sum(_queue(row, to, on) for to in ("practitioner", "organisation"))):
        raise MailingRefused("Aucun destinataire n'a d'adresse électronique connue : élargissez les critères.")
    row.approved_at, row.approved_by, row.recipients = clock.now(), by, written
    with pghistory.context(by=by):
        row.save(update_fields=["approved_at", "approved_by", "recipients"])
    return written


def _queue(row: ProfessionalMailing, to: str, on: date) -> int:
    return queue_messages(
        cause_kind=CAUSE,
        to=to,
        select=f"""SELECT {to}_id, id AS cause_id, 'email' AS channel, %s AS template, %s::date AS created_on,
                          %s::date AS send_after
                   FROM campaigns_mailingrecipient WHERE mailing_id = %s AND {to}_id IS NOT NULL ORDER BY id""",
        parameters=[TEMPLATE, on, on, row.pk],
    )


@transaction.atomic
def abandon_mailing(mailing: ProfessionalMailing, *, by: str) -> int:
    """Give a mail up: a draft is never sent, the messages of an approved one that still wait are withdrawn; returns how many.

    What left stays sent. Raises MailingRefused when it was given up before.
    """
    row = ProfessionalMailing.objects.select_for_update().get(pk=mailing.pk)
    if row.abandoned_at is not None:
        raise MailingRefused(f"Ce courrier a déjà été abandonné le {row.abandoned_at:%d/%m/%Y}.")
    row.abandoned_at, row.abandoned_by = clock.now(), by
    with pghistory.context(by=by):
        row.save(update_fields=["abandoned_at", "abandoned_by"])
    return drop_causes(cause_kind=CAUSE, causes=row.addressees.values("pk"), reason="courrier abandonné")


def variables_of_recipients(cause_ids: Sequence[int]) -> dict[int, Mapping[str, str]]:
    """The words of each message: who it is for, the mail's subject and text; none for a mail given up."""
    rows = MailingRecipient.objects.filter(pk__in=cause_ids, mailing__abandoned_at=None)
    return {
        row.pk: {"name": _name(row.practitioner) if row.practitioner else row.organisation.name,
                 "subject": row.mailing.subject, "text": row.mailing.body}
        for row in rows.select_related("mailing", "practitioner", "organisation")
    }  # fmt: skip


def _name(practitioner: Practitioner) -> str:
    return f"{practitioner.given_names} {practitioner.family_name}"


def _draft_locked(mailing: ProfessionalMailing) -> ProfessionalMailing:
    row = ProfessionalMailing.objects.select_for_update().get(pk=mailing.pk)
    if row.approved_at is not None:
        raise MailingRefused(f"Ce courrier est parti à l'envoi le {row.approved_at:%d/%m/%Y} : rédigez-en un autre.")
    if row.abandoned_at is not None:
        raise MailingRefused(f"Ce courrier a été abandonné le {row.abandoned_at:%d/%m/%Y} : rédigez-en un autre.")
    return row


def _usual(rule: str, book: RuleBook) -> Audience | None:
    try:
        row = book.value(rule, book.known_on)
    except NotYetInForce:
        return None
    return Audience(professions=tuple(row["professions"]), structures=tuple(row["structures"]))


def _draft_of(change: Change, audience: Audience, book: RuleBook, by: str) -> ProfessionalMailing:
    values = _row(
        title=f"{change.subject}, {change.in_force:%d/%m/%Y}", subject=change.subject, body=change.body, reason=change.reason,
        audience=audience, book=book, by=by,
    )  # fmt: skip
    return ProfessionalMailing(slug=change.slug, **values)


def _row(
    *, title: str, subject: str, body: str, audience: Audience, book: RuleBook, by: str, reason: str = ""
) -> dict[str, object]:
    return {
        "title": title[:LONGEST_SUBJECT], "subject": subject[:LONGEST_SUBJECT], "body": body, "reason": reason,
        "audience": audience.as_data(), "sentence": sentence(audience, book, book.known_on),
        "campaign": Campaign.objects.filter(slug=audience.campaign).first() if audience.campaign else None,
        "drafted_at": clock.now(), "drafted_by": by,
    }  # fmt: skip

