"""The attestation of vaccination with the codes of its certificates: what the téléservice knows, what the certificates say.

Used by the pages of insured persons and of professionals, which know nothing of each other (RP-13).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from allant.certificates.contents import NotCertifiable
from allant.certificates.drawing import picture_of
from allant.certificates.issuing import european_of_dose, last_dose, two_d_doc_of_dose
from allant.certificates.keys import KeyFileMissing
from allant.clock import PARIS
from allant.doctrine import rules
from allant.people.models import Person
from allant.vaccination.papers import Code, attestation_of

logger = logging.getLogger(__name__)

EUROPEAN = ("Certificat européen", "À présenter en Europe. Ce code cesse de valoir dès qu'une vaccination est rectifiée.")
TWO_D_DOC = ("Code 2D-DOC", "Lu par les services français qui contrôlent un document.")
ALTERNATIVES = (
    "Code QR du certificat Covid numérique de l'Union européenne",
    "Code 2D-DOC de l'attestation de vaccination",
)


def attestation_with_codes(person: Person, at: datetime, by: str) -> bytes:
    """The PDF, with both codes where they can be made. Raises NothingToAttest and PaperFailed.

    A key that is missing is no reason to refuse a paper: it is then made without codes, and the log says so.
    """
    return attestation_of(person, at.astimezone(PARIS).date(), tuple(_codes(person, at, by)))


def _codes(person: Person, at: datetime, by: str) -> Iterator[Code]:
    survivor = person.merged_into or person
    if (dose := last_dose(survivor)) is None:
        return
    book = rules.as_known_on(at.astimezone(PARIS).date())
    makers = (european_of_dose, two_d_doc_of_dose)
    for make, (heading, text), alternative in zip(makers, (EUROPEAN, TWO_D_DOC), ALTERNATIVES, strict=True):
        try:
            certificate = make(survivor, dose, at=at, book=book, by=by)
        except NotCertifiable:
            continue
        except KeyFileMissing:
            logger.exception("a signing key is missing: attestations go without their codes")
            continue
        yield Code(heading, text, picture_of(certificate), alternative)
