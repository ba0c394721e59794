"""A patient's file: who it is, where the vaccination stands, the steps, the history (VC-32). What each page of the file shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse

from allant import clock
from allant.doctrine import RuleBook, rules
from allant.immunizations.models import Dose, EndKind, Vaccine
from allant.pages.base.templatetags.french import day
from allant.pages.professional.acting import Acting, acting
from allant.pages.professional.opening import opened
from allant.people.models import BirthPrecision, Person
from allant.vaccination.journey import Journey, Tab, dose_title, journey_of
from allant.vaccination.models import EligibilityDeclaration

NOTES = {"open": "à remplir", "closed": ""}
ENDS = {
    EndKind.CORRECTED: "Remplacée par une version corrigée",
    EndKind.CANCELLED: "Annulée par son auteur",
    EndKind.ADMINISTRATIVE: "Annulé par l’administration",
}


@dataclass(frozen=True)
class Step:
    """A tab as shown; `url` is empty on a closed one, whose `note` says why."""

    title: str
    state: str
    note: str
    url: str
    current: bool


@dataclass(frozen=True)
class HistoryLine:
    """One version of a dose; `state` says whether it stands."""

    dose: Dose
    title: str
    state: str
    current: bool
    url: str


@dataclass
class File:
    """What every page of a file is given. `at`: the step shown, as (kind, number)."""

    person: Person
    acting: Acting
    on: date
    book: RuleBook
    at: tuple[str, int] = ("", 0)

    @cached_property
    def journey(self) -> Journey:
        """Where the vaccination stands, read when a page first asks: what only records does not."""
        return journey_of(self.person, self.on, self.book)

    @property
    def sex(self) -> str:
        """`F`, `M`, or empty."""
        return self.person.sex or ""

    @property
    def sex_label(self) -> str:
        """In French."""
        return self.person.get_sex_display() if self.person.sex else "non renseigné"

    @property
    def birth(self) -> str:
        """As precisely as it is known."""
        born = self.person.birth_date
        if born is None or self.person.birth_precision == BirthPrecision.NONE:
            return "date inconnue"
        shown = {BirthPrecision.YEAR: f"en {born:%Y}", BirthPrecision.MONTH: f"en {born:%m/%Y}"}
        return shown.get(BirthPrecision(self.person.birth_precision), f"{born:%d/%m/%Y}")

    @property
    def age(self) -> str:
        """In whole years."""
        return "inconnu" if self.journey.age is None else f"{self.journey.age} an{'s' if self.journey.age > 1 else ''}"

    @property
    def since_last(self) -> str:
        """Days since the last dose, in words."""
        days = self.journey.days_since_last
        if days is None:
            return "aucune"
        return "aujourd’hui" if days == 0 else f"il y a {days} jour{'s' if days > 1 else ''}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before acting; it informs, it does not block."""
        return self.journey.warnings

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Current doses, oldest first."""
        return self.journey.doses

    @property
    def infections(self) -> tuple[date, ...]:
        """Days of the infections known."""
        return self.journey.infections

    @property
    def may_record(self) -> bool:
        """Whether the profession records doses today (VC-02)."""
        return self.acting.rights.record

    @cached_property
    def tabs(self) -> list[Step]:
        """The steps, with where each leads."""
        return [self._step(tab) for tab in self.journey.tabs]

    @cached_property
    def history(self) -> list[HistoryLine]:
        """Every version of every dose, the latest rank and version first."""
        return list(self._history())

    def _step(self, tab: Tab) -> Step:
        note = tab.reason or (self._done(tab) if tab.state == "done" else NOTES[tab.state])
        return Step(tab.title, tab.state, note, self._url(tab), (tab.kind, tab.number) == self.at)

    def _done(self, tab: Tab) -> str:
        """The history at a glance, above the form: what was given and when."""
        if tab.kind == "eligibility":
            declared = self.journey.declaration
            return f"validée le {declared.declared_at.astimezone(clock.PARIS):%d/%m/%Y}, voir la synthèse" if declared else ""
        dose = self._dose(tab.number)
        return f"{Vaccine(dose.vaccine).label.split(' (')[0]}, le {dose.occurred_on:%d/%m/%Y}, voir la synthèse" if dose else ""

    def _dose(self, number: int) -> Dose | None:
        return next((dose for dose in self.journey.doses if dose.dose_number == number), None)

    def _url(self, tab: Tab) -> str:
        person_id = self.person.pk
        if tab.state == "closed":
            return ""
        if tab.state == "open":
            return reverse("teleservice_eligibility" if tab.kind == "eligibility" else "teleservice_dose_entry", args=[person_id])
        if tab.kind == "eligibility":
            declaration = self.journey.declaration
            return reverse("teleservice_declaration", args=[person_id, declaration.pk]) if declaration else ""
        dose = self._dose(tab.number)
        return reverse("teleservice_dose", args=[person_id, dose.pk]) if dose else ""

    def _history(self) -> Iterator[HistoryLine]:
        for dose in sorted(self.journey.versions, key=lambda dose: (dose.dose_number, dose.version, dose.pk), reverse=True):
            current = dose.ended_at is None
            version = f", version {dose.version}" if dose.version > 1 or not current else ""
            state = _state(dose)
            url = reverse("teleservice_dose", args=[self.person.pk, dose.pk])
            yield HistoryLine(dose, f"{title_of(dose)}{version}", state, current, url)


def title_of(dose: Dose) -> str:
    """« 1re vaccination », « Dose de rappel » (VC-41)."""
    return dose_title(dose.series, dose.dose_number)


def end_of(act: Dose | EligibilityDeclaration) -> str:
    """How a version ended and when, in French; empty while it stands."""
    if act.ended_at is None:
        return ""
    return f"{ENDS[EndKind(act.end_kind or EndKind.CORRECTED)]} le {day(act.ended_at.astimezone(clock.PARIS))}"


def _state(dose: Dose) -> str:
    return end_of(dose) or ("En vigueur, saisie forcée" if dose.forced_reason else "En vigueur")


def file_of(request: HttpRequest, person_id: int, at: tuple[str, int] = ("", 0)) -> File:
    """The file opened in this session, today. Raises Missing when it was not opened. The view writes the access log."""
    person = opened(request, person_id)
    today = clock.today()
    return File(person, acting(request), today, rules.as_known_on(today), at)


def trail() -> list[tuple[str, str]]:
    """Where a file stands in the site. No name: the trail is on every page of the file."""
    return [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))]
