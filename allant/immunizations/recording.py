"""Recording, correcting and cancelling one dose. Every action is atomic, and doing it again changes nothing (VC-39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction

from allant import clock
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import RuleBook, rules
from allant.immunizations import checks
from allant.immunizations.models import COVID19, Dose, Lot
from allant.immunizations.staging import acts_sql, known_doses_sql, prepared_sql
from allant.people.models import Person


class DoseRefused(ValueError):
    """A dose that cannot be recorded so. `codes`: of `checks.REASONS`; `forceable`: a reason would let it in; text in French."""

    def __init__(self, codes: list[str], *, forceable: bool = False) -> None:
        self.codes = codes
        self.forceable = forceable
        super().__init__(" ".join(checks.explain(codes)))


class CorrectionRefused(ValueError):
    """A version that cannot be corrected or cancelled; says why in French."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was done (FHIR Immunization): the part of a dose that a correction may change."""

    occurred_on: date
    vaccine: str
    dose_number: int
    series: str
    series_doses: int
    lot: str = ""
    site: str = ""
    place_kind: str = ""
    proof: str = ""
    organisation: Organisation | None = None
    practitioner: Practitioner | None = None

    @classmethod
    def of(cls, dose: Dose) -> Act:
        """The act that a row records."""
        return cls(**{item.name: getattr(dose, item.name) for item in fields(cls)})

    def as_columns(self) -> dict[str, Any]:
        """Field name → value, for a row."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@transaction.atomic
def record_dose(
    *,
    person: Person,
    act: Act,
    source: str,
    source_key: str,
    by: str,
    forced_reason: str = "",
    today: date | None = None,
    book: RuleBook | None = None,
) -> Dose:
    """Record a dose and return its row; the one already there when it was sent before, by key or by content.

    `source_key` names the sending (the form, the message): the same key never records twice. A dose that breaks a rule needs
    `forced_reason`, kept only when it does. A dose given abroad or before the service carries its `proof` (VC-42), and breaks
    rules under that reason. Rules are those in force on the day of the act, as known `today` (or in `book`). Raises DoseRefused.
    """
    today = today or clock.today()
    _lock(person)
    verdict = _judge(person.pk, act, source_key, today, book or rules.as_known_on(today))
    if verdict.standing == "already":
        return _recorded(person, act, source_key)
    forced_reason = forced_reason or (f"Acte repris sur justificatif : {act.proof}"[:200] if act.proof else "")
    _refuse(verdict, forced_reason)
    return _insert(
        person,
        act,
        source=source,
        source_key=source_key,
        recorded_by=by,
        forced_rules=verdict.broken,
        forced_reason=forced_reason if verdict.broken else "",
    )


@transaction.atomic
def correct_dose(
    *,
    dose: Dose,
    act: Act,
    by: str,
    reason: str,
    forced_reason: str = "",
    today: date | None = None,
    book: RuleBook | None = None,
) -> Dose:
    """End this version and insert the next one with the content of `act`; returns it. Raises DoseRefused or CorrectionRefused.

    Sent twice, it is one correction. The former version stays readable.
    """
    today = today or clock.today()
    _lock(dose.person)
    dose.refresh_from_db()
    if dose.ended_at is not None:
        return _same_correction(dose, act)
    if Act.of(dose) == act:
        return dose
    _end(dose, by=by, reason=reason)
    key = f"{dose.source_key.removesuffix(f'#v{dose.version}')}#v{dose.version + 1}"
    verdict = _judge(dose.person_id, act, key, today, book or rules.as_known_on(today))
    if verdict.standing == "already":
        raise DoseRefused(["rank_taken"])
    _refuse(verdict, forced_reason)
    return _insert(
        dose.person,
        act,
        source=dose.source,
        source_key=key,
        recorded_by=by,
        version=dose.version + 1,
        replaces=dose,
        forced_rules=verdict.broken,
        forced_reason=forced_reason if verdict.broken else "",
    )


@transaction.atomic
def cancel_dose(*, dose: Dose, by: str, reason: str) -> Dose:
    """End the dose: it no longer counts, and stays readable. Cancelling again changes nothing. Raises CorrectionRefused."""
    _lock(dose.person)
    dose.refresh_from_db()
    if dose.ended_at is None:
        _end(dose, by=by, reason=reason)
    elif dose.replaced_by.exists():
        raise CorrectionRefused("Cette version a été corrigée depuis : annulez la version en cours.")
    return dose


@dataclass(frozen=True)
class _Verdict:
    standing: str
    refused: list[str]
    broken: list[str]


def _judge(person_id: int, act: Act, source_key: str, today: date, book: RuleBook) -> _Verdict:
    query = f"""
