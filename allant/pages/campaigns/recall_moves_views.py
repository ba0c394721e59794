"""What a change of the booster rules does to everybody: how many dates move, and by how much (RP-04)."""

from __future__ import annotations

from datetime import date

from django import forms
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from allant import clock
from allant.accounts.access import requires
from allant.accounts.roles import Role
from allant.campaigns.workshop.snapshots import configured
from allant.doctrine import DoctrineError, rules
from allant.facts import SnapshotError
from allant.recall.moves import Moves, moves_in_register, moves_in_snapshot
from allant.recall.population import SnapshotIncomplete
from allant.recall.posed import KEYS

LONGEST_ON_PAGE = 25  # seconds, as for a plan
FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
UNREADABLE = "Date illisible : attendu jour/mois/année."
TOO_LONG = (
    f"Le registre est trop grand pour un calcul en {LONGEST_ON_PAGE} secondes sur la page : lancez « allant recall-all moves » "
    "avec les mêmes dates, ou faites compter sur un instantané (ALLANT_SNAPSHOT)."
)


class MovesForm(forms.Form):
    """Two states of the rules, and the day asked about."""

    before = forms.DateField(label="Règles connues le", input_formats=FORMATS, error_messages={"invalid": UNREADABLE})
    after = forms.DateField(label="Comparées à celles connues le", input_formats=FORMATS, error_messages={"invalid": UNREADABLE})

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        for name, field in self.fields.items():
            shown = {"class": "fr-input", "type": "date", "aria-describedby": f"id_{name}_error"}
            field.widget = forms.DateInput(shown, format="%Y-%m-%d")
            field.error_messages["required"] = f"{field.label} : à remplir."


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def recall_moves(request: HttpRequest) -> HttpResponse:
    """The form, and the answer for the two days asked; a day is no personal data, so the address holds them."""
    last, former = _last_changes(clock.today())
    form = MovesForm(request.GET or None, initial={"before": former, "after": last})
    found, problem = None, ""
    if form.is_valid():
        try:
            found = _moves(form.cleaned_data["before"], form.cleaned_data["after"])
        except (DoctrineError, SnapshotError, SnapshotIncomplete, TimeoutError) as error:
            problem = str(error)
    context = {
        "title": "Rappel : effet d’un changement de règle",
        "trail": [("Campagnes", reverse("campaigns"))],
        "form": form,
        "found": found,
        "problem": problem,
        "shifts": [("Date de rappel", found.booster), ("Fin du pass", found.end_of_pass)] if found else [],
    }
    status = 409 if problem else 400 if form.is_bound and form.errors else 200
    return render(request, "campaigns/recall_moves.html", context, status=status)


def _moves(before: date, after: date) -> Moves:
    """Compare on the snapshot when there is one. Raises TimeoutError when the register takes too long for a page."""
    books = rules.as_known_on(before), rules.as_known_on(after)
    if snapshot := configured():
        return moves_in_snapshot(snapshot.folder, *books, after)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{LONGEST_ON_PAGE}s"])
        try:
            return moves_in_register(*books, after)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            raise TimeoutError(TOO_LONG) from error


def _last_changes(today: date) -> tuple[date, date]:
    """The last day the rules changed by today, and the state before it."""
    book = rules.as_known_on(today)
    days = sorted({version.known_from for key in KEYS for version in book.history(key)}) or [today]
    return days[-1], days[-2] if len(days) > 1 else days[-1]
