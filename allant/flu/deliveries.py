"""The vaccine at the pharmacy: delivered once, whoever asks at the same second (RP-23 to RP-26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from allant import clock
from allant.doctrine import NotYetInForce, RuleBook
from allant.flu.eligibility import Way, way_of
from allant.flu.known import case_of
from allant.flu.models import Delivery, Ground, Voucher
from allant.flu.vouchers import By
from allant.people.models import Person


class DeliveryRefused(ValueError):
    """A vaccine that is not to be delivered so. `code` tells programs why; the text is French and says what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Prescription:
    """An ordonnance as shown: `profession` is a code of `teleservice.professions`."""

    name: str
    profession: str
    on: date


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What the pharmacist hands over: a code of `flu.vaccines`, the lot on the box."""

    vaccine: str
    lot: str


@transaction.atomic
def deliver(
    *, person: Person, handed: Handed, by: By, on: date, book: RuleBook, source_key: str,
    voucher: Voucher | None = None, prescription: Prescription | None = None,
) -> Delivery:  # fmt: skip
    """Record the vaccine handed over; its voucher is spent with the same statement. The same key delivers once.

    Without a voucher: on a doctor's ordonnance for a person covered by the AME (RP-26), or at the person's own cost outside the
    recommendations, once the priority is over (RP-25). Raises DeliveryRefused.
    """
    standing = Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    if (sent := Delivery.objects.filter(source_key=source_key).select_related("voucher", "dose").first()) is not None:
        return _same(sent, standing, voucher)
    if voucher is not None:
        _check_voucher(voucher, standing, on)
    way = way_of(case_of(standing, on, book, vouched=voucher.group if voucher else ""), on, book)
    _check_way(way, standing, on)
    ground = _ground(way, voucher)
    _check_prescription(way, prescription, on)
    _check_vaccine(handed, standing, on, book)
    return _insert(
        standing, way, voucher, prescription,
        ground=ground, vaccine=handed.vaccine, lot=handed.lot.strip(), delivered_on=on, delivered_at=clock.now(),
        delivered_by=by.name, practitioner=by.practitioner, organisation=by.organisation, source_key=source_key,
    )  # fmt: skip


@transaction.atomic
def cancel_delivery(*, delivery: Delivery, by: By, reason: str) -> Delivery:
    """A delivery recorded by mistake, by the pharmacy that recorded it, before any injection: the voucher may be used again.

    Again, nothing changes. Raises DeliveryRefused.
    """
    bearer = Person.objects.get(pk=delivery.person_id)
    Person.objects.select_for_update(no_key=True).get(pk=bearer.merged_into_id or bearer.pk)
    locked: Delivery = Delivery.objects.select_related("dose").get(pk=delivery.pk)
    if locked.cancelled_at is not None:
        return locked
    if not reason.strip():
        raise DeliveryRefused("reason", "Indiquez le motif : il est conservé avec la délivrance.")
    if locked.delivered_by != by.name and (by.organisation is None or locked.organisation != by.organisation):
        raise DeliveryRefused("not_yours", "Seule la pharmacie qui a délivré ce vaccin peut annuler la délivrance.")
    if locked.dose is not None and locked.dose.ended_at is None:
        raise DeliveryRefused("injected", "Le vaccin est injecté : annulez d'abord l'injection.")
    locked.cancelled_at, locked.cancelled_by, locked.cancelled_why = clock.now(), by.name[:200], reason.strip()[:200]
    locked.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_why"])
    return locked


def vaccines_on(book: RuleBook, on: date) -> list[dict[str, Any]]:
    """The vaccines of the season, as `flu.vaccines` says them."""
    try:
        return [row for row in book.value("flu.vaccines", on) if row["available"]]
    except NotYetInForce:
        return []


def _same(sent: Delivery, person: Person, voucher: Voucher | None) -> Delivery:
    if sent.person_id != person.pk or sent.voucher_id != (voucher.pk if voucher else None):
        raise DeliveryRefused("key_reused", "Cette clé a déjà servi pour une autre délivrance : envoyez une clé par délivrance.")
    return sent


def _check_voucher(voucher: Voucher, person: Person, on: date) -> None:
    borne_by = voucher.person.merged_into_id or voucher.person_id
    if borne_by != person.pk:
        raise DeliveryRefused("another_person", "Ce bon est au nom d'une autre personne.")
    if reason := unusable(voucher):
        raise DeliveryRefused(*reason)
    if voucher.issued_on > on:
        raise DeliveryRefused("not_yet", f"Ce bon vaut à partir du {voucher.issued_on:%d/%m/%Y}.")


def unusable(voucher: Voucher) -> tuple[str, str] | None:
    """Why a voucher gives no vaccine any more, as a code and in French; None when it does. Its season is looked at elsewhere."""
    fresh = Voucher.objects.get(pk=voucher.pk)  # revoked since it was read, perhaps
    if fresh.revoked_at is not None:
        return "revoked", "Ce bon ne vaut plus : un autre bon l'a remplacé. Demandez à la personne le dernier reçu."
    spent = Delivery.objects.standing().filter(voucher=voucher).first()
    if spent is not None:
        return "spent", f"Ce bon est déjà utilisé : le vaccin a été délivré le {spent.delivered_on:%d/%m/%Y}."
    return None


def _check_way(way: Way, person: Person, on: date) -> None:
    if person.died_on and person.died_on <= on:
        raise DeliveryRefused("dead", "Cette personne est décédée d'après l'état civil : vérifiez l'identité.")
    if way.refusal:
        raise DeliveryRefused("closed" if way.season is None else "priority", way.refusal)
    assert way.season is not None
    given = Delivery.objects.standing().of_season(way.season.code).borne_by(person).first()
    if given is not None:
        raise DeliveryRefused(
            "already", f"Le vaccin de cette saison est déjà délivré à cette personne, le {given.delivered_on:%d/%m/%Y}."
        )


def _ground(way: Way, voucher: Voucher | None) -> str:
    assert way.season is not None
    if way.contact == "prescription":
        return Ground.PRESCRIPTION.value
    if voucher is None:
        if way.recommended:
            raise DeliveryRefused("voucher", "Cette personne est éligible : remettez-lui d'abord un bon de prise en charge.")
        return Ground.OWN_COST.value
    if voucher.season != way.season.code:
        raise DeliveryRefused("season", f"Ce bon est de la saison {voucher.season}-{int(voucher.season) + 1} : il ne vaut plus.")
    return Ground.VOUCHER.value


def _check_prescription(way: Way, prescription: Prescription | None, on: date) -> None:
    if not way.prescribers:
        return
    if prescription is None or not prescription.name.strip():
        why = "relève de l'aide médicale de l'État" if way.contact == "prescription" else "est mineure"
        raise DeliveryRefused("prescription", f"Cette personne {why} : une ordonnance est nécessaire, indiquez-la.")
    if prescription.profession not in way.prescribers:
        who = "un médecin" if way.prescribers == ("medecin",) else "un médecin ou une sage-femme"
        raise DeliveryRefused("prescriber", f"Pour cette personne, l'ordonnance doit être celle d'{who} : vérifiez-la.")
    if prescription.on > on:
        raise DeliveryRefused("prescribed_on", "La date de l'ordonnance est dans le futur : vérifiez-la.")


def _check_vaccine(handed: Handed, person: Person, on: date, book: RuleBook) -> None:
    found = next((row for row in vaccines_on(book, on) if row["code"] == handed.vaccine), None)
    if found is None:
        raise DeliveryRefused("vaccine", "Ce vaccin n'est pas de cette saison : choisissez-le dans la liste.")
    if not handed.lot.strip():
        raise DeliveryRefused("lot", "Indiquez le numéro de lot imprimé sur la boîte.")
    if person.birth_date is not None and months_between(person.birth_date, on) < found["min_age_months"]:
        years, months = divmod(found["min_age_months"], 12)
        least = f"{years} ans" if not months else f"{found['min_age_months']} mois"
        raise DeliveryRefused("age", f"{found['label']} se donne à partir de {least} : choisissez un autre vaccin.")


def months_between(born: date, on: date) -> int:
    """Whole months from a birth to a day."""
    return 12 * (on.year - born.year) + on.month - born.month - (on.day < born.day)


def _insert(
    person: Person, way: Way, voucher: Voucher | None, prescription: Prescription | None, **values: Any
) -> Delivery:
    assert way.season is not None and way.cover is not None
    shown = prescription if way.prescribers else None
    try:
        with transaction.atomic():
            made: Delivery = Delivery.objects.create(
                person=person, season=way.season.code, voucher=voucher if values["ground"] == Ground.VOUCHER else None,
                prescriber_name=shown.name.strip()[:200] if shown else "",
                prescriber_profession=shown.profession if shown else "",
                prescribed_on=shown.on if shown else None, vaccine_percent=way.cover.vaccine, act_percent=way.cover.act,
                complementary_percent=way.cover.complementary, cover_rule=way.cover.rule_id, **values,
            )  # fmt: skip
            return made
    except IntegrityError as error:  # a record merged meanwhile: the lock was on another
        raise DeliveryRefused("already", "Le vaccin de cette saison vient d'être délivré à cette personne.") from error


