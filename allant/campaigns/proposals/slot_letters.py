"""Letters that reserve a real slot (AV-40): the seat is held, then the letter is written, in one transaction a person.

A person for whom nothing is free near enough waits, and is tried again at the next round: no letter leaves without its slot.
Killed anywhere and run again, nobody has two slots nor two letters. A seat that nobody confirms in time is given back by
`end_lapsed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from allant.appointments.booking import AlreadyBooked, Booking, NoSeat, book
from allant.appointments.models import Appointment, Origin, Service, Slot
from allant.appointments.querysets import Wish
from allant.appointments.terms import Terms, terms
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
Allowed = Callable[[int, date, RuleBook], tuple[str, ...]]
"""The vaccines that a programme gives at an age on a day."""

_allowed: dict[str, Allowed] = {}


@dataclass
class Round:
    """What a round did: letters written with their slot, people without one near enough, people who had an appointment."""

    written: int = 0
    without: int = 0
    booked: int = 0


def register(programme: str, allowed: Allowed) -> None:
    """Called once by each programme that vaccinates, from its `AppConfig.ready`."""
    _allowed[programme] = allowed


def waiting(campaign: Campaign) -> QuerySet[Invitation]:
    """The invitations by letter whose letter is not written yet, those invited first at the head."""
    written = Message.objects.filter(cause_kind=CAUSE, cause_id=OuterRef("pk"), channel=Channel.LETTER)
    found = Invitation.objects.valid().filter(campaign=campaign, channel=Channel.LETTER)
    return found.filter(~Exists(written)).select_related("person").order_by("invited_on", "pk")


def reserve(campaign: Campaign, *, at: datetime, book_of_rules: RuleBook, by: str = "allant") -> Round:
    """Hold a slot and write a letter for everybody of the campaign who waits for theirs."""
    done, allowed = Round(), terms(book_of_rules, at.astimezone(PARIS).date())
    for invitation in waiting(campaign).iterator(chunk_size=500):
        state = _reserve_one(campaign, invitation, allowed, at, book_of_rules, by)
        setattr(done, state, getattr(done, state) + 1)
    return done


def _reserve_one(
    campaign: Campaign, invitation: Invitation, allowed: Terms, at: datetime, book_of_rules: RuleBook, by: str
) -> str:
    person = invitation.person.merged_into or invitation.person
    wish = _wish(campaign, person, allowed, at, book_of_rules)
    offers = [] if wish is None else Slot.objects.nearest(wish, most=TRIES, a_place=TRIES)
    for offer in offers:
        if offer.km > allowed.within_km:
            break
        try:
            _hold_and_write(campaign, invitation, person, offer.slot_id, allowed, at, by)
        except NoSeat:
            continue
        except AlreadyBooked:
            return "booked"
        return "written"
    return "without"


@transaction.atomic
def _hold_and_write(
    campaign: Campaign, invitation: Invitation, person: Person, slot: int, allowed: Terms, at: datetime, by: str
) -> None:
    held = book(
        Booking(
            slot_id=slot, key=f"letter-{invitation.pk}", origin=str(Origin.LETTER), audience=AUDIENCE, person=person,
            held_for=allowed.letter_hold, cause=(CAUSE, invitation.pk),
        ),
        by=by, at=at,
    )  # fmt: skip
    assert held.held_until is not None
    day = at.astimezone(PARIS).date()
    queue_messages(
        cause_kind=CAUSE, until=True,
        select="""SELECT i.person_id, i.id AS cause_id, i.channel, %s AS template, %s::date AS created_on, %s::date AS send_after,
                         %s::timestamptz AS useful_until FROM campaigns_invitation i WHERE i.id = %s""",
        parameters=[campaign.template, day, day, held.held_until - allowed.letter_answer, invitation.pk],
    )  # fmt: skip


def _wish(campaign: Campaign, person: Person, allowed: Terms, at: datetime, book_of_rules: RuleBook) -> Wish | None:
    """A slot of the person's commune or near it, once the time to answer is over; None when nobody knows where they live."""
    try:
        latitude, longitude = position_of(person.commune_code or "")
    except UnknownCommune:
        return None
    first = at + allowed.letter_hold + allowed.waiting_notice
    return Wish(
        service=str(Service.VACCINATION), latitude=latitude, longitude=longitude, not_before=first, until=first + allowed.search,
        audience=AUDIENCE, today=at.astimezone(PARIS).date(), vaccines=_vaccines(campaign, person, first, book_of_rules),
    )  # fmt: skip


def _vaccines(campaign: Campaign, person: Person, on: datetime, book_of_rules: RuleBook) -> tuple[str, ...]:
    allowed = _allowed.get(campaign.programme)
    if allowed is None or person.birth_date is None:
        return ()
    day = on.astimezone(PARIS).date()
    return allowed(age_on(person.birth_date, day), day, book_of_rules) or ("none",)


def held_for(invitations: list[int]) -> dict[int, Appointment]:
    """Invitation → the seat held or taken by its letter, while it stands."""
    found = Appointment.objects.open().filter(origin=Origin.LETTER, cause_kind=CAUSE, cause_id__in=invitations)
    return {each.cause_id: each for each in found.select_related("slot__place__location") if each.cause_id is not None}


_COUNTS = """
    SELECT count(*), count(letter.id), count(letter.id) FILTER (WHERE letter.status IN ('sent', 'delivered')),
           count(seat.id) FILTER (WHERE seat.ended_at IS NULL AND seat.confirmed_at IS NULL AND seat.held_until > %(at)s),
           count(seat.id) FILTER (WHERE seat.confirmed_at IS NOT NULL AND seat.ended_at IS NULL),
           count(seat.id) FILTER (WHERE seat.ended_as = 'done'),
           count(seat.id) FILTER (WHERE seat.confirmed_at IS NULL AND (seat.ended_at IS NOT NULL OR seat.held_until <= %(at)s))
    FROM campaigns_invitation AS invitation
    LEFT JOIN outreach_message AS letter
        ON letter.cause_kind = 'invitation' AND letter.cause_id = invitation.id AND letter.channel = 'letter'
    LEFT JOIN appointments_appointment AS seat ON seat.key = 'letter-' || invitation.id
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
