"""The rounds with SANDIA and the other bodies: sending what waits, taking what comes. Killed or run twice, each is harmless."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from allant.casework.signals import signal
from allant.doctrine import RuleBook
from allant.identification import services
from allant.identification.documents import content_of
from allant.identification.models import (
    BodyNotice,
    Document,
    DocumentRefusal,
    IdentityFile,
    SandiaAnswer,
    SandiaCursor,
    Submission,
)
from allant.identification.requests import identity_of, number_waiting, propose_pair
from allant.people.models import Matricule, Person
from allant.people.numbering import current_number

BY = "SANDIA"
SIGNALS = {"certified": "sandia_certifies", "rejected": "sandia_rejects"}


@dataclass
class Round:
    """What one round did; `down`: the services that did not answer."""

    numbered: int = 0
    sent: int = 0
    answers: int = 0
    notices: int = 0
    down: tuple[str, ...] = ()


def do_round(*, at: datetime, on: date, book: RuleBook) -> Round:
    """Ask SNGI again for who waits, send SANDIA what is complete, take its answers, tell the bodies."""
    done, down = Round(), []
    done.numbered = number_waiting(by="SNGI", at=at, on=on, book=book)
    try:
        done.sent = send_files(at=at)
        done.answers = take_answers(at=at, on=on, book=book)
    except services.ServiceDown as lost:
        down.append(str(lost))
    done.notices, silent = tell_bodies(at=at)
    done.down = (*down, *(f"{code} ne répond pas." for code in silent))
    return done


def send_files(*, at: datetime) -> int:
    """Give SANDIA the files that wait, each under its key; how many. Raises ServiceDown at the first that does not pass."""
    sent = 0
    for submission in Submission.objects.filter(sent_at=None).select_related("file__person").order_by("id"):
        Submission.objects.filter(pk=submission.pk).update(attempts=F("attempts") + 1)
        services.sandia_send(_content(submission))
        Submission.objects.filter(pk=submission.pk).update(sent_at=at)
        sent += 1
    return sent


def _content(submission: Submission) -> dict[str, Any]:
    file = submission.file
    number = current_number(file.person)
    documents = Document.objects.filter(file=file, refusals=None)
    return {
        "key": str(submission.key), "number": number.value if number else "", "identity": identity_of(file.person),
        "documents": [
            {"kind": each.kind, "sha256": each.sha256, "content": base64.b64encode(content_of(each)).decode()}
            for each in documents
        ],
    }  # fmt: skip


def take_answers(*, at: datetime, on: date, book: RuleBook) -> int:
    """Take what SANDIA says, once each; how many were new. Raises ServiceDown when it cannot be asked."""
    cursor, _ = SandiaCursor.objects.get_or_create(pk=1)
    new = 0
    for said in services.sandia_answers(cursor.seq):
        new += take_answer(said=said, at=at, on=on, book=book)
        SandiaCursor.objects.filter(pk=1, seq__lt=said["seq"]).update(seq=said["seq"])
    return new


@transaction.atomic
def take_answer(*, said: Mapping[str, Any], at: datetime, on: date, book: RuleBook) -> bool:
    """Take one answer; False when it was taken before, or is about nothing of ours.

    An answer about a submission that a later one replaced, or that already had its final answer, is kept and changes nothing.
    """
    submission = Submission.objects.select_related("file__person", "file__case").filter(key=said["submission"]).first()
    if submission is None:
        return False
    IdentityFile.objects.select_for_update(of=("self",)).get(pk=submission.file_id)  # answers about one file wait for each other
    if SandiaAnswer.objects.filter(key=said["key"]).exists():
        return False
    obstacle = _obstacle(submission, said, at)
    answer = SandiaAnswer.objects.create(
        key=said["key"], submission=submission, kind=said["kind"], number=str(said.get("number") or "")[:13],
        reasons=list(said.get("reasons") or []), received_at=at, effect=obstacle or SIGNALS.get(said["kind"], "sans effet"),
    )  # fmt: skip
    if obstacle or said["kind"] not in SIGNALS:
        return True
    for reason in answer.reasons:
        _refuse(submission.file, answer, reason)
    note = " ; ".join(str(each["reason"]) for each in answer.reasons)
    signal(
        case=submission.file.case,
        name=SIGNALS[answer.kind],
        on=on,
        by=BY,
        at=at,
        book=book,
        note=note,
        source_key=f"sandia:{answer.key}",
    )
    return True


def _obstacle(submission: Submission, said: Mapping[str, Any], at: datetime) -> str:
    """Why an answer changes nothing; empty when it does."""
    if said["kind"] not in SIGNALS:
        return ""
    later = Submission.objects.filter(file=submission.file_id, pk__gt=submission.pk).exists()
    final = SandiaAnswer.objects.filter(submission=submission, kind__in=SIGNALS, effect__in=SIGNALS.values()).exists()
    if later or final:
        return "dépassée : un envoi plus récent, ou une réponse définitive, l'a précédée"
    if submission.file.case.state != "examined":
        return "le dossier n'est plus en examen"
    if said["kind"] == "certified" and (bearer := _other_bearer(submission.file, str(said.get("number") or ""))):
        propose_pair(submission.file.person, bearer, at=at)
        return "numéro porté par une autre fiche : deux fiches à comparer"
    return ""


def _other_bearer(file: IdentityFile, number: str) -> Person | None:
    borne = Matricule.objects.filter(value=number[:13], ends_on=None).exclude(person=file.person).select_related("person").first()
    return borne.person if borne else None


def _refuse(file: IdentityFile, answer: SandiaAnswer, reason: Mapping[str, Any]) -> None:
    for document in Document.objects.filter(file=file, kind=reason["kind"], refusals=None):
        DocumentRefusal.objects.create(document=document, answer=answer, reason=str(reason["reason"])[:200])


def tell_bodies(*, at: datetime) -> tuple[int, list[str]]:
    """Tell each body what waits for it, under its key, until it acknowledges: how many did, and the bodies that did not
    answer.
    """
    told, down = 0, set[str]()
    waiting = BodyNotice.objects.filter(acknowledged_at=None).select_related("former", "matricule").order_by("id")
    for notice in waiting:
        if notice.body in down:
            continue
        BodyNotice.objects.filter(pk=notice.pk).update(attempts=F("attempts") + 1)
        try:
            services.tell_body(notice.body, {
                "key": str(notice.key), "former": notice.former.value if notice.former else "", "number": notice.matricule.value,
                "kind": notice.matricule.kind,
            })  # fmt: skip
        except services.ServiceDown:
            down.add(notice.body)
            continue
        BodyNotice.objects.filter(pk=notice.pk, acknowledged_at=None).update(acknowledged_at=at)
        told += 1
    return told, sorted(down)
