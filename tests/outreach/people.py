"""Persons and messages to try the policy, the claims and the senders on."""

from datetime import UTC, date, datetime, timedelta

from allant.outreach.models import Message, Template
from allant.people.models import ContactPoint, Person

MONDAY = date(2021, 6, 14)
AT = datetime(2021, 6, 14, 9, 0, tzinfo=UTC)
"Eleven o'clock in Paris: everything is open."


def template(slug: str = "essai", channel: str = "sms", kind: str = "information", **columns: object) -> Template:
    """A loaded wording."""
    text = {"body": "Bonjour", "source": "assumption: essai", "loaded_at": AT, "loaded_by": "test"}
    return Template.objects.create(slug=slug, channel=channel, kind=kind, **{**text, **columns})


def person(*points: str, **columns: object) -> Person:
    """Somebody of the Ain with these contact points, each `kind` or `kind:value`."""
    usual = {"family_name": "Martin", "given_names": "Jeanne", "departement_code": "01", "postcode": "01000"}
    made = Person.objects.create(**{**usual, "birth_date": date(1940, 5, 17), **columns})
    for point in points:
        kind, _, value = point.partition(":")
        ContactPoint.objects.create(person=made, kind=kind, value=value or _value(kind, made.pk))
    return made


def _value(kind: str, number: int) -> str:
    return {"email": f"p{number}@exemple.fr", "postal": "12 rue des Lilas"}.get(kind, f"+336399{number:06d}")


def message(to: Person, *, channel: str = "sms", slug: str = "essai", on: date = MONDAY, **columns: object) -> Message:
    """A message that waits since that day."""
    cause = {"cause_kind": "trial", "cause_id": Message.objects.count() + 1}
    return Message.objects.create(
        person=to, channel=channel, template=slug, created_on=on, send_after=on, **{**cause, **columns}
    )


def was_sent(to: Person, ago: timedelta, *, channel: str = "sms", slug: str = "essai", **columns: object) -> Message:
    """A message that left so long before AT."""
    return message(to, channel=channel, slug=slug, status="sent", sent_at=AT - ago, **columns)
