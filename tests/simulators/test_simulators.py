"""The simulators: real processes, French pages, PKCE enforced, nothing of the product in them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from allant.simulators.accounts import FOLDER, BadAccounts, load_accounts
from tests.simulators.processes import simulator

NAMES = ("agency", "pro_sante_connect", "partners", "france_connect")
BACK = "http://127.0.0.1/retour"
ASK = f"/oauth2/authorize?client_id=allant&redirect_uri={BACK}&response_type=code&scope=openid&state=e&nonce=n"


@pytest.mark.parametrize("name", NAMES)
def test_each_simulator_answers_and_lists_its_accounts(name: str) -> None:
    with simulator(name) as address:
        found = requests.get(f"{address}/.well-known/openid-configuration", timeout=10).json()
        assert found["issuer"] == address and found["end_session_endpoint"]
        page = requests.get(f"{address}{ASK}&code_challenge=x{'y' * 42}&code_challenge_method=S256", timeout=10).text
        assert "Choisir un compte de démonstration" in page
        for account in load_accounts(FOLDER / f"{name}.yaml").accounts:
            assert account.sub in page


def test_only_the_loopback_address_is_listened_to() -> None:
    """A server open to every interface would answer on the machine's other addresses, 127.0.0.2 among them."""
    with simulator("agency") as address:
        elsewhere = address.replace("127.0.0.1", "127.0.0.2")
        with pytest.raises(requests.ConnectionError):
            requests.get(elsewhere, timeout=10)


def test_unknown_accounts_and_missing_pkce_are_refused_in_french() -> None:
    with simulator("agency") as address:
        with_pkce = f"{address}{ASK}&code_challenge={'y' * 43}&code_challenge_method=S256"
        answer = requests.post(with_pkce, data={"sub": "inconnu"}, timeout=10)
        assert answer.status_code == 400 and "Compte inconnu" in answer.text
        answer = requests.get(f"{address}{ASK}", timeout=10)
        assert answer.status_code == 400 and "PKCE exigé" in answer.text


def test_a_code_without_its_verifier_gives_no_token() -> None:
    with simulator("agency") as address:
        with_pkce = f"{address}{ASK}&code_challenge={'y' * 43}&code_challenge_method=S256"
        back = requests.post(with_pkce, data={"sub": "agent-0001"}, allow_redirects=False, timeout=10).headers["Location"]
        code = back.split("code=")[1].split("&")[0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": "allant",
            "redirect_uri": BACK,
        }
        answer = requests.post(f"{address}/oauth2/token", data=form | {"code_verifier": "z" * 43}, timeout=10)
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_grant"


def test_help_has_an_example() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "allant.simulators.agency", "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Exemple : allant simulate agency --port 9401" in done.stdout


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("accounts: []", "title"),
        ("title: t\nservice: s\naccounts: [{sub: a}]", "illisibles"),
        (
            "title: t\nservice: s\naccounts: [{sub: a, name: A, label: l, claims: {}}, {sub: a, name: C, label: m, claims: {}}]",
            "identifiant en double : a",
        ),
        ("[", "illisibles"),
    ],
)
def test_a_bad_file_of_accounts_is_explained(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "comptes.yaml"
    path.write_text(content)
    with pytest.raises(BadAccounts, match=reason):
        load_accounts(path)


def test_the_product_and_the_simulators_never_import_each_other() -> None:
    root = FOLDER.parents[1]
    for path in root.rglob("*.py"):
        imported = [
            node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        inside = path.is_relative_to(root / "simulators")
        for name in imported:
            if name.startswith("allant.simulators"):
                assert inside, path
            elif name.startswith("allant"):
                assert not inside, path
