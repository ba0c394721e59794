"""The rank of an act that does not say it whole: completed from the person's journey, as the téléservice proposes it."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from allant.api.fhir.outcomes import refusal
from allant.api.fhir.reading import Received
from allant.doctrine import RuleBook
from allant.immunizations.models import Dose, Series
from allant.people.models import Person
from allant.vaccination.journey import Journey, journey_of

BOOSTERS = (Series.BOOSTER, Series.SECOND_BOOSTER, Series.THIRD_BOOSTER)
_SERIES = {series.value: series.value for series in Series} | {series.label: series.value for series in Series}


def complete(act: Received, book: RuleBook) -> None:
    """Fill rank, doses of the series and series. What the sender gives stands, and is checked at recording. Raises Refusal."""
    act.series = _SERIES.get(act.series or "")
    if act.dose_number is None or act.series_doses is None:
        _from_journey(act, book)
    if act.series is None:
        act.series = _series(int(act.dose_number or 0), int(act.series_doses or 0))


def _series(dose_number: int, series_doses: int) -> str:
    """Primary up to the doses it needs, a booster of its rank beyond."""
    beyond = dose_number - series_doses
    return Series.PRIMARY.value if beyond <= 0 else BOOSTERS[min(beyond, len(BOOSTERS)) - 1].value


def _from_journey(act: Received, book: RuleBook) -> None:
    journey = journey_of(Person.objects.get(pk=act.patient.pk), act.occurred_on, book)
    if same := _same(journey, act.occurred_on, act.vaccine):
        # Sent again, or already known from elsewhere: the very dose.
        act.dose_number, act.series_doses, act.series = same.dose_number, same.series_doses, same.series
        return
    proposal = journey.next
    if proposal is None:
        text = "Aucune dose n'est prévue à cette date pour cette personne : donnez le rang et le nombre de doses du schéma."
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "business-rule", text, "Immunization.protocolApplied")
    choices = {choice.code: choice for choice in (*proposal.vaccines, *proposal.others)}
    chosen = choices.get(act.vaccine)
    number = act.dose_number
    act.dose_number = number or proposal.dose_number
    act.series_doses = act.series_doses or (chosen.series_doses if chosen else proposal.series_doses)
    if number is None:
        act.series = act.series or proposal.series


def _same(journey: Journey, occurred_on: date, vaccine: str) -> Dose | None:
    return next((dose for dose in journey.doses if (dose.occurred_on, dose.vaccine) == (occurred_on, vaccine)), None)
