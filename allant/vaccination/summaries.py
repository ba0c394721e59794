"""What a summary says, once for the page, the paper and the CSV file (VC-24, VC-34, VC-35, VC-37)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from allant.directory.models import Practitioner
from allant.doctrine import NotYetInForce, RuleBook, UnknownRule, rules
from allant.immunizations.models import Dose, Series
from allant.people.models import BirthPrecision, Person
from allant.sheets import harmless
from allant.vaccination import adverse_effects, boosters
from allant.vaccination.code import code_text
from allant.vaccination.eligibility import in_force
from allant.vaccination.journey import dose_title
from allant.vaccination.known import known_of, with_told
from allant.vaccination.models import EligibilityDeclaration, PaperSnapshot
from allant.vaccination.priority import situation_label
from allant.vaccination.products import vaccine_label
from allant.vaccination.professions import profession_label
from allant.vaccination.proposals import second_dose_from
from allant.vaccination.snapshots import as_first_made
from allant.vaccination.summary import Section, Summary, Values

RECTIFICATION = "Rectificatif des données télétransmises à l'Assurance Maladie"
NOT_GIVEN = "Non renseigné"

def summary_of_declaration(declaration: EligibilityDeclaration) -> Summary:
    """The summary of one version of a declaration; the same one whenever it is asked, but for `is_current`."""
    kind, is_current = PaperSnapshot.Kind.DECLARATION, declaration.ended_at is None
    return as_first_made(kind, declaration.pk, is_current=is_current, make=lambda: _of_declaration(declaration))


def summary_of_dose(dose: Dose) -> Summary:
    """The summary of one version of a dose, by the doctrine known when it was recorded; the same one whenever it is asked."""
    return as_first_made(PaperSnapshot.Kind.DOSE, dose.pk, is_current=dose.ended_at is None, make=lambda: _of_dose(dose))


def _of_declaration(declaration: EligibilityDeclaration) -> Summary:
    on = _day(declaration.declared_at)
    book = rules.as_known_on(on)
    return _summary(
        declaration,
        "Synthèse de la déclaration d'éligibilité à la vaccination",
        (
            ("Patient", _patient(declaration.person)),
            ("Prescription", _prescription(declaration, on, book)),
            ("Situation du patient", _situation(declaration, on, book)),
            ("Catégorie de priorité", _priority(declaration)),
            ("Accord et information", _ticks(declaration)),
            ("Déclarant", (*_professional(declaration.declarant, on, book), *_validated(declaration))),
        ),
        declaration.declared_at,
        code=code_text(declaration.invitation),
        bearer=str(declaration.person),
        signatory=_signatory(declaration.declarant, declaration.structure_name),
    )


def _of_dose(dose: Dose) -> Summary:
    known_on = _day(dose.recorded_at)
    book = rules.as_known_on(known_on)
    vaccine, lot = vaccine_label(dose.vaccine, dose.occurred_on, book), dose.lot
    return _summary(
        dose,
        f"Synthèse de la {dose_title(dose.series, dose.dose_number)[0].lower()}{dose_title(dose.series, dose.dose_number)[1:]}",
        (
            ("Patient", _patient(dose.person)),
            ("Vaccination", _vaccination(dose, vaccine, book)),
            ("Lieu de vaccination", _place(dose, book)),
            ("Professionnel de santé", (*_professional(dose.practitioner, known_on, book), *_recorded(dose))),
        ),
        dose.recorded_at,
        next_from=next_from(dose, known_on, book),
        adverse_effects_url=adverse_effects.report_link(vaccine, lot, dose.occurred_on, known_on, book),
        adverse_effects=adverse_effects.report_values(vaccine, lot, dose.occurred_on),
        bearer=str(dose.person),
        signatory=_signatory(dose.practitioner, dose.organisation.name if dose.organisation else ""),
    )


def next_from(dose: Dose, on: date, book: RuleBook) -> date | None:
    """The day from which to book the dose that follows this one, by what the book knows on a day (VC-34); None: none foreseen."""
    known = known_of(dose.person)
    declared = in_force(known)
    known = with_told(known, declared.declared_situations if declared else ())
    if dose.series == Series.PRIMARY and dose.dose_number < dose.series_doses:
        return second_dose_from(dose, known.age_on(on), on, book) if dose.dose_number == 1 else None
    given = 0 if dose.series == Series.PRIMARY else 1 + boosters.BOOSTERS.index(Series(dose.series))
    series = boosters.next_booster(given)
    return boosters.due_on(series, known, dose.vaccine, dose.occurred_on, on, book)


def as_csv(summary: Summary) -> str:
    """UTF-8 text with BOM, `;`, one line a field; a value that a spreadsheet would run is made harmless."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n").writerow
    write(("Rubrique", "Information", "Valeur"))
    for heading, label, value in _lines(summary):
        write((heading, label, harmless(value)))
    return "\ufeff" + out.getvalue()


def _lines(summary: Summary) -> Iterable[tuple[str, str, str]]:
    yield "Document", "Titre", summary.title
    if summary.subject != summary.title:
        yield "Document", "Objet", summary.subject
    yield "Document", "Version", str(summary.version)
    for heading, values in summary.sections:
        for label, value in values:
            yield heading, label, value
    if summary.code:
        yield "Suite", "Code à remettre au patient", summary.code
    if summary.next_from:
        yield "Suite", "Prendre rendez-vous à partir du", f"{summary.next_from:%d/%m/%Y}"
    if summary.adverse_effects_url:
        yield "Suite", "Déclarer un effet indésirable", summary.adverse_effects_url


