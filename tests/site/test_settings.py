"""What the environment says, and what is refused."""

import logging
import stat
from pathlib import Path

import pytest
from django.test import Client

from allant.site import database, home
from allant.site.headers import content_policy
from allant.site.home import BadSetting
from allant.site.logs import DiscreetFormatter


def test_the_data_folder_is_the_users_or_the_clones(tmp_path: Path) -> None:
    assert home.folder({"ALLANT_HOME": str(tmp_path)}) == tmp_path
    assert home.folder({}) == home.CLONE / ".allant"


def test_a_fixed_day_is_a_date_or_refused() -> None:
    assert home.fixed_today({}) is None
    assert str(home.fixed_today({"ALLANT_TODAY": "2021-11-21"})) == "2021-11-21"
    with pytest.raises(BadSetting, match=r"« 21/11/2021 ».*2021-11-21"):
        home.fixed_today({"ALLANT_TODAY": "21/11/2021"})


def test_the_secret_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    key = home.secret_key(tmp_path / "new")
    assert len(key) >= 50 and home.secret_key(tmp_path / "new") == key
    assert stat.S_IMODE((tmp_path / "new" / "secret-key").stat().st_mode) == 0o600
    assert home.secret_key(tmp_path / "other") != key


def test_an_outside_database_by_its_address(tmp_path: Path) -> None:
    url = "postgresql://clerk:s%40fe@db.example:5433/allant?sslmode=verify-full"
    described = database.django_settings(tmp_path, {"DATABASE_URL": url})
    found = {word: described[word] for word in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    assert found == {"HOST": "db.example", "PORT": "5433", "USER": "clerk", "PASSWORD": "s@fe", "NAME": "allant"}
    assert described["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    "url", ["postgresql://clerk:secret@db.example:5432/x?sslmod=on", "not an address", "postgresql://clerk@db.example"]
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSetting, match="DATABASE_URL") as refusal:
        database.django_settings(tmp_path, {"DATABASE_URL": url})
    assert url not in str(refusal.value)


def test_without_an_address_the_embedded_server_is_meant_but_not_started(tmp_path: Path) -> None:
    described = database.django_settings(tmp_path, {})
    assert (described["NAME"], described["USER"]) == ("allant", "allant")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "secret", ["2840175123456", "2 84 01 75 123 456 89", "1 99 05 2A 004 123", "+33639981234", "06 39 98 12 34", "a.b@example.fr"]
)
def test_logs_mask_what_identifies_a_person(secret: str) -> None:
    record = logging.LogRecord("allant", logging.ERROR, "", 0, "refusé : %s, ligne 12", (secret,), None)
    text = DiscreetFormatter().format(record)
    assert secret not in text and "masqué" in text and "ligne 12" in text


def test_logs_mask_the_row_that_a_constraint_quotes() -> None:
    record = logging.LogRecord("django", logging.ERROR, "", 0, "duplicate key\nDETAIL:  Key (name)=(Durand) exists", None, None)
    assert "Durand" not in DiscreetFormatter().format(record)


def test_the_content_policy_forbids_foreign_and_inline_code() -> None:
    policy = content_policy(("https://connexion.example",))
    assert "unsafe" not in policy and "*" not in policy
    assert "form-action 'self' https://connexion.example" in policy


def test_every_answer_carries_the_security_headers(client: Client, db: None) -> None:
    answer = client.get("/sante/")
    assert answer["X-Frame-Options"] == "DENY" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin" and "default-src 'self'" in answer["Content-Security-Policy"]
