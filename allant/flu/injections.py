"""The injection of a vaccine that a pharmacy delivered, recorded as an immunization (RP-24, RP-27)."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from allant.doctrine import RuleBook
from allant.flu.models import Delivery
from allant.flu.seasons import no_season, season_in_force
from allant.flu.vouchers import By
from allant.immunizations.act import CorrectionRefused
from allant.immunizations.corrections import cancel_dose
from allant.immunizations.models import INFLUENZA, Dose
from allant.immunizations.seasonal import SeasonalAct, SeasonalDoseRefused, record_seasonal_dose
from allant.people.models import Person


class InjectionRefused(ValueError):
    """An injection that cannot be recorded so; says why in French."""


@transaction.atomic
def inject(
    *, person: Person, on: date, by: By, today: date, book: RuleBook, source: str, source_key: str, site: str = "",
    place_kind: str = "",
) -> Dose:  # fmt: skip
    """Record the injection of the vaccine delivered this season: its vaccine and its lot are those of the pharmacy.

    A Covid-19 vaccination of the same day, or of any day, is no obstacle (RP-27). The same key records once.
    Raises InjectionRefused.
    """
    standing = Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    season = season_in_force(book, on)
    if season is None:
        raise InjectionRefused(no_season(book, on))
    delivery = Delivery.objects.standing().of_season(season.code).borne_by(standing).select_related("dose").first()
    _check(delivery, on, source_key)
    assert delivery is not None
    act = SeasonalAct(
        disease=INFLUENZA, occurred_on=on, vaccine=delivery.vaccine, lot=delivery.lot, site=site, place_kind=place_kind,
        organisation=by.organisation, practitioner=by.practitioner,
    )  # fmt: skip
    try:
        dose = record_seasonal_dose(person=standing, act=act, source=source, source_key=source_key, by=by.name, today=today)
    except SeasonalDoseRefused as refused:
        raise InjectionRefused(str(refused)) from refused
    if dose.ended_at is None and delivery.dose_id != dose.pk:
        delivery.dose = dose
        delivery.save(update_fields=["dose"])
    return dose


@transaction.atomic
def cancel_injection(*, delivery: Delivery, by: By, reason: str) -> None:
    """An injection recorded by mistake: by who recorded it, with its reason. The vaccine is delivered, to be injected."""
    if delivery.dose is None:
        raise InjectionRefused("Aucune injection n'est enregistrée pour ce vaccin.")
    try:
        cancel_dose(dose=delivery.dose, by=by.name, reason=reason)
    except CorrectionRefused as refused:
        raise InjectionRefused(str(refused)) from refused


def _check(delivery: Delivery | None, on: date, source_key: str) -> None:
    if delivery is None:
        raise InjectionRefused(
            "Aucun vaccin n'a été délivré à cette personne par une pharmacie cette saison : il se retire d'abord à la pharmacie, "
            "les cabinets et les centres n'en ont pas."
        )
    if on < delivery.delivered_on:
        raise InjectionRefused(f"Le vaccin a été délivré le {delivery.delivered_on:%d/%m/%Y} : l'injection ne peut pas précéder.")
    given = delivery.dose
    if given is not None and given.ended_at is None and given.source_key != source_key:
        raise InjectionRefused(f"L'injection de ce vaccin est déjà enregistrée, le {given.occurred_on:%d/%m/%Y}.")
