"""`allant serve` lets the simulators vouch for people of the demonstration's own country."""

from pathlib import Path

import pytest

from allant.cli import serve
from allant.country.insured_accounts import FILE
from allant.simulators.accounts import FOLDER, load_accounts


def test_the_accounts_of_the_country_are_given_to_the_simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLANT_HOME", str(tmp_path))
    assert serve._account_options("france-connect") == [], "without a country, the accounts shipped"
    (tmp_path / FILE).write_text((FOLDER / "france_connect.yaml").read_text())
    assert serve._account_options("france-connect") == ["--accounts", str(tmp_path / FILE)]
    assert serve._account_options("agency") == []
    assert load_accounts(tmp_path / FILE).accounts
