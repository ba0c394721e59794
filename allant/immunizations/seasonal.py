"""Recording a dose given each season (influenza): a row beside those of Covid-19, under rules of its own (decision 0031).

There is no schedule to judge, and no interval with a vaccination against another disease (RP-27): only what no dose may break.
Who may give it, and against what, is the programme's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from allant import clock
from allant.directory.models import Organisation, Practitioner
from allant.immunizations.models import SEASONAL, Dose, Lot
from allant.immunizations.querysets import lot_number
from allant.people.models import Person


class SeasonalDoseRefused(ValueError):
    """A dose that cannot be recorded so; says why in French."""


@dataclass(frozen=True, kw_only=True)
class SeasonalAct:
    """What was done: `disease` and `vaccine` as in `Dose`, `lot` as printed on the box."""

    disease: str
    occurred_on: date
    vaccine: str
    lot: str
    site: str = ""
    place_kind: str = ""
    organisation: Organisation | None = None
    practitioner: Practitioner | None = None


@transaction.atomic
def record_seasonal_dose(*, person: Person, act: SeasonalAct, source: str, source_key: str, by: str, today: date) -> Dose:
    """Record the dose under the record that stands for the person; the one already there when it was sent before.

    Its rank counts the doses known against that disease, those of past seasons included. Raises SeasonalDoseRefused.
    """
    standing = Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    if (sent := Dose.objects.filter(source_key=source_key).first()) is not None:
        return _same(sent, standing, act)
    if reason := _refused(standing, act, today):
        raise SeasonalDoseRefused(reason)
    known = Dose.objects.current().against(act.disease).given_to(standing)
    if known.filter(occurred_on=act.occurred_on).exists():
        raise SeasonalDoseRefused("Une injection contre la même maladie est déjà enregistrée ce jour-là pour cette personne.")
    return Dose.objects.create(
        person=standing, disease=act.disease, occurred_on=act.occurred_on, vaccine=act.vaccine, series=SEASONAL, series_doses=1,
        dose_number=(known.aggregate(last=Max("dose_number"))["last"] or 0) + 1, lot=lot_number(act.lot), site=act.site,
        place_kind=act.place_kind, organisation=act.organisation, practitioner=act.practitioner, recorded_at=clock.now(),
        recorded_by=by, source=source, source_key=source_key,
    )  # fmt: skip


def _same(sent: Dose, person: Person, act: SeasonalAct) -> Dose:
    borne_by = sent.person.merged_into_id or sent.person_id
    if (borne_by, sent.disease, sent.occurred_on, sent.vaccine) != (person.pk, act.disease, act.occurred_on, act.vaccine):
        raise SeasonalDoseRefused("Cette clé a déjà servi pour une autre dose : envoyez une clé par dose.")
    return sent


def _refused(person: Person, act: SeasonalAct, today: date) -> str:
    if act.occurred_on > today:
        return "Date dans le futur : une dose s'enregistre le jour même ou après."
    if person.birth_date and act.occurred_on < person.birth_date:
        return "Date antérieure à la naissance : vérifiez la date et la personne."
    if person.died_on and act.occurred_on > person.died_on:
        return "Date postérieure au décès : vérifiez la date et la personne."
    lot = Lot.objects.filter(vaccine=act.vaccine, number=lot_number(act.lot)).first()
    if lot and lot.recalled_on and lot.recalled_on <= act.occurred_on:
        return "Lot rappelé à cette date : n'utilisez pas ce vaccin."
    if lot and lot.expires_on and lot.expires_on < act.occurred_on:
        return "Lot périmé à cette date : vérifiez le numéro de lot et la date."
    return ""
