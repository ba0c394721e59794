"""The demonstration accounts of a simulator, read from its YAML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "demo"


class BadAccounts(ValueError):
    """A file of accounts that cannot be used; the text says what is wrong, in French."""


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in: `label` says who they are in the product's words."""

    sub: str
    name: str
    label: str
    claims: dict[str, Any]

    def all_claims(self) -> dict[str, Any]:
        """Those of the file and the standard ones of the name."""
        *given, family = self.name.removeprefix("Dr ").split(" ")
        return {"given_name": " ".join(given), "family_name": family, "name": self.name, **self.claims}


@dataclass(frozen=True)
class AccountList:
    """What a simulator shows."""

    title: str
    service: str
    accounts: tuple[Account, ...]


def load_accounts(path: Path) -> AccountList:
    """The accounts of one YAML file: `title`, `service`, `accounts` (sub, name, label, claims).

    Raises BadAccounts when a key is missing or two accounts share their `sub`.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        accounts = tuple(Account(**entry) for entry in content["accounts"])
        found = AccountList(content["title"], content["service"], accounts)
    except (KeyError, TypeError, yaml.YAMLError) as error:
        expected = "title, service, accounts (sub, name, label, claims)"
        raise BadAccounts(f"{path.name} : comptes illisibles ({error}). Attendu : {expected}.") from error
    subjects = [account.sub for account in accounts]
    double = {sub for sub in subjects if subjects.count(sub) > 1}
    if double:
        raise BadAccounts(f"{path.name} : identifiant en double : {', '.join(sorted(double))}. Donnez à chaque compte le sien.")
    return found
