"""« Mon rappel »: when the booster is possible, until when the pass holds, by which rules (RP-03). Nothing is kept or logged."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import public
from allant.doctrine import DoctrineError
from allant.pages.recall.forms import CalculatorForm
from allant.recall.agenda import reminder as agenda
from allant.recall.rule import Recall, recall

RIGHT_TO_LEFT = {"ar"}


def in_asked_language(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer in the language of `langue`, French when it is none of the site's."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        asked = request.POST.get("langue") or request.GET.get("langue", "")
        with translation.override(asked if asked in dict(settings.LANGUAGES) else "fr"):
            return view(request)

    return answer


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@in_asked_language
def calculator(request: HttpRequest) -> HttpResponse:
    """The form, and under it the answer to what was sent."""
    form = CalculatorForm(request.POST or None, today=clock.today())
    found, refusal = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            found = _answer(form)
        except DoctrineError as error:
            refusal = str(error)
    status = 422 if form.errors or refusal else 200
    return render(request, "recall/calculator.html", _context(form, found) | {"refusal": refusal}, status=status)


@public
@never_cache
@sensitive_post_parameters()
@require_POST
@in_asked_language
def reminder(request: HttpRequest) -> HttpResponse:
    """The dates as a file for an agenda, computed again from the form: nothing was kept."""
    form = CalculatorForm(request.POST, today=clock.today())
    if not form.is_valid():
        return render(request, "recall/calculator.html", _context(form, None), status=422)
    found = _answer(form)
    days = [(found.booster_from, _("Rappel contre le Covid-19 possible")), (found.pass_until, _("Fin du pass sans rappel"))]
    content = agenda([(day, title) for day, title in days if day], clock.now())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="mon-rappel.ics"'
    return response


def _answer(form: CalculatorForm) -> Recall:
    person, book = form.asked
    return recall(person, book.known_on, book)


def _context(form: CalculatorForm, found: Recall | None) -> dict[str, object]:
    language = translation.get_language()
    book = form.asked[1] if found else None
    return {
        "title": _("Mon rappel contre le Covid-19"),
        "form": form,
        "found": found,
        "languages": settings.LANGUAGES,
        "language": language,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "known_on": book.known_on if book else None,
        "used": [(book.rule(version.key).label, version) for version in found.rules] if found and book else [],
        "hidden": {name: form[name].value() for name in form.fields} if found else {},
    }