WITH staged AS ({_staged_sql()}), known AS MATERIALIZED ({known_doses_sql("staged")}),
act AS MATERIALIZED ({acts_sql("staged", "known", today)}),
verdict AS ({checks.verdict_sql(f"({prepared_sql('act', 'known')})", checks.doctrine_relations(book))})
SELECT act.standing, verdict.refused, verdict.broken FROM act LEFT JOIN verdict ON verdict.row_no = act.row_no
"""
    values = {**act.as_columns(), "person_id": person_id, "source_key": source_key}
    with connection.cursor() as cursor:
        cursor.execute(query, {name: values[name] for name in _STAGED})
        standing, refused, broken = cursor.fetchone()
    broken_codes = broken.split(",") if broken else []
    if Lot.objects.filter(vaccine=act.vaccine, number=act.lot).exclude(pk__in=Lot.objects.usable_on(act.occurred_on)).exists():
        broken_codes.append("lot_not_usable")
    refused_codes = refused.split(",") if refused else []
    return _Verdict(standing, refused_codes if standing in ("new", "already") else [standing], broken_codes)


_STAGED = {
    "source_key": "text", "person_id": "bigint", "occurred_on": "date", "vaccine": "text",
    "dose_number": "integer", "series": "text", "series_doses": "integer",
}  # fmt: skip


def _staged_sql() -> str:
    columns = ", ".join(f"CAST(%({name})s AS {kind}) AS {name}" for name, kind in _STAGED.items())
    return f"SELECT CAST(1 AS bigint) AS row_no, {columns}"


def _refuse(verdict: _Verdict, forced_reason: str) -> None:
    if verdict.refused:
        raise DoseRefused(verdict.refused)
    if verdict.broken and not forced_reason:
        raise DoseRefused(verdict.broken, forceable=True)


def _lock(person: Person) -> None:
    """One recording at a time for a person, under whichever of their merged records it comes."""
    Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)


def _insert(person: Person, act: Act, **columns: Any) -> Dose:
    try:
        with transaction.atomic():
            return Dose.objects.create(person=person, disease=COVID19, recorded_at=clock.now(), **act.as_columns(), **columns)
    except IntegrityError:
        # A batch, which does not lock persons, came first.
        if same := _current_same(person, act):
            return same
        raise DoseRefused(["rank_taken"]) from None


def _recorded(person: Person, act: Act, source_key: str) -> Dose:
    by_key = Dose.objects.filter(source_key=source_key).first()
    return by_key or Dose.objects.current().given_to(person.merged_into or person).get(dose_number=act.dose_number)


def _current_same(person: Person, act: Act) -> Dose | None:
    survivor = person.merged_into or person
    same: Mapping[str, Any] = {name: getattr(act, name) for name in ("occurred_on", "vaccine", "dose_number")}
    return Dose.objects.current().given_to(survivor).filter(**same).first()


def _end(dose: Dose, *, by: str, reason: str) -> None:
    dose.ended_at, dose.ended_by, dose.end_reason = clock.now(), by, reason
    dose.save(update_fields=["ended_at", "ended_by", "end_reason"])


def _same_correction(dose: Dose, act: Act) -> Dose:
    successor = dose.replaced_by.first()
    if successor and Act.of(successor) == act:
        return successor
    raise CorrectionRefused("Cette version n'est plus en cours : elle a été corrigée ou annulée. Relisez la dose et recommencez.")
