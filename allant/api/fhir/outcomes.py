"""Answers: JSON of FHIR, and OperationOutcome in French for every refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpResponse

CONTENT_TYPE = "application/fhir+json; charset=utf-8"


@dataclass(frozen=True)
class Issue:
    """One thing to say: `code` of FHIR's IssueType, a French text, and the elements it is about."""

    code: str
    text: str
    expression: tuple[str, ...] = ()
    severity: str = "error"

    def as_fhir(self) -> dict[str, Any]:
        """The `OperationOutcome.issue`."""
        issue: dict[str, Any] = {"severity": self.severity, "code": self.code, "details": {"text": self.text}}
        if self.expression:
            issue["expression"] = list(self.expression)
        return issue


class Refusal(Exception):
    """A request that cannot be done; the view answers with its status and OperationOutcome. It names no person."""

    def __init__(self, status: int, issues: Iterable[Issue], headers: Mapping[str, str] | None = None) -> None:
        self.status = int(status)
        self.issues = tuple(issues)
        self.headers = dict(headers or {})
        super().__init__("; ".join(issue.code for issue in self.issues))


def refusal(status: int, code: str, text: str, *expression: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """A refusal for one reason."""
    return Refusal(status, [Issue(code, text, expression)], headers)


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The resource OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [issue.as_fhir() for issue in issues]}


def answer(resource: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A resource as an HTTP answer that no cache keeps; None gives an empty body."""
    body = msgspec.json.encode(resource) if resource is not None else b""
    response = HttpResponse(body, status=int(status), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def refused(error: Refusal) -> HttpResponse:
    """The answer to a refused request. Django does not log its address: a number may stand in it."""
    response = answer(outcome(error.issues), error.status, error.headers)
    vars(response)["_has_been_logged"] = True
    return response
