"""One e-mail: text and HTML of the same words, a Message-ID that names it, and a way out in one click (RFC 8058)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse

from allant.doctrine import RuleBook
from allant.outreach.emails.route import Route
from allant.outreach.emails.signing import link_token, message_id
from allant.outreach.kinds import MessageKind
from allant.outreach.models import Channel, Message, Template
from allant.outreach.readers import Reader, for_whom
from allant.outreach.templates import RIGHT_TO_LEFT, fill


class BadAddress(ValueError):
    """Not an e-mail address."""


def compose(
    message: Message, *, template: Template, values: Mapping[str, Any], address: str, kind: MessageKind, route: Route,
    book: RuleBook, on: date, reader: Reader | None = None,
) -> EmailMultiAlternatives:  # fmt: skip
    """The e-mail of a message; `reader`: the representative who reads it.

    Raises BadAddress; MissingVariable when its cause lends too little.
    """
    try:
        validate_email(address)
    except ValidationError:
        raise BadAddress from None
    subject, body = fill(template, values)
    body = for_whom(reader, template.language, Channel.EMAIL, on) + body
    link = _link(message) if kind.stops_at_refusal and (message.person_id or message.lent_address) else ""
    footer = _footer(template.language, book, on)
    text = "\n\n".join([body, "-- \n" + footer["automatic"], *([f"{footer['unsubscribe']} {link}"] if link else [])])
    mail = EmailMultiAlternatives(subject, text, route.sender, [address], headers=_headers(message, route, link))
    context = {
        "subject": subject, "body": body, "footer": footer, "link": link, "language": template.language,
        "right_to_left": template.language in RIGHT_TO_LEFT,
    }  # fmt: skip
    mail.attach_alternative(render_to_string("outreach_messages/email.html", context), "text/html")
    return mail


def _link(message: Message) -> str:
    return settings.ALLANT_ADDRESS + reverse("unsubscribe", kwargs={"token": link_token(message.pk)})


def _headers(message: Message, route: Route, link: str) -> dict[str, str]:
    headers = {"Message-ID": message_id(message.pk, route.domain), "Auto-Submitted": "auto-generated"}
    if link:
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def _footer(language: str, book: RuleBook, on: date) -> Mapping[str, str]:
    rows = {row["language"]: row for row in book.value("outreach.email_footer", on)}
    return rows.get(language, rows["fr"])
