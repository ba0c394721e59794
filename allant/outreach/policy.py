"""The contact policy of every programme: may this person be contacted, by which channel, when, or why not (AV-01 to AV-05).

`decide` is a pure function of what is loaded; `policy_sql` says the same of many people at once, and is tested equal to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from allant.doctrine import RuleBook
from allant.outreach import limits
from allant.outreach.kinds import Guardianship, MessageKind
from allant.outreach.limits import PARIS
from allant.people.representation import guardian_kinds

POINTS = {"call": "landline", "sms": "mobile", "email": "email", "letter": "postal", "account": "account"}
"""Channel → the contact point it needs. A letter also goes to who has a postcode and no postal point yet; a message in the
account to who has one: somebody signed in as them, or an e-mail address is known, with which online accounts are opened."""


class Verdict(StrEnum):
    """What the policy answers."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


class Reason(StrEnum):
    """Why a contact waits or is not made, as it is written on the message and on the pages."""

    MERGED = "dossier réuni à un autre"
    DECEASED = "personne décédée"
    TOO_LATE = "trop tard : durée d'utilité dépassée"
    OPTED_OUT = "opposition aux sollicitations"
    INSTITUTION = "en établissement"
    GUARDIANSHIP = "sous tutelle"
    NO_REPRESENTATIVE = "sous tutelle, sans représentant connu"
    SITUATION = "situation exclue de cette sorte de message"
    NO_ADDRESS = "plus d'adresse"
    REFUSED = "refus de ce moyen de contact (STOP)"
    INVALID = "numéro ou adresse invalide"
    RETURNED = "courrier revenu (NPAI)"
    VOICEMAIL = "message déjà laissé sur le répondeur"
    CALLED = "déjà eu au téléphone pour cette campagne"
    NO_ANSWER = "sans réponse, nombre d'appels atteint"
    RETRY = "sans réponse, nouvel appel plus tard"
    CAP = "trop de contacts ces derniers jours"
    HOURS = "hors des heures de contact du territoire"


SITUATIONS = {"institution": Reason.INSTITUTION}


@dataclass(frozen=True, slots=True)
class Point:
    """A contact point: kind of `people.ContactKind`."""

    kind: str
    opted_out: bool = False
    invalid: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A situation over a half-open period; an empty bound is open."""

    kind: str
    starts_on: date | None = None
    ends_on: date | None = None

    def on(self, day: date) -> bool:
        """Whether it holds that day."""
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or self.ends_on > day)


@dataclass(frozen=True, slots=True)
class Recipient:
    """What the policy needs of a person, points and situations of absorbed records included."""

    departement: str | None = None
    deceased: bool = False
    merged: bool = False
    has_postcode: bool = True
    signed_in: bool = False
    "Whether an account here is theirs."
    points: tuple[Point, ...] = ()
    situations: tuple[Held, ...] = ()
    representatives: tuple[Representative, ...] = ()
    "As the register named them, the first named first; they count while the person is under guardianship."

    def in_situation(self, kind: str, on: date) -> bool:
        """Whether the situation holds that day."""
        return any(held.kind == kind and held.on(on) for held in self.situations)

    @property
    def has_account(self) -> bool:
        """Whether a message in the account can be read: an address that bounces or refuses e-mails shows an account too."""
        return self.signed_in or any(point.kind == "email" for point in self.points)


@dataclass(frozen=True, slots=True)
class Representative:
    """Who represents a person, by what right (`people.RepresentationKind`), over a half-open period; an empty bound is open."""

    kind: str
    recipient: Recipient
    starts_on: date | None = None
    ends_on: date | None = None

    def on(self, day: date) -> bool:
        """Whether it is in force that day, and its bearer able to act."""
        in_force = Held("", self.starts_on, self.ends_on).on(day)
        return in_force and not self.recipient.deceased and not self.recipient.in_situation("guardianship", day)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one wants to contact the person for: its kind, the channels in the order of the campaign, the day it was due."""

    kind: MessageKind
    channels: tuple[str, ...]
    planned_on: date
    campaign: int | None = None
    useful_until: datetime | None = None
    "The instant (aware) from which the contact is useless, when its cause says one."


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact made or under way, of any campaign; `times`: a call tried more than once without an answer is one row."""

    channel: str
    at: datetime
    counts: bool = True
    campaign: int | None = None
    outcome: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """Contact by `channel` now; or not before `at`; or not, and in each of these two cases for which reason."""

    verdict: Verdict
    channel: str | None = None
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often, of the doctrine `outreach.caps`, `outreach.no_answer` and `outreach.call_outcomes`."""

    contacts: int
    window: timedelta
    calls: int
    spacing: timedelta
    again: Mapping[str, str]
    uncounted: frozenset[str]


