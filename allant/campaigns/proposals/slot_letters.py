"""Letters that reserve a real slot (AV-40): the seat is held, then the letter is written, in one transaction a person.

A person for whom nothing is free near enough waits, and is tried again at the next round: no letter leaves without its slot.
Where the place books it and an hour is free, the second injection is held with the first (AP-05, decision 0036).
Killed anywhere and run again, nobody has two slots nor two letters. A seat that nobody confirms in time is given back by
`end_lapsed`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from allant.appointments.booking import AlreadyBooked, Booking, NoSeat, book, book_both
from allant.appointments.models import Appointment, Origin, Service, Slot
from allant.appointments.querysets import Wish
from allant.appointments.terms import Terms, terms
from allant.campaigns import injections
from allant.campaigns.models import Campaign, Invitation
from allant.clock import PARIS
from allant.doctrine import RuleBook
from allant.doctrine.age import age_on
from allant.geography import UnknownCommune, position_of
from allant.outreach.actions import queue_messages
from allant.outreach.models import Channel, Message
from allant.people.models import Person

SLOT, HOME = "slot", "home"
CAUSE = "invitation"
AUDIENCE = "assurance_maladie"
TRIES = 3
"Slots tried for one person when rivals take them."


@dataclass
class Round:
    """What a round did: letters written with their slot, people without one near enough, people who had an appointment."""

    written: int = 0
    without: int = 0
    booked: int = 0


def waiting(campaign: Campaign) -> QuerySet[Invitation]:
    """The invitations by letter whose letter is not written yet, those invited first at the head."""
    written = Message.objects.filter(cause_kind=CAUSE, cause_id=OuterRef("pk"), channel=Channel.LETTER)
    found = Invitation.objects.valid().filter(campaign=campaign, channel=Channel.LETTER)
    return found.filter(~Exists(written)).select_related("person").order_by("invited_on", "pk")


@dataclass(frozen=True)
class _Writing:
    """One round of a campaign: its terms, its instant, the rules of the day, who runs it."""

    campaign: Campaign
    terms: Terms
    at: datetime
    book: RuleBook
    by: str


def reserve(campaign: Campaign, *, at: datetime, book_of_rules: RuleBook, by: str = "allant") -> Round:
    """Hold a slot and write a letter for everybody of the campaign who waits for theirs."""
    done, writing = Round(), _Writing(campaign, terms(book_of_rules, at.astimezone(PARIS).date()), at, book_of_rules, by)
    for invitation in waiting(campaign).iterator(chunk_size=500):
        state = _reserve_one(writing, invitation)
        setattr(done, state, getattr(done, state) + 1)
    return done


def _reserve_one(writing: _Writing, invitation: Invitation) -> str:
    person = invitation.person.merged_into or invitation.person
    wish = _wish(writing, person)
    offers = [] if wish is None else Slot.objects.nearest(wish, most=TRIES, a_place=TRIES)
    for offer in offers:
        if offer.km > writing.terms.within_km:
            break
        try:
            _hold_and_write(writing, invitation, person, offer.slot_id)
        except NoSeat:
            continue
        except AlreadyBooked:
            return "booked"
        return "written"
    return "without"


@transaction.atomic
def _hold_and_write(writing: _Writing, invitation: Invitation, person: Person, slot: int) -> None:
    first = Booking(
        slot_id=slot, key=f"letter-{invitation.pk}", origin=str(Origin.LETTER), audience=AUDIENCE, person=person,
        held_for=writing.terms.letter_hold, cause=(CAUSE, invitation.pk),
    )  # fmt: skip
    second = _second(writing, slot)
    if second is None:
        book(first, by=writing.by, at=writing.at)
    else:
        book_both(first, replace(first, slot_id=second.pk, key=f"{first.key}-2", rank=2), by=writing.by, at=writing.at)
    day = writing.at.astimezone(PARIS).date()
    queue_messages(
        cause_kind=CAUSE, until=True,
        select="""SELECT i.person_id, i.id AS cause_id, i.channel, %s AS template, %s::date AS created_on, %s::date AS send_after,
                         %s::timestamptz AS useful_until FROM campaigns_invitation i WHERE i.id = %s""",
        parameters=[writing.campaign.template, day, day, writing.at + writing.terms.letter_hold - writing.terms.letter_answer,
                    invitation.pk],
    )  # fmt: skip


def _second(writing: _Writing, slot: int) -> Slot | None:
    """The hour of the second injection, where the place books it and one is free (AP-05)."""
    rules = injections.of(writing.campaign.programme)
    if rules is None:
        return None
    first = Slot.objects.select_related("place__location").get(pk=slot)
    return rules.second(first, AUDIENCE, writing.at.astimezone(PARIS).date(), writing.book)


def _wish(writing: _Writing, person: Person) -> Wish | None:
    """A slot of the person's commune or near it, once the time to answer is over; None when nobody knows where they live."""
    try:
        latitude, longitude = position_of(person.commune_code or "")
    except UnknownCommune:
        return None
    first = writing.at + writing.terms.letter_hold + writing.terms.waiting_notice
    return Wish(
        service=str(Service.VACCINATION), latitude=latitude, longitude=longitude, not_before=first,
        until=first + writing.terms.search, audience=AUDIENCE, today=writing.at.astimezone(PARIS).date(),
        vaccines=_vaccines(writing, person, first),
    )  # fmt: skip


