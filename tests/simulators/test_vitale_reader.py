"""The simulated carte Vitale reader: the documented port, its refusals, its page (VC-05)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests

from allant.people.matricule import parse
from allant.simulators.cards import BadCards, load_cards
from tests.simulators.processes import simulator

SITE = "http://127.0.0.1:8000"
DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "carte-vitale.md"


def read(address: str, **headers: str) -> requests.Response:
    return requests.get(f"{address}/v1/card", headers=headers, timeout=10)


def test_vc05_a_card_is_read_as_the_document_says() -> None:
    """VC-05: no card, a card, an unreadable one; the documented example is what the port answers."""
    example = json.loads(re.search(r"```json\n(.*?)```", DOCUMENT.read_text(), re.S)[1])  # type: ignore[index]
    with simulator("vitale_reader", "--origin", SITE) as address:
        assert (read(address).status_code, read(address).json()) == (404, {"error": "no_card"})
        requests.post(f"{address}/insert", data={"serial": "9900000002"}, timeout=10)
        found = read(address, Origin=SITE)
        assert found.json().keys() == example.keys() and found.json()["nir"] == example["nir"]
        assert [one for one in found.json()["beneficiaries"] if one in example["beneficiaries"]] == example["beneficiaries"]
        assert found.headers["Access-Control-Allow-Origin"] == SITE and found.headers["Cache-Control"] == "no-store"
        requests.post(f"{address}/insert", data={"serial": "9900000003"}, timeout=10)
        assert (read(address).status_code, read(address).json()) == (422, {"error": "unreadable"})
        requests.post(f"{address}/remove", timeout=10)
        assert read(address).status_code == 404


def test_vc05_another_site_reads_nothing_and_inserts_nothing() -> None:
    """VC-05: an origin not named, a rebound host name, a form sent from elsewhere."""
    elsewhere = "https://ailleurs.example"
    with simulator("vitale_reader", "--origin", SITE) as address:
        requests.post(f"{address}/insert", data={"serial": "9900000001"}, timeout=10)
        answer = read(address, Origin=elsewhere)
        assert answer.status_code == 403 and "Access-Control-Allow-Origin" not in answer.headers
        assert read(address, Host="ailleurs.example").status_code == 403
        assert requests.post(f"{address}/remove", headers={"Origin": elsewhere}, timeout=10).status_code == 403
        assert requests.post(f"{address}/remove", headers={"Origin": SITE}, timeout=10).status_code == 403
        assert read(address).status_code == 200


def test_the_shipped_cards_bear_well_formed_numbers() -> None:
    assert [parse(card.nir).valid for card in load_cards()] == [True, True, False]


@pytest.mark.parametrize(
    "content",
    ["cards: 3", "other: []", "[", "cards: [{serial: a, nir: b}]", "cards: [{serial: a, nir: b, beneficiaries: [{x: 1}]}]"],
)
def test_unreadable_cards_are_refused_in_french(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cartes.yaml"
    path.write_text(content)
    with pytest.raises(BadCards, match="Attendu : cards"):
        load_cards(path)


def test_two_cards_with_one_serial_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cartes.yaml"
    path.write_text("cards: [{serial: a, nir: b, beneficiaries: []}, {serial: a, nir: c, beneficiaries: []}]")
    with pytest.raises(BadCards, match="numéro de série"):
        load_cards(path)
