"""Mails to professionals (TG-13): the list with what a change of doctrine drafted, one mail read and edited, its approval."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import ProfessionalMailing
from allant.campaigns.professionals.audience import Audience, Found, UnknownCriterion, find, read_audience, sentence
from allant.campaigns.professionals.mailings import (
    CAUSE,
    MailingRefused,
    abandon_mailing,
    approve_mailing,
    draft_newsletter,
    write_mailing,
)
from allant.doctrine import RuleBook, rules
from allant.outreach.models import Message
from allant.pages.campaigns.professional_forms import Approval, MailingForm, NewsletterForm, initial_of
from allant.pages.campaigns.wording import Badge

MAILINGS_A_PAGE = 25
ROWS_SHOWN = 12
BADGES = {
    "à relire": Badge("À relire", "info"), "approuvé": Badge("Approuvé", "success"), "abandonné": Badge("Abandonné", "warning"),
}  # fmt: skip
NEWSLETTER_DAYS = 30


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def mailing_list(request: HttpRequest) -> HttpResponse:
    """Every mail, the last drafted first; those to read can be asked for alone."""
    found = ProfessionalMailing.objects.all()
    to_read = request.GET.get("etat") == "a-relire"
    if to_read:
        found = found.filter(approved_at=None, abandoned_at=None)
    today = clock.today()
    page = Paginator(found, MAILINGS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Courriers aux professionnels",
        "trail": [("Campagnes", reverse("campaigns"))],
        "page_obj": page,
        "rows": [(mailing, BADGES[mailing.state]) for mailing in page],
        "to_read": to_read,
        "form": NewsletterForm(initial={"since": today - timedelta(days=NEWSLETTER_DAYS), "until": today}),
    }
    return render(request, "campaigns/mailings.html", context)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def newsletter(request: HttpRequest) -> HttpResponse:
    """Draft the newsletter of a period; asked again, the same draft."""
    form = NewsletterForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return redirect("mailings")
    now, before = rules.as_known_on(form.cleaned_data["until"]), rules.as_known_on(form.cleaned_data["since"])
    try:
        mailing = draft_newsletter(now=now, before=before, by=str(actor_of(request)))
    except MailingRefused as refused:
        messages.error(request, str(refused))
        return redirect("mailings")
    return redirect("mailing", mailing=mailing.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_mailing(request: HttpRequest) -> HttpResponse:
    """Write one by hand; `count` shows whom it would be for without saving anything."""
    book = rules.as_known_on(clock.today())
    form = MailingForm(request.POST or None, book=book, initial={"professions": ["medecin"]})
    if request.method == "POST" and form.is_valid() and "count" not in request.POST:
        mailing = _written(request, form, book)
        if mailing:
            return redirect("mailing", mailing=mailing.pk)
    context = {"title": "Nouveau courrier", "trail": _trail(), "form": form, "mailing": None, "badge": None}
    return _answer(request, "campaigns/mailing.html", context | _meant(form.audience, book), form)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def mailing_page(request: HttpRequest, mailing: int) -> HttpResponse:
    """One mail: why it was drafted, whom it is for and how many, its text to edit; once approved, what became of it."""
    row = get_object_or_404(ProfessionalMailing, pk=mailing)
    book = rules.as_known_on(clock.today())
    audience = _audience_of(request, row, book)
    form = MailingForm(request.POST or None, book=book, initial=initial_of(row, audience))
    if request.method == "POST" and form.is_valid() and "count" not in request.POST and _written(request, form, book, row):
        messages.success(request, "Courrier enregistré.")
        return redirect("mailing", mailing=row.pk)
    context = {
        "title": row.title, "trail": _trail(), "form": form, "mailing": row, "badge": BADGES[row.state], "sent": _sent(row),
    }  # fmt: skip
    return _answer(request, "campaigns/mailing.html", context | _meant(form.audience or audience, book), form)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def approve(request: HttpRequest, mailing: int) -> HttpResponse:
    """Write its messages into the outbox."""
    row = get_object_or_404(ProfessionalMailing, pk=mailing)
    form = Approval(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["read"][0]))
        return redirect("mailing", mailing=row.pk)
    today = clock.today()
    try:
        written = approve_mailing(row, on=today, book=rules.as_known_on(today), by=str(actor_of(request)))
    except (MailingRefused, UnknownCriterion) as refused:
        messages.error(request, str(refused))
    else:
        log_request(request, LoggedAction.BULK, f"courrier aux professionnels {row.slug}", None, subject_kind="mailing")
        messages.success(request, f"Courrier approuvé : {written} messages partiront au prochain envoi.")
    return redirect("mailing", mailing=row.pk)


@requires(Role.CAMPAIGN_MANAGER)
@require_POST
def abandon(request: HttpRequest, mailing: int) -> HttpResponse:
    """Give it up, and withdraw what still waits."""
    row = get_object_or_404(ProfessionalMailing, pk=mailing)
    try:
        withdrawn = abandon_mailing(row, by=str(actor_of(request)))
    except MailingRefused as refused:
        messages.error(request, str(refused))
    else:
        waited = f" ; {withdrawn} messages en attente retirés" if withdrawn else ""
        messages.success(request, f"Courrier abandonné{waited}.")
    return redirect("mailing", mailing=row.pk)


def _written(
    request: HttpRequest, form: MailingForm, book: RuleBook, row: ProfessionalMailing | None = None
) -> ProfessionalMailing | None:
    """The mail as saved; None when the form must be shown again with the refusal."""
    values = {name: form.cleaned_data[name] for name in ("title", "subject", "body")}
    assert form.audience is not None
    try:
        return write_mailing(**values, audience=form.audience, book=book, by=str(actor_of(request)), mailing=row)
    except MailingRefused as refused:
        form.add_error(None, str(refused))
        return None


def _audience_of(request: HttpRequest, row: ProfessionalMailing, book: RuleBook) -> Audience:
    try:
        return read_audience(row.audience, book, book.known_on)
    except UnknownCriterion as unknown:  # a campaign or a profession that is no more
        messages.error(request, str(unknown))
        return Audience()


def _meant(audience: Audience | None, book: RuleBook) -> dict[str, Any]:
    """Whom a mail is for, in words and in numbers; nothing before there are criteria."""
    if audience is None or audience == Audience():
        return {"sentence": "", "found": None, "breakdowns": []}
    found: Found = find(audience, book, book.known_on)
    split = [("Profession ou structure", found.by_kind), ("Département", found.by_departement)]
    return {
        "sentence": sentence(audience, book, book.known_on),
        "found": found,
        "breakdowns": [(title, rows[:ROWS_SHOWN], sum(count for _, count in rows[ROWS_SHOWN:])) for title, rows in split],
    }


def _sent(row: ProfessionalMailing) -> list[tuple[str, int]]:
    """What became of the messages of an approved mail."""
    if row.approved_at is None:
        return []
    ours = Message.objects.filter(cause_kind=CAUSE, cause_id__in=row.addressees.values("pk"))
    counts = ours.order_by().values_list("status").annotate(count=Count("pk")).order_by("-count")
    return [(str(Message.Status(status).label), count) for status, count in counts]


def _trail() -> list[tuple[str, str]]:
    return [("Campagnes", reverse("campaigns")), ("Courriers aux professionnels", reverse("mailings"))]


def _answer(request: HttpRequest, template: str, context: dict[str, Any], form: MailingForm) -> HttpResponse:
    return render(request, template, {"sent": [], **context}, status=422 if form.errors else 200)
