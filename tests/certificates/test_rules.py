"""RP-11: CertLogic with what the engine lacked, and the French rules, which agree with the booster calculator."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from allant.certificates.business_rules import SHIPPED, UnreadableRules, read_rules
from allant.certificates.certlogic import LogicError, evaluate
from allant.certificates.envelope import Claims
from allant.certificates.verify_commands import app
from allant.doctrine import rules
from allant.recall.rule import Vaccinated, recall
from tests.certificates.builders import authority, issued, negative_test, recovery, vaccination

FRENCH = read_rules(SHIPPED)
MADE = datetime(2021, 6, 1, tzinfo=UTC)
JANSSEN = "EU/1/20/1525"


def clock(at: str) -> dict[str, Any]:
    return {"external": {"validationClock": at}}


MINOR = {
    "after": [{"dccDateOfBirth": [{"var": "payload.dob"}]}, {"plusTime": [{"var": "external.validationClock"}, -18, "year"]}]
}


@pytest.mark.parametrize(
    ("born", "at", "minor"),
    [
        ("2003-12-01", "2021-11-30T23:59:59.999Z", True), ("2003-12-01", "2021-12-01T00:00:00Z", False),
        ("2003-12", "2021-12-30T12:00:00Z", True), ("2003-12", "2021-12-31T00:00:00Z", False),
        ("2003", "2021-12-30T12:00:00Z", True), ("2003", "2021-12-31T12:00:00Z", False),
        ("2004-02", "2022-02-27T12:00:00Z", True), ("2004-02-29", "2022-03-01T00:00:00Z", False),
    ],
)  # fmt: skip
def test_rp11_a_birth_date_may_be_partial(born: str, at: str, minor: bool) -> None:
    """RP-11: the last day it can be, so that nobody is older than they may be."""
    assert evaluate(MINOR, {"payload": {"dob": born}, **clock(at)}) is minor


@pytest.mark.parametrize(
    ("text", "amount", "unit", "expected"),
    [
        ("2020-02-29", 1, "day", "2020-03-01"), ("2020-02-29", 1, "month", "2020-03-29"), ("2020-02-29", 1, "year", "2021-03-01"),
        ("2021-01-31", 1, "month", "2021-03-03"), ("2021-03-31", -1, "month", "2021-03-03"),
        ("2021-12-15", 2, "month", "2022-02-15"),
        ("2004", 0, "day", "2004-12-31"), ("2004-02", 0, "day", "2004-02-29"), ("2003-02", 18, "year", "2021-02-28"),
    ],
)  # fmt: skip
def test_rp11_times_are_added_as_the_specification_says(text: str, amount: int, unit: str, expected: str) -> None:
    """RP-11: partial dates, leap days, months that are too short."""
    assert evaluate({"plusTime": [text, amount, unit]}, {}) == datetime.fromisoformat(f"{expected}T00:00:00+00:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-05-04T13:37:42", "2021-05-04T13:37:42+00:00"), ("2021-05-04T13:37:42Z", "2021-05-04T13:37:42+00:00"),
        ("2021-05-04T13:37:42+1", "2021-05-04T12:37:42+00:00"), ("2021-05-04T13:37:42-0330", "2021-05-04T17:07:42+00:00"),
        ("2021-05-04T13:37:42.4711+02:00", "2021-05-04T11:37:42.471+00:00"),
    ],
)  # fmt: skip
def test_rp11_instants_of_every_form(text: str, expected: str) -> None:
    """RP-11."""
    assert evaluate({"plusTime": [text, 0, "hour"]}, {}) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("expression", "data", "expected"),
    [
        ({"and": [{"var": "a"}, {"plusTime": ["no date", 0, "day"]}]}, {"a": ""}, ""),
        ({"if": [{"var": "a.0"}, 1, 2]}, {"a": []}, 2), ({"in": [None, {"var": "y"}]}, {"y": ["a"]}, False),
        ({"extractFromUVCI": [{"var": "ci"}, 1]}, {"ci": "URN:UVCI:01:FR:AB/C#D"}, "FR"),
        ({"extractFromUCI": [{"var": "ci"}, 3]}, {"ci": "URN:UVCI:01:FR:AB/C#D"}, "C"),
        ({"===": [{"reduce": [{"var": "v"}, {"+": [{"var": "accumulator"}, {"var": "current"}]}, 0]}, 3]}, {"v": [1, 2]}, True),
        ({"!": [{"var": "nothing"}]}, {}, True), ({">": [{"var": "dn"}, 1, 0]}, {"dn": 2}, True),
    ],
)  # fmt: skip
def test_rp11_the_rest_of_the_language(expression: Any, data: Any, expected: Any) -> None:
    """RP-11."""
    assert evaluate(expression, data) == expected


def deep(levels: int) -> Any:
    found: Any = True
    for _ in range(levels):
        found = {"!": [found]}
    return found


@pytest.mark.parametrize(
    "expression",
    [
        {"after": ["2021-01-01", "2020-01-01"]}, {"plusTime": ["hier", 1, "day"]}, {"plusTime": ["2021-01-01", 1.5, "day"]},
        {"plusTime": ["2021-01-01", 1, "week"]}, {"plusTime": ["2021-01-01", 10**9, "day"]}, {"plusTime": [None, 0, "day"]},
        {"dccDateOfBirth": [""]}, {"dccDateOfBirth": ["2021-13"]}, {"unknown": [1]},
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_rp11_an_expression_that_cannot_be_evaluated_is_an_error_of_its_own(expression: Any) -> None:
    """RP-11."""
    with pytest.raises(LogicError):
        evaluate(expression, {})


@pytest.mark.parametrize("levels", [60, 500, 100_000])
def test_rp11_an_expression_too_deep_is_refused_before_it_is_evaluated(levels: int) -> None:
    """RP-11."""
    with pytest.raises(LogicError):
        evaluate(deep(levels), {})


def claims(certificate: dict[str, Any]) -> Claims:
    return Claims("FR", MADE, MADE + timedelta(days=700), certificate)


def against(certificate: dict[str, Any], at: date | datetime) -> list[str]:
    ruling = FRENCH.ruling(claims(certificate), "FR", at)
    assert ruling.outcomes and not [outcome for outcome in ruling.outcomes if outcome.result == "open"]
    return [outcome.rule.identifier for outcome in ruling.against]


@pytest.mark.parametrize(
    ("certificate", "at", "refused"),
    [
        (vaccination(), date(2021, 8, 1), []),
        (vaccination(dt="2021-09-01"), date(2021, 9, 7), ["VR-FR-1003"]), (vaccination(dt="2021-09-01"), date(2021, 9, 8), []),
        (vaccination(mp=JANSSEN, dn=1, sd=1, dt="2021-08-01"), date(2021, 8, 28), ["VR-FR-1003"]),
        (vaccination(mp=JANSSEN, dn=1, sd=1, dt="2021-08-01"), date(2021, 8, 29), []),
        (vaccination(dn=1), date(2021, 8, 1), ["VR-FR-1002"]), (vaccination(mp="Sputnik-V"), date(2021, 8, 1), ["VR-FR-1001"]),
        (vaccination(tg="1"), date(2021, 8, 1), ["VR-FR-1000"]),
        (vaccination(dn=3, sd=3, dt="2021-12-10"), date(2021, 12, 10), []),
        (recovery(), date(2021, 9, 11), ["RR-FR-1001"]), (recovery(), date(2021, 9, 12), []),
        (recovery(), date(2022, 1, 1), []), (recovery(fr="2021-06-01"), date(2022, 1, 1), ["RR-FR-1001"]),
        (recovery(fr="2021-10-01"), date(2022, 2, 15), ["RR-FR-1001"]),
        (negative_test(), datetime(2021, 12, 2, 6, 29, tzinfo=UTC), []),
        (negative_test(), datetime(2021, 12, 2, 6, 31, tzinfo=UTC), ["TR-FR-1003"]),
        (negative_test(sc="2021-11-01T10:00:00Z"), datetime(2021, 11, 4, 9, tzinfo=UTC), []),
        (negative_test(tr="260373001"), datetime(2021, 12, 1, 9, tzinfo=UTC), ["TR-FR-1002"]),
        (negative_test(tt="LP0000-0"), datetime(2021, 12, 1, 9, tzinfo=UTC), ["TR-FR-1001"]),
    ],
)  # fmt: skip
def test_rp11_the_french_rules(certificate: dict[str, Any], at: date | datetime, refused: list[str]) -> None:
    """RP-11."""
    assert against(certificate, at) == refused


BIRTHS = st.dates(date(1930, 1, 1), date(2008, 12, 31)).filter(lambda day: day.day <= 28)


@given(BIRTHS, st.dates(date(2021, 1, 10), date(2022, 1, 5)), st.booleans(), st.integers(-2, 2))
def test_rp11_the_rules_refuse_when_the_calculator_says_that_the_pass_has_ended(
    born: date, last: date, janssen: bool, shift: int
) -> None:
    """RP-11, RP-01: the same values as the doctrine; asked the days around the end of the pass."""
    known_on = date(2022, 2, 15)
    book = rules.as_known_on(known_on)
    person = Vaccinated(born, "janssen" if janssen else "comirnaty", last)
    until = recall(person, known_on, book).pass_until or date(2022, 3, 1)
    at = max(until, date(2021, 12, 14)) + timedelta(days=shift)
    until = recall(person, at, book).pass_until or date.max  # age is that of the day asked about
    product = {"mp": JANSSEN, "dn": 1, "sd": 1} if janssen else {}
    found = against(vaccination(dt=last.isoformat(), **product) | {"dob": born.isoformat()}, at)
    ended = [identifier for identifier in found if identifier in ("VR-FR-1010", "VR-FR-1011", "VR-FR-1012")]
    assert bool(ended) is (at > until)


def test_rp11_every_value_of_the_french_rules_has_its_ground() -> None:
    """RP-11: rules are data, each with its source or its assumption."""
    for path in sorted(SHIPPED.rglob("*.json")):
        for rule in json.loads(path.read_text("utf-8")):
            assert rule.get("Source") or rule.get("Assumption"), rule["Identifier"]
            assert {text["lang"] for text in rule["Description"]} == {"fr", "en"}


def rule_file(folder: Path, name: str = "rule.json", **values: Any) -> Path:
    """A rule of Freedonia that asks for two doses."""
    rule = {
        "Identifier": "VR-ZZ-0001", "Type": "Acceptance", "Country": "ZZ", "Version": "1.0.0", "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC", "EngineVersion": "0.7.5", "CertificateType": "Vaccination", "ValidFrom": "2021-07-01T00:00:00Z",
        "ValidTo": "2022-07-01T00:00:00Z", "Description": [{"lang": "en", "desc": "Two doses."}], "AffectedFields": ["v.0.dn"],
        "Logic": {">=": [{"var": "payload.v.0.dn"}, 2]},
    } | values  # fmt: skip
    (folder / name).write_text(json.dumps(rule), "utf-8")
    return folder


def test_rp11_rules_of_another_country_are_loaded_from_a_folder(tmp_path: Path) -> None:
    """RP-11: the last valid version, value sets, and what an invalidation means."""
    rule_file(tmp_path)
    rule_file(tmp_path, "later.json", Version="1.1.0", ValidFrom="2021-12-01T00:00:00Z",
              Logic={">=": [{"var": "payload.v.0.dn"}, 3]})  # fmt: skip
    (tmp_path / "valuesets").mkdir()
    (tmp_path / "valuesets" / "makers.json").write_text(json.dumps({"valueSetValues": {"ORG-1": {"display": "X"}}}), "utf-8")
    rule_file(tmp_path, "maker.json", Identifier="IR-ZZ-0001", Type="Invalidation", CertificateType="General",
              Logic={"in": [{"var": "payload.v.0.ma"}, {"var": "external.valueSets.makers"}]})  # fmt: skip
    known = read_rules(tmp_path)
    assert known.ruling(claims(vaccination()), "ZZ", date(2021, 8, 1)).accepted
    assert not known.ruling(claims(vaccination()), "ZZ", date(2021, 12, 1)).accepted
    found = known.ruling(claims(vaccination(ma="ORG-1")), "ZZ", date(2021, 8, 1)).against
    assert [(each.rule.identifier, each.result) for each in found] == [("IR-ZZ-0001", "failed")]
    assert not known.ruling(claims(vaccination()), "XX", date(2021, 8, 1)).accepted


def test_rp11_a_rule_that_cannot_be_evaluated_is_open_and_accepts_nobody(tmp_path: Path) -> None:
    """RP-11."""
    known = read_rules(rule_file(tmp_path, Logic={"after": [{"var": "payload.v.0.dt"}, 3]}))
    ruling = known.ruling(claims(vaccination()), "ZZ", date(2021, 8, 1))
    assert [outcome.result for outcome in ruling.outcomes] == ["open"] and not ruling.accepted


@pytest.mark.parametrize(("name", "content"), [("rule.json", "{"), ("rule.json", '{"Logic": true}'), ("other.txt", "")])
def test_rp11_a_folder_that_cannot_be_read_names_the_file(tmp_path: Path, name: str, content: str) -> None:
    """RP-11."""
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(UnreadableRules, match=r"rule\.json|Aucune règle"):
        read_rules(tmp_path)


def command(*words: str) -> tuple[int, Any, str]:
    result = CliRunner().invoke(app, words)
    return result.exit_code, json.loads(result.stdout) if result.stdout.startswith("{") else result.stdout, result.stderr


def test_rp11_the_verification_command_answers_as_json(tmp_path: Path) -> None:
    """RP-11: signature and reasons apart; exit status 0 and 1."""
    trust = tmp_path / "trust.pem"
    trust.write_bytes(authority().pem)
    asked = ("verify", "--json", "--text", issued(vaccination()), "--trust", str(trust))
    code, answer, _ = command(*asked, "--at", "2021-12-01")
    assert (code, answer["signature_valid"], answer["reasons"]) == (0, True, []) and answer["certificate"] == vaccination()
    code, answer, _ = command(*asked, "--at", "2023-06-01")
    assert code == 1 and [reason["code"] for reason in answer["reasons"]] == ["key_expired", "expired"]
    code, answer, _ = command("verify", "--json", "--text", "HC1:", "--trust", str(trust), "--at", "2021-12-01")
    assert (code, answer["signature_valid"], answer["certificate"]) == (1, False, None) and answer["reasons"]
    trust.write_bytes(b"rien")
    assert command(*asked, "--at", "2021-12-01")[2].startswith("Le fichier de confiance")


def test_rp11_the_rules_command_answers_as_json(tmp_path: Path) -> None:
    """RP-11."""
    asked = ("rules", "--json", "--text", issued(vaccination()), "--country", "FR")
    code, answer, _ = command(*asked, "--rules", str(SHIPPED), "--at", "2021-08-01")
    assert (code, answer["accepted"], answer["reasons"]) == (0, True, []) and len(answer["results"]) == 4
    code, answer, _ = command(*asked, "--at", "2022-03-01")
    assert code == 1 and [reason["id"] for reason in answer["reasons"]] == ["VR-FR-1011"]
    code, answer, _ = command(*asked, "--rules", str(rule_file(tmp_path)), "--at", "2021-08-01")
    assert code == 1 and "Aucune règle" in answer["reasons"][0]["text"]
    hostile = ("rules", "--text", "bonjour", "--country", "FR", "--at", "2021-08-01")
    assert command(*hostile)[2].startswith("Ce texte n'est pas un certificat")
    code, answer, _ = command(*hostile, "--json")
    assert (code, answer["accepted"], answer["certificate"], answer["reasons"][0]["id"]) == (1, False, None, "prefix")
