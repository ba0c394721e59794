"""The téléservice's own form, for `pf02_http.py`: accounts signed in, files opened, eligibilities validated, and one POST a dose.

What is timed is the last key of a dose: the form sent with `step=record`, as a browser sends it, cookies and CSRF token included;
and the whole journey of another dose: the form shown, checked, recorded, its summary shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from urllib.parse import urlencode

ACTS_AN_ACCOUNT = 60  # under the threshold of the volume watch
SECRET = "b" * 32  # a CSRF cookie, and its token
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


Stage = list[bytes]


def journeys(persons: Sequence[int], request: Callable[..., bytes], on: date) -> tuple[Stage, Stage, Stage, Callable[[], Stage]]:
    """What a browser sends for a first dose of each person: form, check, record; and, once recorded, what it asks next.

    Everything before them is done here: sessions, opened files, eligibilities.
    """
    from django.urls import reverse

    from allant.immunizations.actions import load_shipped_lots
    from allant.immunizations.models import Dose, Lot

    load_shipped_lots(by="bench")
    Lot.objects.get_or_create(vaccine="comirnaty", number="EK9788", defaults={"expires_on": date(2022, 6, 30)})
    cookies: dict[int, str] = {}
    for start in range(0, len(persons), ACTS_AN_ACCOUNT):
        theirs = persons[start : start + ACTS_AN_ACCOUNT]
        session = _signed_in(persons[0] + start // ACTS_AN_ACCOUNT, theirs, on)
        cookies |= dict.fromkeys(theirs, f"Cookie: sessionid={session}; csrftoken={SECRET}\r\n")
    forms, checks, records = [], [], []
    for person in persons:
        values, address = _values(on), reverse("teleservice_dose_entry", args=[person])
        forms.append(request("GET", address, b"", cookies[person]))
        for step, stage in (("check", checks), ("record", records)):
            stage.append(request("POST", address, urlencode({**values, "step": step}).encode(), FORM + cookies[person]))

    def summaries() -> Stage:
        doses = Dose.objects.filter(person__in=persons).values_list("person", "pk")
        return [request("GET", reverse("teleservice_dose", args=[one, dose]), b"", cookies[one]) for one, dose in doses]

    return forms, checks, records, summaries


def _signed_in(number: int, persons: Sequence[int], on: date) -> str:
    """A doctor's session with the files of these persons open and their eligibility validated; its key."""
    from django.test import Client

    from allant.pages.professional import opening
    from allant.people.models import Person
    from allant.vaccination.eligibility import declare_eligibility
    from tests.pages.teleservice import signed_in
    from tests.vaccination.builders import declaration

    client = Client()
    user = signed_in(client, username=f"pro-sante-connect:{number}", rpps=f"9990{number:07d}", structures=(f"R{number:06d}",))
    for person in persons:
        declare_eligibility(
            person=Person.objects.get(pk=person), declaration=declaration(prescribed_on=on), declarant=user.practitioner,
            organisation=None, structure_name="Cabinet", source_key=f"bench:{person}", by=user.username, today=on,
        )  # fmt: skip
    session = client.session
    session[opening.SESSION_KEY] = {str(person): "nir" for person in persons}
    session.save()
    return str(session.session_key)


def _values(on: date) -> dict[str, str]:
    return {
        "csrfmiddlewaretoken": SECRET, "step": "record", "source_key": str(uuid.uuid4()), "vaccine": "comirnaty", "lot": "EK9788",
        "site": "deltoide_gauche", "occurred_on": on.isoformat(), "dose_number": "1", "place_kind": "cabinet",
        "place_name": "Cabinet Delmas", "postcode": "35000", "commune_code": "", "am_number": "", "forced_reason": "",
    }  # fmt: skip
