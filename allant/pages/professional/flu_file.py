"""A person's flu page: where they stand in the season, on what terms, and what this professional may do now (RP-22 to RP-27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine import RuleBook, rules
from allant.flu.eligibility import Case, Way, prescription_age, way_of
from allant.flu.known import case_of
from allant.flu.models import Origin, Voucher
from allant.flu.professions import FluRights
from allant.flu.standings import DELIVERED, INJECTED, Standing, standing_of
from allant.flu.vouchers import code_text
from allant.pages.base.errors import Missing
from allant.pages.professional.acting import acting
from allant.pages.professional.flu_access import for_flu, rights
from allant.pages.professional.flu_find import presented, trail
from allant.pages.professional.flu_forms import DeliveryForm, FluReasonForm, InjectionForm, VoucherForm
from allant.pages.professional.opening import opened
from allant.people.models import Person


@dataclass(frozen=True)
class FluFile:
    """What the page and its actions are given. `voucher`: the one presented, None when nobody showed one."""

    person: Person
    on: date
    book: RuleBook
    rights: FluRights
    case: Case
    way: Way
    standing: Standing | None
    voucher: Voucher | None

    @property
    def state(self) -> str:
        """As `standings` names it."""
        return self.standing.state if self.standing else "none"

    @property
    def taken(self) -> bool:
        """The vaccine of the season is delivered."""
        return self.state in (DELIVERED, INJECTED)

    @property
    def age_limit(self) -> int:
        """Under this age a prescription is needed."""
        return prescription_age(self.on, self.book)

    @property
    def may_deliver(self) -> bool:
        """Something lets the vaccine be delivered now: a voucher shown, the AME, or one's own cost."""
        free = self.way.contact == "prescription" or not self.way.recommended
        return self.rights.deliver and not self.taken and not self.way.refusal and (self.voucher is not None or free)

    @property
    def may_hand(self) -> bool:
        """A voucher may be handed over now."""
        return self.rights.hand and not self.taken and self.way.season is not None and not self.case.ame

    @property
    def may_inject(self) -> bool:
        """The vaccine waits to be injected."""
        return self.rights.inject and self.state == DELIVERED


def file_of(request: HttpRequest, person_id: int) -> FluFile:
    """The file of a person found in this session. Raises Missing (404)."""
    person, on = opened(request, person_id), clock.today()
    book = rules.as_known_on(on)
    voucher = presented(request, person)
    case = case_of(person, on, book, vouched=voucher.group if voucher else "")
    way = way_of(case, on, book)
    return FluFile(person, on, book, rights(request), case, way, standing_of(person, on, book), voucher)


@requires(Role.HEALTH_PROFESSIONAL)
@for_flu(may="find")
@never_cache
@require_safe
def file(request: HttpRequest, person_id: int) -> HttpResponse:
    """The page; reading it is in the access log."""
    found = file_of(request, person_id)
    log_request(request, LoggedAction.READ, "grippe : dossier de la saison", [found.person.pk])
    return page(request, found)


def page(request: HttpRequest, found: FluFile, status: int = 200, **bound: Any) -> HttpResponse:
    """The page of a file, with the form that was refused in place of a blank one."""
    options = {"book": found.book, "on": found.on}
    context = {
        "title": f"Grippe : {found.person.given_names} {found.person.family_name}",
        "trail": trail(),
        "file": found,
        "delivery_form": DeliveryForm(prescribers=found.way.prescribers, **options) if found.may_deliver else None,
        "voucher_form": VoucherForm(age=found.case.age, **options) if found.may_hand else None,
        "injection_form": InjectionForm(**options) if found.may_inject else None,
        "reason_form": FluReasonForm() if _may_cancel(request, found) else None,
        "paper": _own_voucher(request, found) is not None,
        **bound,
    }
    return render(request, "professional/flu/file.html", context, status=status)


@requires(Role.HEALTH_PROFESSIONAL)
@for_flu(may="hand")
@never_cache
@require_safe
def voucher_paper(request: HttpRequest, person_id: int) -> HttpResponse:
    """The voucher that this professional handed over today, to be printed: the only page that shows its code."""
    found = file_of(request, person_id)
    voucher = _own_voucher(request, found)
    if voucher is None:
        raise Missing("Vous n'avez pas remis de bon à cette personne aujourd'hui, ou il a été utilisé ou remplacé.")
    log_request(request, LoggedAction.READ, "grippe : bon imprimé", [found.person.pk])
    context = {"title": "Bon de prise en charge", "trail": trail(), "file": found, "voucher": voucher, "code": code_text(voucher)}
    return render(request, "professional/flu/voucher.html", context)


def _own_voucher(request: HttpRequest, found: FluFile) -> Voucher | None:
    voucher = found.standing.voucher if found.standing and not found.taken else None
    mine = voucher is not None and voucher.origin == Origin.PROFESSIONAL and voucher.issued_by == acting(request).by
    return voucher if mine and voucher.issued_on == found.on else None


def _may_cancel(request: HttpRequest, found: FluFile) -> bool:
    """What the last act is, and whether it is this professional's: the action judges again."""
    delivery, who = found.standing.delivery if found.standing else None, acting(request)
    if delivery is None:
        return False
    if found.state == INJECTED:
        return delivery.dose is not None and delivery.dose.recorded_by == who.by
    return delivery.delivered_by == who.by or (who.organisation is not None and delivery.organisation == who.organisation)
