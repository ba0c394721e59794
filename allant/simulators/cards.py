"""The demonstration cards of the carte Vitale reader, read from a YAML file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from allant.simulators.accounts import FOLDER

SHIPPED = FOLDER / "vitale_cards.yaml"


class BadCards(ValueError):
    """A file of cards that cannot be used; the text says what is wrong, in French."""


@dataclass(frozen=True)
class Beneficiary:
    """Somebody the card stands for; `birth_date` is an ISO date."""

    family_name: str
    given_names: str
    birth_date: str
    birth_rank: int = 1


@dataclass(frozen=True)
class Card:
    """A card: its serial number, the number of the holder of the rights (15 characters), those attached; or one nothing reads."""

    serial: str
    nir: str
    beneficiaries: tuple[Beneficiary, ...]
    readable: bool = True

    def content(self) -> dict[str, Any]:
        """What the port answers."""
        return {"serial": self.serial, "nir": self.nir, "beneficiaries": [asdict(one) for one in self.beneficiaries]}


def load_cards(path: Path = SHIPPED) -> tuple[Card, ...]:
    """The cards of a YAML file: `cards` (serial, nir, beneficiaries, readable). Raises BadCards."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["cards"]
        cards = tuple(_card(entry) for entry in entries)
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        expected = "cards (serial, nir, beneficiaries: family_name, given_names, birth_date, birth_rank)"
        raise BadCards(f"{path.name} : cartes illisibles ({error}). Attendu : {expected}.") from error
    serials = [card.serial for card in cards]
    if len(set(serials)) != len(serials):
        raise BadCards(f"{path.name} : deux cartes portent le même numéro de série. Donnez à chacune le sien.")
    return cards


def _card(entry: dict[str, Any]) -> Card:
    people = tuple(Beneficiary(**{**one, "birth_date": _iso(one["birth_date"])}) for one in entry["beneficiaries"])
    return Card(str(entry["serial"]), str(entry["nir"]), people, bool(entry.get("readable", True)))


def _iso(day: Any) -> str:
    """A date of the file, that YAML may have read already. Raises ValueError."""
    return date.fromisoformat(str(day)).isoformat()
