"""The summary of a declaration or of a dose as a paper to sign and hand to the patient (VC-24, VC-25, VC-36, VC-37)."""

from __future__ import annotations

from datetime import datetime

from allant.immunizations.models import Dose
from allant.targeting.wording import day
from allant.vaccination.models import EligibilityDeclaration
from allant.vaccination.papers.marks import Mark, PaperKind
from allant.vaccination.papers.sheet import EMPTY, Notice, Sheet, Signature, Table, compose
from allant.vaccination.papers.standing import day_of
from allant.vaccination.summaries import summary_of_declaration, summary_of_dose
from allant.vaccination.summary import Summary

HEADER = ("Information", "Donnée transmise")
WIDTHS = (5, 6)


def paper_of_declaration(declaration: EligibilityDeclaration) -> bytes:
    """The PDF of one version of a declaration: the same bytes whenever it is asked, whatever came after. Raises PaperFailed."""
    former, summary = declaration.replaces, summary_of_declaration(declaration)
    return compose(
        _sheet(
            summary,
            mark=Mark(PaperKind.DECLARATION, declaration.pk, declaration.version),
            made_at=declaration.declared_at,
            former_at=former.declared_at if former else None,
            signature=_signature("Signature du déclarant", summary, declaration.declared_at),
        )
    )


def paper_of_dose(dose: Dose) -> bytes:
    """The PDF of one version of a dose: the same bytes whenever it is asked, whatever came after. Raises PaperFailed."""
    former, summary = dose.replaces, summary_of_dose(dose)
    return compose(
        _sheet(
            summary,
            mark=Mark(PaperKind.DOSE, dose.pk, dose.version),
            made_at=dose.recorded_at,
            former_at=former.recorded_at if former else None,
            signature=_signature("Signature du professionnel", summary, dose.recorded_at),
        )
    )


def _sheet(summary: Summary, *, mark: Mark, made_at: datetime, former_at: datetime | None, signature: Signature) -> Sheet:
    return Sheet(
        title=summary.title,
        about="" if summary.subject == summary.title else summary.subject,
        subject=summary.bearer,
        version=_version(summary.version, made_at, former_at),
        tables=[Table(heading, HEADER, _rows(values), WIDTHS) for heading, values in summary.sections],
        notices=_notices(summary),
        code=summary.code,
        signature=signature,
        mark=mark,
        stamp=made_at,
    )


def _rows(values: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(label, value or EMPTY) for label, value in values]


def _version(number: int, made_at: datetime, former_at: datetime | None) -> str:
    sentence = f"Version {number}, transmise le {day(day_of(made_at))}."
    if former_at is None:
        return sentence
    return f"{sentence} Elle remplace la version {number - 1} du {day(day_of(former_at))}, qui ne vaut plus."


def _notices(summary: Summary) -> list[Notice]:
    found = []
    if summary.next_from:
        found.append(Notice(f"Prendre rendez-vous pour la prochaine injection à partir du {day(summary.next_from)}."))
    if summary.adverse_effects_url:
        copied = ", ".join(f"{label.lower()} {value}" for label, value in summary.adverse_effects)
        asked = f" Le formulaire vous demandera : {copied}." if copied else ""
        found.append(Notice(f"Un effet indésirable ?{asked} Déclarez-le sur", summary.adverse_effects_url))
    return found


def _signature(heading: str, summary: Summary, at: datetime) -> Signature:
    return Signature(heading, summary.signatory, f"Données transmises le {day(day_of(at))}. Date et signature :")