@lru_cache(maxsize=64)
def frequency(book: RuleBook, on: date) -> Frequency:
    """The caps and the rules of calls on a day."""
    caps, calls, outcomes = (book.value(f"outreach.{name}", on) for name in ("caps", "no_answer", "call_outcomes"))
    return Frequency(
        contacts=int(caps["contacts"]), window=timedelta(days=caps["days"]),
        calls=int(calls["calls"]), spacing=timedelta(hours=calls["spacing_hours"]),
        again={row["code"]: row["again"] for row in outcomes},
        uncounted=frozenset(row["code"] for row in outcomes if not row["counts"]),
    )  # fmt: skip


def decide(person: Recipient, purpose: Purpose, history: Iterable[Contact], at: datetime, book: RuleBook) -> Decision:
    """Whether this person is contacted for this purpose at `at` (aware), by the first of its channels that may be used.

    Of somebody under guardianship, the channels and the hours are those of their representative, where the kind says so (AV-03).
    A delay is asked one at a time: what waits is decided again at that instant, and may wait for another reason.
    """
    on, made = at.astimezone(PARIS).date(), tuple(history)
    rules = frequency(book, on)
    if refusal := _refusal(person, purpose, at):
        return Decision(Verdict.NEVER, reason=refusal)
    reader = _reader(person, purpose.kind, on, book)
    if refusal := _refusal_of_reader(person, reader, purpose.kind, on):
        return Decision(Verdict.NEVER, reason=refusal)
    channel, blocked, not_before = _channel(person, reader or person, purpose, made, rules)
    if blocked:
        return Decision(Verdict.NEVER, reason=blocked)
    if not_before is not None and not_before > at:
        return _later(channel, not_before, Reason.RETRY)
    if (capped := _capped(purpose, made, at, rules)) is not None:
        return _later(channel, capped, Reason.CAP)
    opens = limits.next_open((reader or person).departement, purpose.kind.hours, channel, at, book)
    return _later(channel, opens, Reason.HOURS) if opens > at else Decision(Verdict.NOW, channel)


def _later(channel: str, at: datetime, reason: Reason) -> Decision:
    return Decision(Verdict.LATER, channel, at.astimezone(UTC), reason)


def _refusal(person: Recipient, purpose: Purpose, at: datetime) -> str | None:
    """Why the person is not contacted at all, whatever the channel."""
    on = at.astimezone(PARIS).date()
    held = {each.kind for each in person.situations if each.on(on)}
    grounds: list[tuple[bool, str]] = [
        (person.merged, Reason.MERGED),
        (person.deceased, Reason.DECEASED),
        (on > purpose.planned_on + timedelta(purpose.kind.useful_days), Reason.TOO_LATE),
        (purpose.useful_until is not None and at >= purpose.useful_until, Reason.TOO_LATE),
        (purpose.kind.stops_at_refusal and "opted_out" in held, Reason.OPTED_OUT),
        *((kind in held, SITUATIONS.get(kind, Reason.SITUATION)) for kind in purpose.kind.excluded),
    ]
    return next((str(reason) for holds, reason in grounds if holds), None)


