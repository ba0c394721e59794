"""The pages below are about one person: whoever is signed in. A view so declared receives their record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from allant.pages.insured.identity import own_person


def for_own_person(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the record of the signed-in person; who has none yet is sent to prove who they are."""

    @wraps(view)
    def with_person(request: HttpRequest, **asked: Any) -> HttpResponse:
        person = own_person(request)
        return redirect("insured_identity") if person is None else view(request, person, **asked)

    return with_person
