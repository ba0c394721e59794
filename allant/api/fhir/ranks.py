"""The rank of an act that does not say it whole: decided as the téléservice decides it, from what is known of the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from allant.api.fhir.outcomes import Refusal, refusal
from allant.api.fhir.reading import Received
from allant.doctrine import RuleBook
from allant.immunizations.models import Dose, Series
from allant.vaccination.history import refused_as_history
from allant.vaccination.known import Known
from allant.vaccination.proposals import place_of_entry
from allant.vaccination.state import State, states_of

BOOSTERS = (Series.BOOSTER, Series.SECOND_BOOSTER, Series.THIRD_BOOSTER)
_SERIES = {series.value: series.value for series in Series} | {series.label: series.value for series in Series}


def complete(acts: Sequence[Received], book: RuleBook) -> dict[int, Refusal]:
    """Fill rank, doses of the series and series of acts whose persons are known, in two queries at most.

    What the sender gives stands, and is checked at recording. Acts of one person follow each other by date. Gives the refusals,
    by position, of those that rest on a document and may not (VC-42).
    """
    refusals = {}
    for position, act in enumerate(acts):
        act.series = _SERIES.get(act.series or "")
        if act.proof and (why := refused_as_history(act.occurred_on, act.proof, book)):
            element = "Immunization.reportOrigin"
            refusals[position] = refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "business-rule", why, element)
    left = [act for position, act in enumerate(acts) if position not in refusals]
    if any(act.dose_number is None or act.series_doses is None for act in left):
        for state, theirs in _by_person(left):
            _follow(state.known, list(state.doses), theirs, book)
    for act in left:
        act.series = act.series or _series(int(act.dose_number or 0), int(act.series_doses or 0))
    return refusals


def _by_person(acts: Sequence[Received]) -> Iterator[tuple[State, list[Received]]]:
    """The acts of each person, in their order, under whichever of their records they come."""
    states = states_of(act.patient.pk for act in acts if act.patient.pk is not None)
    found: dict[int, tuple[State, list[Received]]] = {}
    for act in acts:
        if state := states.get(act.patient.pk or 0):
            found.setdefault(state.known.person.pk, (state, []))[1].append(act)
    yield from found.values()


def _follow(known: Known, doses: list[Dose], acts: list[Received], book: RuleBook) -> None:
    """Place the acts of one person, the oldest first, each after the doses before it."""
    for act in sorted(acts, key=lambda one: one.occurred_on):
        if act.dose_number is None or act.series_doses is None:
            _place(known, doses, act, book)
        series = act.series or _series(int(act.dose_number or 0), int(act.series_doses or 0))
        placed = {"dose_number": act.dose_number, "series": series, "series_doses": act.series_doses}
        doses.append(Dose(occurred_on=act.occurred_on, vaccine=act.vaccine, **placed))
        doses.sort(key=lambda dose: dose.occurred_on)


def _place(known: Known, doses: Sequence[Dose], act: Received, book: RuleBook) -> None:
    same = next((dose for dose in doses if (dose.occurred_on, dose.vaccine) == (act.occurred_on, act.vaccine)), None)
    if same is not None:
        # Sent again, or already known from elsewhere: the very dose.
        act.dose_number, act.series_doses, act.series = same.dose_number, same.series_doses, same.series
        return
    place = place_of_entry(
        known, doses, vaccine=act.vaccine, on=act.occurred_on, book=book, reported=bool(act.proof)
    )
    if act.dose_number is None:
        act.series = act.series or place.series
    act.dose_number = act.dose_number or place.dose_number
    act.series_doses = act.series_doses or place.series_doses


def _series(dose_number: int, series_doses: int) -> str:
    """Primary up to the doses it needs, a booster of its rank beyond."""
    beyond = dose_number - series_doses
    return Series.PRIMARY.value if beyond <= 0 else BOOSTERS[min(beyond, len(BOOSTERS)) - 1].value
