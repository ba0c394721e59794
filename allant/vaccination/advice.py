"""What the professional should know before the next dose: French sentences that inform and block nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from allant.doctrine import NotYetInForce, RuleBook, add_delay
from allant.immunizations.models import Dose, Series
from allant.vaccination import products
from allant.vaccination.known import Known
from allant.vaccination.proposals import Proposal, complete
from allant.vaccination.schedule import month_counting


def warnings_of(known: Known, doses: Sequence[Dose], following: Proposal | None, on: date, book: RuleBook) -> Iterator[str]:
    """One sentence for each thing to know, the gravest first."""
    if known.person.died_on is not None:
        yield f"Décès enregistré le {known.person.died_on:%d/%m/%Y} : vérifiez l'identité du patient."
    if known.person.birth_date is None:
        yield "Date de naissance inconnue : l'âge ne peut être vérifié."
    yield from _forced(doses)
    yield from _infection(known, doses, on, book)
    if following is not None:
        yield from _dates(following, doses, on)
    elif complete(doses):
        yield "Schéma complet : aucune dose n'est prévue à ce jour pour ce patient."


def _forced(doses: Sequence[Dose]) -> Iterator[str]:
    for dose in doses:
        if dose.forced_reason:
            yield f"Dose de rang {dose.dose_number} enregistrée hors doctrine, motif : {dose.forced_reason}."


def _infection(known: Known, doses: Sequence[Dose], on: date, book: RuleBook) -> Iterator[str]:
    """What a past infection changes (VC-40)."""
    infected_on = known.infected_by(on)
    try:
        rule = book.value("covid.infection", on)
    except NotYetInForce:
        return
    if complete(doses):
        yield from _instead_of_booster(known, doses, on, book)
        return
    if infected_on is None:
        return
    counts_from = add_delay(infected_on, rule["min_delay"])
    told = f"Infection du {infected_on:%d/%m/%Y}"
    if counts_from > on and not doses:
        yield f"{told} : la vaccination est conseillée à partir du {counts_from:%d/%m/%Y}, {rule['min_delay']} après."
    elif doses and doses[0].series == Series.PRIMARY and _would_be_complete(known, doses, book):
        yield f"{told} : selon la doctrine du jour de la première dose, elle suffisait. Corrigez-la pour le constater."
    elif not doses and rule["counted_doses"] and not _excepted(known, on, rule["immunodepressed_too"]):
        yield f"{told} : elle compte pour une dose, une seule dose est prévue."


def _instead_of_booster(known: Known, doses: Sequence[Dose], on: date, book: RuleBook) -> Iterator[str]:
    """An infection long enough after the complete schedule stands for the booster, since the doctrine says so (RP-01)."""
    try:
        delay = book.value("covid.booster.infection_replaces", on)
    except NotYetInForce:
        return
    completed_on = next(dose.occurred_on for dose in doses if dose.dose_number == dose.series_doses)
    later = [day for day in known.infections if add_delay(completed_on, delay, month_counting(book, on)) <= day <= on]
    if later and all(dose.series == Series.PRIMARY for dose in doses):
        yield f"Infection du {later[0]:%d/%m/%Y}, {delay} ou plus après le schéma complet : elle tient lieu de rappel."


def _would_be_complete(known: Known, doses: Sequence[Dose], book: RuleBook) -> bool:
    first = doses[0]
    immunodepressed = known.in_situation("immunodepressed", first.occurred_on)
    infected_on = known.infected_by(first.occurred_on)
    needed = products.doses_needed(first.vaccine, first.occurred_on, infected_on, immunodepressed, book)
    return bool(needed < first.series_doses)


def _excepted(known: Known, on: date, immunodepressed_too: bool) -> bool:
    return not immunodepressed_too and known.in_situation("immunodepressed", on)


def _dates(following: Proposal, doses: Sequence[Dose], on: date) -> Iterator[str]:
    if following.earliest is not None and on < following.earliest:
        since = (on - doses[-1].occurred_on).days
        when = f"il y a {since} jour{'s' if since > 1 else ''}" if since else "aujourd'hui"
        yield (
            f"Dernière dose {when} : la suivante est possible à partir du "
            f"{following.earliest:%d/%m/%Y}. Avant, un motif écrit est demandé."
        )
    if following.latest is not None and on > following.latest:
        yield f"L'intervalle prévu par la doctrine est dépassé depuis le {following.latest:%d/%m/%Y}."
    if following.locked is None and len(following.vaccines) > 1 and following.dose_number > 1 and not following.is_booster:
        yield "La doctrine de ce jour permet un autre vaccin que celui de la première dose."
