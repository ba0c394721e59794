"""The documents of a file: what is missing, and adding one (ID-04)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from allant.casework.models import Case
from allant.casework.signals import signal
from allant.doctrine import RuleBook
from allant.identification.follow_up import OPEN
from allant.identification.models import Document, DocumentContent, IdentityFile
from allant.identification.scanning import scan
from allant.identification.sealing import seal, unseal

ROLES = {"identity": "une pièce d'identité", "civil_status": "une pièce d'état civil"}
"""The two that certify an identity (seed 003)."""
SIGNATURES = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


class DocumentRefused(ValueError):
    """A document that cannot be kept; says why and what to do, in French."""


@dataclass(frozen=True)
class NewDocument:
    """What was sent: the file's name is kept for the agent, its content decides its type."""

    kind: str
    name: str
    content: bytes
    received_on: date
    valid_until: date | None = None


def kinds(book: RuleBook, on: date) -> dict[str, tuple[str, str]]:
    """Code → (label, role) of the documents a file may hold."""
    return {row["code"]: (row["label"], row["role"]) for row in book.value("identification.documents", on)}


def missing(file: IdentityFile, book: RuleBook, on: date) -> list[str]:
    """Which of the two documents is still expected, in French; one that SANDIA refused does not count."""
    roles = kinds(book, on)
    refused = set(Document.objects.filter(file=file, refusals__isnull=False).values_list("pk", flat=True))
    held = {roles[each.kind][1] for each in Document.objects.filter(file=file) if each.pk not in refused and each.kind in roles}
    return [label for role, label in ROLES.items() if role not in held]


def add_document(
    *, file: IdentityFile, new: NewDocument, by: str, at: datetime, on: date, book: RuleBook
) -> Document:  # fmt: skip
    """Keep a document, scanned and sealed; a file that it completes goes to SANDIA. The same document again is the same.

    Raises DocumentRefused, `scanning.Infected`, `scanning.ScannerDown`; nothing is kept then.
    """
    content_type, digest = _checked(file, new, book, on), hashlib.sha256(new.content).hexdigest()
    if known := Document.objects.filter(file=file, kind=new.kind, sha256=digest).first():
        return known
    scan(new.content)
    with transaction.atomic():
        IdentityFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
        document, is_new = Document.objects.get_or_create(
            file=file, kind=new.kind, sha256=digest,
            defaults={
                "name": new.name[-120:], "content_type": content_type, "size": len(new.content), "valid_until": new.valid_until,
                "received_on": new.received_on, "recorded_at": at, "recorded_by": by,
            },
        )  # fmt: skip
        if is_new:
            version, sealed = seal(new.content, digest)
            DocumentContent.objects.create(document=document, key_version=version, sealed=sealed)
        complete_if_possible(file=file, by=by, at=at, on=on, book=book)
    return document


def complete_if_possible(*, file: IdentityFile, by: str, at: datetime, on: date, book: RuleBook) -> bool:
    """Send a file to SANDIA once both documents are there and its case waits for them."""
    file = IdentityFile.objects.select_related("case").get(pk=file.pk)
    case = file.case
    if case is None or case.process != "nia_follow_up" or case.state not in OPEN or missing(file, book, on):
        return False
    signal(case=Case.objects.get(pk=case.pk), name="completed", on=on, by=by, at=at, book=book)
    return True


def content_of(document: Document) -> bytes:
    """What a document says. Raises `sealing.Unsealable`."""
    kept = DocumentContent.objects.get(document=document)
    return unseal(kept.key_version, bytes(kept.sealed), document.sha256)


def _checked(file: IdentityFile, new: NewDocument, book: RuleBook, on: date) -> str:
    """The type that the content has. Raises DocumentRefused."""
    limits = book.value("identification.upload", on)
    if new.kind not in kinds(book, on):
        raise DocumentRefused("Nature de pièce inconnue : choisissez-la dans la liste.")
    if not new.content:
        raise DocumentRefused("Ce fichier est vide : choisissez-en un autre.")
    if len(new.content) > limits["most_megabytes"] * 1_000_000:
        raise DocumentRefused(f"Ce fichier dépasse {limits['most_megabytes']} Mo : numérisez-le en moins fin, ou page par page.")
    found = next((kind for kind, start in SIGNATURES.items() if new.content.startswith(start)), "")
    if found not in limits["content_types"]:
        raise DocumentRefused("Ce fichier n'est ni un PDF, ni une image JPEG ou PNG : convertissez-le, puis recommencez.")
    if new.received_on > on:
        raise DocumentRefused("Date de réception dans le futur : vérifiez-la.")
    if Document.objects.filter(file=file).count() >= limits["most_documents"]:
        raise DocumentRefused("Ce dossier a déjà le nombre de pièces permis : vérifiez celles qu'il contient.")
    return found