def _reader(person: Recipient, kind: MessageKind, on: date, book: RuleBook) -> Recipient | None:
    """The representative who is written to in the place of the person: one, of the first kind of the doctrine that has some."""
    if not kind.represented or not person.in_situation("guardianship", on):
        return None
    able = [each for each in person.representatives if each.on(on)]
    ordered = (each.recipient for wanted in guardian_kinds(on, book) for each in able if each.kind == wanted)
    return next(ordered, None)


def _refusal_of_reader(person: Recipient, reader: Recipient | None, kind: MessageKind, on: date) -> str | None:
    """Why neither the person under guardianship nor anybody for them is contacted."""
    if reader is not None:
        return str(Reason.OPTED_OUT) if kind.stops_at_refusal and reader.in_situation("opted_out", on) else None
    of_kind = {Guardianship.NOBODY: Reason.GUARDIANSHIP, Guardianship.REPRESENTATIVE: Reason.NO_REPRESENTATIVE}
    refusal = of_kind.get(kind.guardianship)
    return str(refusal) if refusal and person.in_situation("guardianship", on) else None


def _channel(
    person: Recipient, reader: Recipient, purpose: Purpose, made: tuple[Contact, ...], rules: Frequency
) -> tuple[str, str | None, datetime | None]:
    """The first channel that is not blocked for good, and the instant before which it waits; or why the first is blocked."""
    blocked = []
    for channel in purpose.channels:
        # A message in an account is read by whoever signs in there: a representative has no account of the person's.
        other = reader is not person and channel == "account"
        reason = Reason.NO_ADDRESS if other else _no_address(reader, purpose, channel)
        not_before = None
        if reason is None and channel == "call":
            reason, not_before = _calls(purpose, made, rules)
        if reason is None:
            return channel, None, not_before
        blocked.append(reason)
    return "", blocked[0] if blocked else str(Reason.NO_ADDRESS), None


def _no_address(person: Recipient, purpose: Purpose, channel: str) -> str | None:
    """Why this channel cannot reach the person, None when it can."""
    points = [point for point in person.points if point.kind == POINTS[channel]]
    if channel == "letter" and not person.has_postcode:
        return Reason.NO_ADDRESS
    if not points:
        return None if channel == "letter" or (channel == "account" and person.has_account) else Reason.NO_ADDRESS
    valid = [point for point in points if not point.invalid]
    if not valid:
        return Reason.RETURNED if channel == "letter" else Reason.INVALID
    if purpose.kind.stops_at_refusal and all(point.opted_out for point in valid):
        return Reason.REFUSED
    return None


def _calls(purpose: Purpose, made: tuple[Contact, ...], rules: Frequency) -> tuple[str | None, datetime | None]:
    """Why no call may be made again in this campaign (AV-02), or the instant before which none is (AV-26)."""
    if purpose.campaign is None:
        return None, None
    calls = [each for each in made if (each.channel, each.campaign) == ("call", purpose.campaign)]
    again = {rules.again.get(each.outcome, "") for each in calls}
    missed = [each for each in calls if rules.again.get(each.outcome) == "retry"]
    if "voicemail" in again:
        return Reason.VOICEMAIL, None
    if "never" in again:
        return Reason.CALLED, None
    if sum(each.times for each in missed) >= rules.calls:
        return Reason.NO_ANSWER, None
    return None, max((each.at.astimezone(UTC) + rules.spacing for each in missed), default=None)


def _capped(purpose: Purpose, made: tuple[Contact, ...], at: datetime, rules: Frequency) -> datetime | None:
    """The instant at which the cap leaves room again, None when there is room."""
    if not purpose.kind.counts:
        return None
    counted = sorted((c.at.astimezone(UTC) for c in made if c.counts and c.outcome not in rules.uncounted), reverse=True)
    room = counted[rules.contacts - 1] + rules.window if len(counted) >= rules.contacts else at
    return room if room > at else None


def as_case(decision: Decision) -> dict[str, Any]:
    """A decision as the case tables write it."""
    return {"verdict": str(decision.verdict), "channel": decision.channel, "reason": str(decision.reason) or None}
