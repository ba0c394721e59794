"""The examples of docs/how-to/fhir.md are executed, in order, and answered as written."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from allant.api import clients
from allant.directory.models import Organisation, Practitioner
from allant.people.models import Person
from allant.site.home import CLONE
from tests.api.conftest import NIR

DOCUMENT = CLONE / "docs" / "how-to" / "fhir.md"
EXAMPLE = re.compile(r"```http\n(.*?)\n```\n\n```json\n(.*?)\n```", re.DOTALL)


@pytest.mark.django_db
def test_every_example_works(
    client: Client, organisation: Organisation, practitioner: Practitioner, patient: Person, today: object
) -> None:
    """VC-61."""
    _, secret = clients.create_client(name="logiciel-cabinet", organisation=organisation, by="test")
    values = {"secret": secret, "nir": NIR}
    examples = EXAMPLE.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(examples) == 5
    for asked, expected in examples:
        for name, value in values.items():
            asked = asked.replace(f"{{{{{name}}}}}", value)
        head, _, body = asked.partition("\n\n")
        line, *lines = head.splitlines()
        method, path = line.split()
        headers = dict(one.split(": ", 1) for one in lines)
        answer = client.generic(method, path, body, content_type=headers.pop("Content-Type"), headers=headers)
        assert answer.status_code < 300, (line, answer.content)
        content = answer.json()
        assert content | json.loads(expected) == content, (line, content)
        values |= learnt(content)


def learnt(content: dict) -> dict[str, str]:
    """What the next examples need."""
    if token := content.get("access_token"):
        return {"token": token}
    if content.get("type") == "searchset":
        return {"patient": f"Patient/{content['entry'][0]['resource']['id']}"}
    if content.get("type") == "batch-response":
        second = content["entry"][0]["response"]["location"].partition("/_history")[0]
        return {"second": second, "second_id": second.partition("/")[2]}
    return {}