def _vaccines(writing: _Writing, person: Person, on: datetime) -> tuple[str, ...]:
    rules = injections.of(writing.campaign.programme)
    if rules is None or person.birth_date is None:
        return ()
    day = on.astimezone(PARIS).date()
    return rules.allowed(age_on(person.birth_date, day), day, writing.book) or ("none",)


def held_for(invitations: list[int]) -> dict[int, Appointment]:
    """Invitation → the seat of the first injection held or taken by its letter, while it stands; the second is `chained`."""
    found = Appointment.objects.open().filter(origin=Origin.LETTER, cause_kind=CAUSE, cause_id__in=invitations, first=None)
    found = found.select_related("slot__place__location").prefetch_related("chained__slot__place__location")
    return {each.cause_id: each for each in found if each.cause_id is not None}


# The last seat of a letter: the one that was moved to, where there are several.
_COUNTS = """
    SELECT count(*), count(letter.id), count(letter.id) FILTER (WHERE letter.status IN ('sent', 'delivered')),
           count(seat.id) FILTER (WHERE seat.ended_at IS NULL AND seat.confirmed_at IS NULL AND seat.held_until > %(at)s),
           count(seat.id) FILTER (WHERE seat.confirmed_at IS NOT NULL AND seat.ended_at IS NULL),
           count(seat.id) FILTER (WHERE seat.ended_as = 'done'),
           count(seat.id) FILTER (WHERE seat.confirmed_at IS NULL AND (seat.ended_at IS NOT NULL OR seat.held_until <= %(at)s))
    FROM campaigns_invitation AS invitation
    LEFT JOIN outreach_message AS letter
        ON letter.cause_kind = 'invitation' AND letter.cause_id = invitation.id AND letter.channel = 'letter'
    JOIN people_person AS person ON person.id = invitation.person_id
    LEFT JOIN LATERAL (
        SELECT taken.* FROM appointments_appointment AS taken
        WHERE taken.person_id IN (person.id, person.merged_into_id) AND taken.origin = 'letter' AND taken.first_id IS NULL
          AND taken.cause_kind = 'invitation' AND taken.cause_id = invitation.id
        ORDER BY taken.id DESC LIMIT 1) AS seat ON TRUE
    WHERE invitation.campaign_id = %(campaign)s AND invitation.revoked_at IS NULL AND invitation.channel = 'letter'"""


@dataclass(frozen=True)
class Counts:
    """Where the letters of a campaign stand; counts are persons."""

    invited: int
    written: int
    sent: int
    held: int
    confirmed: int
    done: int
    given_back: int

    @property
    def waiting(self) -> int:
        """Who waits for a slot near enough."""
        return self.invited - self.written


def counts(campaign: Campaign, at: datetime) -> Counts:
    """Of one campaign, at an instant, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"campaign": campaign.pk, "at": at})
        return Counts(*cursor.fetchone())


def running(on: date) -> QuerySet[Campaign]:
    """Campaigns whose letters bear a slot, open on a day."""
    return Campaign.objects.running_on(on).filter(offers=SLOT)
