"""What a delegate hands over to a doctor at a visit (TG-13): the doctor's own list, delivered as when the doctor asks (VC-52)."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from allant.accounts.actors import Actor
from allant.campaigns.models import ProfessionalVisit
from allant.campaigns.professionals.visits import Fund, mark_ald_list_given
from allant.vaccination.lists import Delivery, deliver


@transaction.atomic
def hand_over_ald_list(visit: ProfessionalVisit, *, fund: Fund, on: date, by: Actor) -> Delivery:
    """The doctor's patients in ALD by age, its delivery in the access log and on the visit. Raises VisitRefused."""
    row = mark_ald_list_given(visit, fund=fund, by=str(by))
    return deliver(kind="ald", practitioner=row.practitioner, on=on, by=by)
