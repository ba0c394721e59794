"""What may be given next, of which product and when: pure rules over what is known, the book and a date (VC-33, VC-34, VC-41)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from allant.doctrine import NotYetInForce, RuleBook, UnknownRule
from allant.immunizations.models import Dose, Series
from allant.vaccination import boosters, products
from allant.vaccination.known import Known
from allant.vaccination.schedule import DoseWindow, second_dose_window


@dataclass(frozen=True, slots=True)
class VaccineChoice:
    """One product for the next dose.

    `series_doses`: doses the primary series needs with it; `reason_needed`: what the doctrine does not foresee about it, in
    French, empty when it foresees it; such a product is recorded only with a written reason.
    """

    code: str
    label: str
    series_doses: int
    warnings: tuple[str, ...] = ()
    reason_needed: str = ""
    recommended: date | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next dose. `locked`: the one product foreseen (VC-33); `others`: products that need a written reason.

    `earliest`, `recommended` (to book from, VC-34) and `latest` are None where the doctrine sets no date.
    """

    dose_number: int
    series: str
    series_doses: int
    vaccines: tuple[VaccineChoice, ...]
    others: tuple[VaccineChoice, ...]
    locked: str | None
    earliest: date | None
    recommended: date | None
    latest: date | None
    is_booster: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dose stands in the schedule."""

    dose_number: int
    series: str
    series_doses: int


def complete(doses: Sequence[Dose]) -> bool:
    """Whether one of these doses completed the primary series."""
    return any(dose.series == Series.PRIMARY and dose.dose_number == dose.series_doses for dose in doses)


def place_of(known: Known, doses: Sequence[Dose], *, vaccine: str, on: date, book: RuleBook) -> Place:
    """Rank, series and doses of the series of a dose given on a day after the earlier ones among `doses` (VC-33, VC-40)."""
    before = [dose for dose in doses if dose.occurred_on <= on]
    number = 1 + max((dose.dose_number for dose in before), default=0)
    primary = [dose.series_doses for dose in before if dose.series == Series.PRIMARY]
    if complete(before):
        given = sum(dose.series != Series.PRIMARY for dose in before)
        return Place(number, boosters.next_booster(given), primary[-1])
    immunodepressed = known.in_situation("immunodepressed", on)
    needed = products.doses_needed(vaccine, on, known.infected_by(on), immunodepressed, book) if not primary else primary[-1]
    return Place(number, Series.PRIMARY, max(needed, number))


def place_of_entry(
    known: Known, doses: Sequence[Dose], *, vaccine: str, on: date, book: RuleBook, reported: bool = False
) -> Place:
    """`place_of`, but for a dose read from a document (`reported`) after a later one was recorded: no recorded rank moves, the
    older dose takes the next one (VC-42).
    """
    if reported and any(dose.occurred_on > on for dose in doses) and not complete(doses):
        on = date.max
    return place_of(known, doses, vaccine=vaccine, on=on, book=book)


def unforeseen(known: Known, doses: Sequence[Dose], place: Place, *, vaccine: str, on: date, book: RuleBook) -> str:
    """Why the doctrine of a day does not foresee this product for this dose, in French; empty when it does (VC-33).

    The recording judges the same by `immunizations.checks`, code `product_not_foreseen`. A product that nobody names breaks
    another rule.
    """
    if vaccine == products.UNKNOWN:
        return ""
    if place.series != Series.PRIMARY:
        codes = products.foreseen_for_booster(on, book)
        told = f"Le rappel se fait avec {products.named(codes, on, book)}."
        return "" if not codes or vaccine in codes else told
    if place.dose_number == 1:
        return ""
    first = min((dose for dose in doses if dose.occurred_on <= on), key=lambda dose: dose.occurred_on, default=None)
    if first is None or first.vaccine == products.UNKNOWN:
        return ""
    if vaccine in (codes := products.foreseen_after(first.vaccine, on, known.age_on(on), book)):
        return ""
    after = products.vaccine_label(first.vaccine, on, book)
    return f"Après une première dose de {after}, la doctrine de ce jour prévoit {products.named(codes, on, book) or 'un rappel'}."


def proposal_of(known: Known, doses: Sequence[Dose], on: date, book: RuleBook) -> Proposal | None:
    """The next dose of a person; None when the schedule is complete and no booster is open to them on that day."""
    if complete(doses):
        return _booster(known, doses, on, book)
    choices = [_choice(known, doses, row["code"], on, book) for row in products.authorised(on, book)]
    place = place_of(known, doses, vaccine=choices[0].code if choices else products.UNKNOWN, on=on, book=book)
    window = second_window(doses, book) if place.dose_number == 2 else None
    if window is not None:
        advised = second_dose_from(doses[0], known.age_on(on), on, book)
        window = replace(window, recommended=advised or window.recommended)
    return _proposal(place, choices, window, lock=place.dose_number > 1)


def second_window(doses: Sequence[Dose], book: RuleBook) -> DoseWindow | None:
    """When the second dose is due after the first of `doses`; None when the doctrine of its day said nothing of it."""
    try:
        return second_dose_window(book, doses[0].occurred_on, doses[0].vaccine)
    except (NotYetInForce, UnknownRule):
        return None


def _booster(known: Known, doses: Sequence[Dose], on: date, book: RuleBook) -> Proposal | None:
    last = doses[-1]
    series = boosters.next_booster(sum(dose.series != Series.PRIMARY for dose in doses))
    opens_on = boosters.opening_of(series, known, last.vaccine, on, book)
    if opens_on is None or opens_on > on:
        return None
    due_on = boosters.due_on(series, known, last.vaccine, last.occurred_on, on, book)
    choices = [_choice(known, doses, row["code"], on, book) for row in products.authorised(on, book)]
    place = place_of(known, doses, vaccine=last.vaccine, on=on, book=book)
    window = DoseWindow(due_on, due_on, date.max) if due_on else None
    return _proposal(place, choices, window, lock=False)


def _proposal(place: Place, choices: Sequence[VaccineChoice], window: DoseWindow | None, *, lock: bool) -> Proposal:
    foreseen = tuple(choice for choice in choices if not choice.reason_needed)
    return Proposal(
        dose_number=place.dose_number,
        series=place.series,
        series_doses=max((choice.series_doses for choice in foreseen), default=place.series_doses),
        vaccines=foreseen,
        others=tuple(choice for choice in choices if choice.reason_needed),
        locked=foreseen[0].code if lock and len(foreseen) == 1 else None,
        earliest=window.earliest if window else None,
        recommended=window.recommended if window else None,
        latest=window.latest if window and window.latest != date.max else None,
        is_booster=place.series != Series.PRIMARY,
    )


def _choice(known: Known, doses: Sequence[Dose], code: str, on: date, book: RuleBook) -> VaccineChoice:
    rule = next(row for row in products.authorised(on, book) if row["code"] == code)
    age, place = known.age_on(on), place_of(known, doses, vaccine=code, on=on, book=book)
    why_not = (unforeseen(known, doses, place, vaccine=code, on=on, book=book), products.under_age(rule, age))
    return VaccineChoice(
        code=code,
        label=rule["label"],
        series_doses=place.series_doses,
        warnings=tuple(filter(None, [products.age_warning(rule, age)])),
        reason_needed=" ".join(filter(None, why_not)),
        recommended=_advised(doses, place, code, age, on, book),
    )


def _advised(doses: Sequence[Dose], place: Place, code: str, age: int | None, on: date, book: RuleBook) -> date | None:
    """The day from which this product is advised as second dose."""
    if place.series != Series.PRIMARY or place.dose_number != 2 or not doses:
        return None
    if code == doses[0].vaccine:
        window = second_window(doses, book)
        return window.recommended if window else None
    return mixed_from(doses[0], on, book) or second_dose_from(doses[0], age, on, book)


def second_dose_from(first: Dose, age: int | None, on: date, book: RuleBook) -> date | None:
    """The day from which to book the second dose (VC-34); None where the doctrine says nothing of it.

    Where the first product is no longer recommended at that age and another may follow, the interval is that of the other.
    """
    rule = next((row for row in products.authorised(on, book) if row["code"] == first.vaccine), None)
    too_young = rule is not None and age is not None and rule["min_age"] <= age < rule["recommended_from"]
    if too_young and (mixed := mixed_from(first, on, book)):
        return mixed
    window = second_window([first], book)
    return window.recommended if window else None


def mixed_from(first: Dose, on: date, book: RuleBook) -> date | None:
    """The day from which another product than the first is advised; None where the doctrine of a day sets no such interval."""
    rule = next((row for row in products.authorised(on, book) if row["code"] == first.vaccine), None)
    interval: int | None = rule["mixed_interval"] if rule is not None else None
    given_on: date = first.occurred_on
    return given_on + timedelta(days=interval) if interval else None
