"""The answer to who came second: what they typed is kept, and one key takes another hour of the same place (AP-04, PF-04)."""

from __future__ import annotations

from http import HTTPStatus

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from allant import clock
from allant.appointments.online import other_hours

MOST = 6


def taken_page(request: HttpRequest, slot: int, form: forms.Form, refusal: str) -> HttpResponse:
    """In a crowd most visitors see it: no field is drawn, only carried over."""
    # The second injection is chosen again with the hour of the first.
    typed = [(name, request.POST[name]) for name in form.fields if name in request.POST and name != "second"]
    context = {
        "title": "Ce créneau n’est plus libre", "refusal": refusal, "typed": typed,
        "others": other_hours(slot, at=clock.now(), most=MOST),
    }  # fmt: skip
    return render(request, "appointments/taken.html", context, status=HTTPStatus.CONFLICT)
