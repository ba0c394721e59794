"""What a mail carries to be known again: its Message-ID and its link out, both signed, neither naming anybody."""

from __future__ import annotations

import re

from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

_NAME = re.compile(r"<?allant\.(\d{1,18})\.([0-9a-f]{24})@")


class BadLink(ValueError):
    """A link that this installation did not sign; says so in French."""


def message_id(number: int, domain: str) -> str:
    """The Message-ID of a message: the same each time it is composed, so that a copy is known as one."""
    return f"<allant.{number}.{_mark(number)}@{domain}>"


def read_message_id(text: str) -> int | None:
    """The message that a Message-ID names, None when it is not ours."""
    found = _NAME.search(text)
    if found is None:
        return None
    number = int(found[1])
    return number if constant_time_compare(found[2], _mark(number)) else None


def _mark(number: int) -> str:
    return salted_hmac("allant.outreach.email", str(number), algorithm="sha256").hexdigest()[:24]


def _signer() -> Signer:
    return Signer(sep="~", salt="allant.outreach.unsubscribe")


def link_token(number: int) -> str:
    """The token of the link out of a message."""
    return _signer().sign(str(number))


def read_link(token: str) -> int:
    """The message of a link out. Raises BadLink."""
    try:
        return int(_signer().unsign(token))
    except (BadSignature, ValueError):
        raise BadLink("Ce lien n'est pas complet : ouvrez-le depuis le courriel reçu.") from None
