"""A booking partner's system, over FHIR R4 (AP-06): its free slots, asking for one, finding what was asked, cancelling.

Partners are named in the setting `ALLANT_BOOKING_PARTNERS`: code → {"url": …, "token": …}; no address comes from a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from django.conf import settings

from allant.appointments import feeds

KEYS = "urn:allant:appointment"
"""The system of the identifiers that our requests bear: a partner that sees one again has already answered it."""
TIMEOUT = (2.0, 5.0)  # seconds to connect, then to be answered: an agent is on the telephone
MOST = 200


class PartnerDown(RuntimeError):
    """The partner cannot be asked now: nothing was sent, or nothing can be said of what is free."""


class AnswerLost(RuntimeError):
    """The request left and no answer came: whether the slot is taken is unknown until it is asked again."""


class Refused(ValueError):
    """The partner said no; the message is its own, or says that the slot is taken."""


@dataclass(frozen=True)
class PartnerSlot:
    """A free slot in a partner's calendar."""

    reference: str
    starts_at: datetime
    minutes: int
    vaccine: str


@dataclass(frozen=True)
class Connector:
    """One partner. Every call may raise PartnerDown."""

    code: str
    url: str
    token: str = ""

    def free_slots(self, place_reference: str, not_before: datetime, until: datetime) -> list[PartnerSlot]:
        """The free slots of one of its places, earliest first."""
        answer = self._send("GET", "/Slot", params={
            "schedule.actor": place_reference, "status": "free", "start": [f"ge{_utc(not_before)}", f"lt{_utc(until)}"],
            "_sort": "start", "_count": str(MOST),
        })  # fmt: skip
        return [_slot(resource) for resource in _entries(self._content(answer))]

    def ask(self, key: str, slot_reference: str, *, comment: str = "") -> str:
        """Ask for a slot; its reference once booked. The same key asked again is the same booking.

        Raises PartnerDown (nothing was sent), AnswerLost (unknown), Refused.
        """
        resource = {
            "resourceType": "Appointment", "status": "booked", "identifier": [{"system": KEYS, "value": key}],
            "slot": [{"reference": slot_reference}], "comment": comment,
            "participant": [{"status": "accepted", "actor": {"display": "Assuré"}}],
        }  # fmt: skip
        condition = {"If-None-Exist": f"identifier={KEYS}|{key}"}
        answer = self._send("POST", "/Appointment", json=resource, headers=condition, writes=True)
        if answer.status_code in (409, 412, 422):
            raise Refused("Ce créneau vient d'être pris chez le partenaire : choisissez-en un autre.")
        return f"Appointment/{self._content(answer, writes=True)['id']}"

    def asked(self, key: str) -> list[str]:
        """The bookings it holds for a key, those cancelled left out: none, one, or two when it answered twice."""
        answer = self._send("GET", "/Appointment", params={"identifier": f"{KEYS}|{key}"})
        found = _entries(self._content(answer))
        return [f"Appointment/{each['id']}" for each in found if each.get("status") != "cancelled"]

    def cancel(self, reference: str) -> None:
        """Cancel a booking; one cancelled already stays so. Raises AnswerLost."""
        body = [{"op": "replace", "path": "/status", "value": "cancelled"}]
        headers = {"Content-Type": "application/json-patch+json"}
        answer = self._send("PATCH", f"/{reference}", json=body, headers=headers, writes=True)
        if answer.status_code not in (200, 204, 404, 410):
            raise AnswerLost(f"Le partenaire {self.code} a répondu {answer.status_code} à une annulation.")

    def _send(self, method: str, path: str, *, writes: bool = False, **options: Any) -> requests.Response:
        headers = {"Accept": "application/fhir+json", **options.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            answer = requests.request(
                method, self.url.rstrip("/") + path, headers=headers, timeout=TIMEOUT, allow_redirects=False, **options
            )
        except requests.RequestException as lost:
            feeds.failed(self.code, f"aucune réponse ({type(lost).__name__})")
            if writes and not isinstance(lost, requests.ConnectTimeout) and not _never_left(lost):
                raise AnswerLost(f"Le partenaire {self.code} n'a pas répondu.") from lost
            raise PartnerDown(f"Le partenaire {self.code} ne répond pas.") from lost
        if answer.status_code >= 500:
            feeds.failed(self.code, f"réponse {answer.status_code}")
        else:
            feeds.answered(self.code)
        return answer

    def _content(self, answer: requests.Response, *, writes: bool = False) -> dict[str, Any]:
        kind = AnswerLost if writes else PartnerDown
        if answer.status_code not in (200, 201):
            raise kind(f"Le partenaire {self.code} a répondu {answer.status_code}.")
        try:
            content = answer.json()
        except ValueError as unreadable:
            feeds.failed(self.code, "réponse illisible")
            raise kind(f"La réponse du partenaire {self.code} est illisible.") from unreadable
        if not isinstance(content, dict):
            raise kind(f"La réponse du partenaire {self.code} n'est pas une ressource FHIR.")
        return content


def connector_for(code: str) -> Connector:
    """The partner of that code. Raises PartnerDown when the installation names none."""
    partners: Mapping[str, Mapping[str, str]] = getattr(settings, "ALLANT_BOOKING_PARTNERS", {})
    if code not in partners:
        raise PartnerDown(f"Le partenaire {code} n'est pas configuré.")
    return Connector(code, partners[code]["url"], partners[code].get("token", ""))


def _never_left(error: requests.RequestException) -> bool:
    """Whether the connection itself was refused: urllib3 says so of a new connection only."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")


def _entries(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle.get("entry", []) if isinstance(entry.get("resource"), dict)]


def _slot(resource: Mapping[str, Any]) -> PartnerSlot:
    try:
        starts, ends = (datetime.fromisoformat(resource[name]) for name in ("start", "end"))
        codes = [coding["code"] for kind in resource.get("serviceType", []) for coding in kind.get("coding", [])]
        minutes = int((ends - starts).total_seconds() // 60)
        return PartnerSlot(f"Slot/{resource['id']}", starts, minutes, codes[0] if codes else "")
    except (KeyError, TypeError, ValueError) as wrong:
        raise PartnerDown("Un créneau du partenaire est illisible.") from wrong


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
