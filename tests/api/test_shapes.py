"""VC-61: the quick reading lets nothing in that FHIR R4 refuses, and reads it as the slow one does."""

from __future__ import annotations

import copy
import json
import random
from datetime import date
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.immunization import Immunization as FhirImmunization
from hypothesis import given
from hypothesis import strategies as st

from allant.api.fhir import judging, shapes
from allant.api.fhir.outcomes import Refusal
from allant.api.fhir.reading import read

WHOLE: dict[str, Any] = {
    "resourceType": "Immunization",
    "id": "abc-1.2",
    "meta": {"versionId": "1", "profile": ["https://example.org/profil"], "source": "urn:x"},
    "identifier": [{"use": "official", "type": {"text": "acte"}, "system": "urn:test", "value": "1"}],
    "status": "completed",
    "statusReason": {"text": "motif"},
    "vaccineCode": {
        "coding": [{"system": "http://hl7.org/fhir/sid/cvx", "version": "1", "code": "208", "display": "x"}],
        "text": "Comirnaty",
    },
    "patient": {"reference": "Patient/1", "type": "Patient", "display": "Camille"},
    "occurrenceDateTime": "2021-06-01",
    "primarySource": False,
    "reportOrigin": {"coding": [{"code": "recall"}], "text": "Carnet"},
    "location": {"reference": "Location/1"},
    "manufacturer": {"display": "Pfizer"},
    "lotNumber": "EX0001",
    "expirationDate": "2021-08-31",
    "site": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActSite", "code": "LA"}]},
    "route": {"coding": [{"code": "IM"}]},
    "performer": [
        {
            "function": {"coding": [{"code": "AP"}]},
            "actor": {"identifier": {"system": "https://rpps.esante.gouv.fr", "value": "1"}},
        }
    ],
    "protocolApplied": [
        {"series": "primary", "targetDisease": [{"text": "Covid-19"}], "doseNumberPositiveInt": 1, "seriesDosesPositiveInt": 2}
    ],
}
ODD = [
    None,
    "",
    " ",
    "x",
    "é",
    "\n",
    "a b",
    "a  b",
    " a",
    "a ",
    "a\n",
    "٣",
    "²",
    "1",
    "true",
    "2021-06-01",
    "2021-02-29",
    "2021-06",
    "2021",
    "2021-06-01T10:00:00Z",
    "2021-06-01T10:00",
    "2021-6-1",
    "20210601",
    "0000-01-01",
    "9999-12-31",
    "x" * 70,
    "urn:oid:1.2.3",
    "a\u00a0b",
    "\u2028",
    "\u0007",
    "🙂",
    0,
    1,
    -1,
    1.0,
    1.5,
    10**20,
    2**31,
    True,
    False,
    [],
    {},
    [None],
    [1],
    {"x": 1},
    [[]],
    [{}],
    {"text": "x"},
    [{"coding": []}],
    {"extension": []},
    {"extension": [{"url": "urn:x", "valueString": "y"}]},
]


def places(value: Any, here: tuple = ()) -> list[tuple]:
    """Every place of a JSON value."""
    found = [here] if here else []
    if isinstance(value, dict):
        for name, part in value.items():
            found += places(part, (*here, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            found += places(part, (*here, index))
    return found


PLACES = places(WHOLE)
NAMES = sorted(
    {str(place[-1]) for place in PLACES if isinstance(place[-1], str)} | {"occurrenceString", "zz", "_status", "doseNumberString"}
)


def mutated(chooser: random.Random) -> dict[str, Any]:
    """The whole resource with one to three faults, or fewer elements."""
    resource = copy.deepcopy(WHOLE)
    for _ in range(chooser.choice((1, 1, 1, 2, 3))):
        place = chooser.choice(PLACES)
        try:
            holder: Any = resource
            for step in place[:-1]:
                holder = holder[step]
            action = chooser.randrange(4)
            if action == 0:
                holder[place[-1]] = copy.deepcopy(chooser.choice(ODD))
            elif action == 1:
                del holder[place[-1]]
            elif action == 2 and isinstance(holder, dict):
                holder[chooser.choice(NAMES)] = copy.deepcopy(chooser.choice(ODD))
            elif isinstance(holder[place[-1]], list):
                holder[place[-1]] = holder[place[-1]] * chooser.choice((0, 2))
        except (KeyError, IndexError, TypeError):
            continue
    return resource


def quick(body: bytes) -> shapes.Immunization | None:
    try:
        return shapes.immunization.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def slow(body: bytes) -> shapes.Immunization | Refusal:
    try:
        return judging._slowly(body)
    except Refusal as error:
        return error


def compare(resource: dict[str, Any]) -> bool:
    """Whether the quick way let it in; whatever it let in, FHIR lets in and the slow way reads the same."""
    body = json.dumps(resource).encode()
    found = quick(body)
    if found is None:
        return False
    FhirImmunization.model_validate(resource)
    other = slow(body)
    assert not isinstance(other, Refusal), (resource, other.issues)
    known_on = date(2021, 6, 30)
    one, two = said(found, known_on), said(other, known_on)
    assert one == two, resource
    return True


def said(resource: shapes.Immunization, known_on: date) -> object:
    """What the register would hold, or why it would not."""
    try:
        received = read(resource, client="essai", known_on=known_on)
    except Refusal as error:
        return [(issue.code, issue.expression) for issue in error.issues]
    kept = {name: getattr(received, name) for name in received.__slots__}
    return {name: (value.pk, value.number) if hasattr(value, "number") else value for name, value in kept.items()}


def test_the_whole_resource_goes_the_quick_way() -> None:
    assert compare(WHOLE)


def test_both_ways_agree_on_thousands_of_faulty_resources() -> None:
    """VC-61: 5 000 mutated resources, always the same ones."""
    chooser = random.Random(20210601)
    let_in = sum(compare(mutated(chooser)) for _ in range(5_000))
    assert 500 < let_in < 4_500  # both kinds were met


@pytest.mark.long
@given(st.randoms(use_true_random=False))
def test_both_ways_agree_always(chooser: random.Random) -> None:
    """The same, for as long as wished."""
    for _ in range(50):
        compare(mutated(chooser))


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(str.encode)
    | st.dictionaries(st.text(), st.text()).map(lambda d: json.dumps(d).encode())
)
def test_any_bytes_are_refused_with_an_outcome(body: bytes) -> None:
    for reader in (judging.read_immunization, judging.read_bundle):
        with pytest.raises(Refusal) as caught:
            reader(body)
        assert caught.value.status in (400, 422) and caught.value.issues
