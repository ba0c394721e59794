"""What an agent decides about a file: force majeure, fraud, the outcome of an asylum request, documents posted (ID-05 to
ID-07).
"""

from __future__ import annotations

from datetime import date, datetime

import pghistory
from django.db import transaction

from allant.casework.models import CaseEvent
from allant.casework.signals import NotExpected, signal
from allant.doctrine import RuleBook
from allant.identification.models import IdentityFile
from allant.identification.requests import request_number
from allant.people.models import Situation, SituationKind

SIGNALS = {
    "nia_follow_up": {"fraud": "fraud_found", "exceptional": "declared_exceptional"},
    "under_nnp": {"fraud": "nnp_fraud", "posted": "documents_posted", "sent_back": "sent_back"},
}


def decide(*, file: IdentityFile, decision: str, on: date, by: str, at: datetime, book: RuleBook, note: str) -> CaseEvent:
    """Write a decision in the case of a file: `fraud`, `exceptional`, `posted`, `sent_back`. Raises NotExpected."""
    known = SIGNALS.get(file.case.process, {}) if file.case else {}
    if decision not in known or file.case is None:
        raise NotExpected("Cette décision ne s'applique pas à ce dossier.")
    return signal(case=file.case, name=known[decision], on=on, by=by, at=at, book=book, note=note)


def nir_by_post(*, file: IdentityFile, number: str, on: date, by: str, at: datetime, book: RuleBook) -> CaseEvent:
    """The former flow ends: SANDIA's letter gives the NIR, which replaces the NNP. Raises NotExpected, NumberRefused."""
    if file.case is None or file.case.process != "under_nnp":
        raise NotExpected("Le NIR par courrier ne concerne que les demandes faites sous un NNP.")
    return signal(case=file.case, name="nir_given", on=on, by=by, at=at, book=book, note=number)


@transaction.atomic
def decide_asylum(*, file: IdentityFile, granted: bool, on: date, by: str, at: datetime, book: RuleBook) -> IdentityFile:
    """The outcome of an asylum request (ID-06). The file that goes on.

    Granted: a regular request on the OFPRA certificate. Refused: AME, still under the NNP. Raises NotExpected.
    """
    if file.circumstance != "asylum_seeker" or file.case is None or file.case.ended_on is not None:
        raise NotExpected("Ce dossier n'est pas celui d'un demandeur d'asile en attente d'une décision.")
    if not granted:
        return _to_ame(file, on, by)
    signal(case=file.case, name="nia_requested", on=on, by=by, at=at, book=book, note="Statut de réfugié accordé")
    return request_number(
        person=file.person, circumstance="refugee", on=on, by=by, at=at, book=book, body=file.body, fund_code=file.fund_code
    )


def _to_ame(file: IdentityFile, on: date, by: str) -> IdentityFile:
    with pghistory.context(by=by, reason="demande d'asile refusée"):
        file.circumstance = "irregular"
        file.save(update_fields=["circumstance"])
        Situation.objects.get_or_create(person=file.person, kind=SituationKind.AME, code="", starts_on=on)
    return file