def _summary(
    row: EligibilityDeclaration | Dose, subject: str, sections: tuple[Section, ...], at: datetime, **more: Any
) -> Summary:
    title, former = subject, row.replaces
    if row.version > 1 and former is not None:
        title = RECTIFICATION
        sections = (*sections, ("Rectification", _rectification(row, former, at)))
    return Summary(title, subject, row.version, row.ended_at is None, sections, **more)


def _rectification(row: Any, former: Any, at: datetime) -> Values:
    return (
        ("Version", str(row.version)),
        ("Rectifié le", _moment(at)),
        ("Motif", former.end_reason or NOT_GIVEN),
    )


def _patient(person: Person) -> Values:
    return (("Nom", person.family_name), ("Prénoms", person.given_names), ("Date de naissance", _birth(person)))


def _birth(person: Person) -> str:
    born = person.birth_date
    if born is None:
        return "Inconnue"
    shown = {BirthPrecision.DAY: f"{born:%d/%m/%Y}", BirthPrecision.MONTH: f"{born:%m/%Y}", BirthPrecision.YEAR: f"{born:%Y}"}
    return shown.get(BirthPrecision(person.birth_precision), "Inconnue")


def _prescription(declaration: EligibilityDeclaration, on: date, book: RuleBook) -> Values:
    name = f"{declaration.prescriber_given_names} {declaration.prescriber_family_name}"
    return (
        ("Le déclarant est le prescripteur", "Oui" if declaration.declarant_prescribes else "Non"),
        ("Prescripteur", name),
        ("RPPS", declaration.prescriber_rpps or NOT_GIVEN),
        ("Profession", profession_label(declaration.prescriber_profession, on, book)),
        ("Date de l'ordonnance", f"{declaration.prescribed_on:%d/%m/%Y}"),
    )


def _situation(declaration: EligibilityDeclaration, on: date, book: RuleBook) -> Values:
    activity = _label("teleservice.patient_activities", declaration.patient_activity, on, book)
    told = [_label("teleservice.declared_situations", name, on, book) for name in declaration.declared_situations]
    return (
        ("Patient professionnel de santé", activity if declaration.patient_activity else "Non"),
        ("Situations déclarées", " ; ".join(told) or "Aucune"),
    )


def _priority(declaration: EligibilityDeclaration) -> Values:
    key = declaration.priority_rule.partition("@")[0]
    label = rules.all[key].label if key in rules.all else "Aucune catégorie en vigueur ce jour-là"
    return (("Catégorie", label), ("Pourquoi", " ".join(declaration.priority_reasons) or NOT_GIVEN))


def _ticks(declaration: EligibilityDeclaration) -> Values:
    return (
        ("Le patient accepte d'entrer dans le processus de vaccination", "Oui" if declaration.patient_accepts else "Non"),
        (
            "Le déclarant accepte les conditions de transmission et a informé le patient du traitement de ses données",
            "Oui" if declaration.patient_informed else "Non",
        ),
    )


def _validated(declaration: EligibilityDeclaration) -> Values:
    return (("Structure", declaration.structure_name or NOT_GIVEN), ("Validé le", _moment(declaration.declared_at)))


def _vaccination(dose: Dose, vaccine: str, book: RuleBook) -> Values:
    title = dose_title(dose.series, dose.dose_number)
    of_series = f"{title} sur {dose.series_doses}" if dose.series == Series.PRIMARY else f"{title} (rang {dose.dose_number})"
    optional = (
        ("Enregistrée hors doctrine, motif", dose.forced_reason),
        ("Justificatif", dose.proof),
    )
    return (
        ("Rang", of_series),
        ("Vaccin", vaccine),
        ("Numéro de lot", dose.lot or NOT_GIVEN),
        ("Site d'injection", _label("teleservice.injection_sites", dose.site, dose.occurred_on, book)),
        ("Date de l'injection", f"{dose.occurred_on:%d/%m/%Y}"),
        *((label, value) for label, value in optional if value),
    )


def _place(dose: Dose, book: RuleBook) -> Values:
    place = dose.location
    kind = dose.place_kind or (place.kind if place else "")
    values = [("Nature", _label("teleservice.places", kind, dose.occurred_on, book))]
    if place is not None:
        values += [("Nom", place.name), ("Code postal", place.postcode)]
    if dose.am_number:
        values.append(("N°AM", dose.am_number))
    return tuple(values)


def _recorded(dose: Dose) -> Values:
    structure = dose.organisation.name if dose.organisation else NOT_GIVEN
    return (("Structure", structure), ("Enregistré le", _moment(dose.recorded_at)))


def _professional(practitioner: Practitioner | None, on: date, book: RuleBook) -> Values:
    if practitioner is None:
        return (("Nom", NOT_GIVEN),)
    return (
        ("Nom", str(practitioner)),
        ("RPPS", practitioner.rpps),
        ("Profession", profession_label(practitioner.profession, on, book)),
    )


def _signatory(who: Practitioner | None, structure: str) -> str:
    return ", ".join(filter(None, [str(who) if who else "", structure]))


def _label(key: str, code: str, on: date, book: RuleBook) -> str:
    """The French label of a code of one of the téléservice's lists, or of a situation; what was entered when no list has it."""
    try:
        rows: Iterable[Mapping[str, Any]] = book.value(key, on)
    except (NotYetInForce, UnknownRule):
        rows = ()
    known = situation_label(code) if key.endswith("situations") else code
    return next((str(row["label"]) for row in rows if row["code"] == code), known) or NOT_GIVEN


def _day(at: datetime) -> date:
    return at.astimezone(timezone.get_current_timezone()).date()


def _moment(at: datetime) -> str:
    return f"{at.astimezone(timezone.get_current_timezone()):%d/%m/%Y à %H:%M}"
