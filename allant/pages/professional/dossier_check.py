"""The check before recording: what will be written, what was only proposed, what deserves a second look (VC-30)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from allant.immunizations.checks import explain
from allant.immunizations.models import Dose, Lot, Series
from allant.pages.base.templatetags.french import day
from allant.pages.professional.dossier import File, title_of
from allant.pages.professional.dossier_dose_form import DoseForm
from allant.pages.professional.dossier_lists import label_of

NOTHING = "non renseigné"


@dataclass(frozen=True)
class CheckLine:
    """One line of the check; `proposed`: nobody typed it; `former`: what a correction replaces, empty when it is the same."""

    label: str
    value: str
    proposed: bool = False
    former: str = ""


@dataclass(frozen=True)
class CheckPage:
    """`warnings` inform; `forced`: the rules that the written reason lets pass; `change`: why a recorded dose changes."""

    lines: list[CheckLine]
    warnings: list[str]
    forced: list[str]
    reason: str
    change: str = ""


def check_of(file: File, form: DoseForm, dose: Dose) -> CheckPage:
    """`dose`: the row as it would be recorded. Two queries at most."""
    proposed = set(form.proposed())
    lines = [CheckLine(label, value, name in proposed) for name, (label, value) in _values(file, dose).items() if value]
    warnings = [*_lot_warnings(dose), *_vaccine_warnings(file, dose)]
    if dose.occurred_on != file.on and not dose.proof:
        warnings.insert(0, f"L’injection n’est pas d’aujourd’hui : vous enregistrez une dose faite le {day(dose.occurred_on)}.")
    return CheckPage(lines, warnings, explain(list(dose.forced_rules)), dose.forced_reason)


def check_of_correction(file: File, former: Dose, dose: Dose, change: str) -> CheckPage:
    """What a correction writes, each changed value beside the one it replaces."""
    before, after = _values(file, former), _values(file, dose)
    lines = [
        CheckLine(label, value or NOTHING, former=(before[name][1] or NOTHING) if before[name][1] != value else "")
        for name, (label, value) in after.items()
        if value or before[name][1]
    ]
    return CheckPage(lines, list(_lot_warnings(dose)), explain(list(dose.forced_rules)), dose.forced_reason, change)


def _title(dose: Dose) -> str:
    if dose.series != Series.PRIMARY:
        return f"{title_of(dose)} (dose n° {dose.dose_number})"
    return f"{title_of(dose)} sur {dose.series_doses}"


def _values(file: File, dose: Dose) -> dict[str, tuple[str, str]]:
    """Field of the form → label and value; an empty value is not shown."""
    place = f"{dose.location.name}, {dose.location.postcode}" if dose.location else ""
    return {
        "vaccine": ("Vaccin", dose.get_vaccine_display()),
        "lot": ("Lot", dose.lot),
        "site": ("Site d’injection", label_of(file.book, file.on, "injection_sites", dose.site)),
        "occurred_on": ("Date de l’injection", day(dose.occurred_on)),
        "dose_number": ("Rang", _title(dose)),
        "place_kind": ("Lieu", label_of(file.book, file.on, "places", dose.place_kind)),
        "place_name": ("Nom du lieu", place),
        "am_number": ("N°AM", dose.am_number),
        "proof": ("Justificatif", dose.proof),
        "": ("Professionnel", str(dose.practitioner or "")),
    }


def _lot_warnings(dose: Dose) -> Iterator[str]:
    if not dose.lot:
        return
    vaccines = {lot.vaccine: lot for lot in Lot.objects.filter(number=dose.lot)}
    if dose.vaccine not in vaccines:
        yield "Ce lot n’est pas dans la liste de ce vaccin : il sera signalé pour suivi. Relisez-le sur le flacon."
        for lot in vaccines.values():
            yield f"Un lot de ce numéro existe pour un autre vaccin : {lot.get_vaccine_display()}."


def _vaccine_warnings(file: File, dose: Dose) -> Iterator[str]:
    coming = file.journey.next
    for choice in (*coming.vaccines, *coming.others) if coming else ():
        if choice.code == dose.vaccine:
            yield from choice.warnings
    if coming and coming.latest and dose.occurred_on > coming.latest:
        yield f"Le délai conseillé est dépassé depuis le {day(coming.latest)}."
