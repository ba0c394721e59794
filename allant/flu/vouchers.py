"""Vouchers: those of a wave, written with its invitations; one handed over by a professional; the code a pharmacy types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from allant import clock
from allant.campaigns import keyring
from allant.campaigns.actions import reserve_serials
from allant.campaigns.codes import read, render
from allant.campaigns.enclosures import Words
from allant.campaigns.messages import spaced
from allant.campaigns.models import Campaign, Invitation, Wave
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import RuleBook, rules
from allant.flu.eligibility import Case, groups_on
from allant.flu.known import case_of
from allant.flu.models import Delivery, Origin, Voucher, VoucherBatch
from allant.flu.seasons import Season, no_season, season_in_force, season_on
from allant.outreach.actions import drop_messages
from allant.people.models import Person

REPLACED = "remplacé par un autre bon"
REISSUED = "code réémis"


class VoucherRefused(ValueError):
    """A voucher that cannot be handed over; says why in French."""


@dataclass(frozen=True, kw_only=True)
class By:
    """Who acts: `name` as in the access log, the professional and the structure when known."""

    name: str
    practitioner: Practitioner | None = None
    organisation: Organisation | None = None


# Whoever holds one already, or has the vaccine, receives none: their letter does not leave (`OfLetters.words`).
_OF_WAVE = """
INSERT INTO flu_voucher (season, person_id, batch_id, code_serial, code_key_version, origin, issued_on, issued_by)
SELECT %s, i.person_id, %s, i.code_serial, i.code_key_version, 'letter', i.invited_on, %s
FROM campaigns_invitation AS i
WHERE i.code_serial BETWEEN %s AND %s AND i.wave_id = %s AND i.revoked_at IS NULL
  AND NOT EXISTS (SELECT FROM flu_delivery AS d WHERE d.person_id = i.person_id AND d.season = %s AND d.cancelled_at IS NULL)
ORDER BY i.code_serial ON CONFLICT DO NOTHING
"""
_WORDS = """
SELECT i.id, v.season, b.number, v.issued_on FROM campaigns_invitation AS i
JOIN flu_voucher AS v ON v.code_serial = i.code_serial AND v.revoked_at IS NULL
JOIN flu_voucherbatch AS b ON b.id = v.batch_id
WHERE i.id = ANY(%s)
  AND NOT EXISTS (SELECT FROM flu_delivery AS d WHERE d.voucher_id = v.id AND d.cancelled_at IS NULL)
"""
_SLIP = """Bon de prise en charge du vaccin contre la grippe
Nom\t{name}
Numéro du bon\t{code}
Série\t{batch}
Saison\t{season}, jusqu'au {until}
Vaccin\tpris en charge à 100 % en pharmacie sur présentation de ce bon, une seule fois"""


class OfLetters:
    """The vouchers that go with the letters of a campaign (an `Enclosure`)."""

    def refusal(self, campaign: Campaign, on: date) -> str:
        """A voucher is of a season: none leaves outside."""
        book = rules.as_known_on(on)
        return "" if season_on(book, on) else no_season(book, on)

    def write(self, wave: Wave, first: int, last: int) -> None:
        """One voucher an invitation, set-based; its code is that of the invitation."""
        season = season_on(rules.as_known_on(wave.planned_on), wave.planned_on)
        assert season is not None, "a wave was frozen outside a season"
        batch, _ = VoucherBatch.objects.get_or_create(
            wave=wave,
            defaults={
                "number": f"{season.code}-{wave.campaign.pk:04d}-{wave.number:03d}", "season": season.code,
                "made_at": clock.now(), "made_by": wave.launched_by,
            },
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_OF_WAVE, [season.code, batch.pk, wave.launched_by, first, last, wave.pk, season.code])

    def replace(self, former: Invitation, fresh: Invitation, by: str) -> None:
        """The voucher of a re-issued code: the former one is revoked, unless the vaccine is delivered."""
        standing = Voucher.objects.standing().select_for_update().filter(code_serial=former.code_serial).first()
        if standing is None:
            return
        if standing.deliveries.standing().exists():
            raise ValueError("Le vaccin est déjà délivré avec ce bon : il n'en faut pas d'autre cette saison.")
        _revoke(standing, by, REISSUED)
        Voucher.objects.create(
            season=standing.season, person_id=standing.person_id, batch_id=standing.batch_id, code_serial=fresh.code_serial,
            code_key_version=fresh.code_key_version, origin=Origin.LETTER, issued_on=fresh.invited_on, issued_by=by,
        )  # fmt: skip

    def words(self, invitations: Sequence[int]) -> Words:
        """Batch, season, last day, and the slip to cut out, for those whose voucher stands unspent."""
        with connection.cursor() as cursor:
            cursor.execute(_WORDS, [list(invitations)])
            rows = cursor.fetchall()
        of_day = {day: season_in_force(rules.as_known_on(day), day) for day in {row[3] for row in rows}}
        return {
            pk: {"batch": number, "season": f"{season}-{int(season) + 1}", "until": _last_day(of_day[day]), "slip": _SLIP}
            for pk, season, number, day in rows
        }


def _last_day(season: Season | None) -> str:
    return f"{season.ends_on:%d/%m/%Y}" if season else ""


def voucher_of_code(typed: str) -> Voucher | None:
    """The voucher behind a typed code, revoked ones included; None for an unknown one. Raises `codes.Mistyped`."""
    serials = {version: read(typed, key) for version, key in keyring.keys().items()}
    matches = [Q(code_serial=serial, code_key_version=version) for version, serial in serials.items()]
    found: Voucher | None = Voucher.objects.filter(reduce(or_, matches)).select_related("person__merged_into", "batch").first()
    return found


def code_text(voucher: Voucher) -> str:
    """The code as it is handed over: three groups of four characters."""
    (code,) = render([voucher.code_serial], keyring.key(voucher.code_key_version))
    return spaced(code)


@transaction.atomic
def hand_over(
    *, person: Person, group: str, by: By, on: date, book: RuleBook, source_key: str
) -> Voucher:
    """Give the person a voucher after checking that they belong to a group (RP-23); the former one is dead at once.

    A group that the register does not show is vouched for by the professional, where a known age does not contradict it.
    The same key gives the same voucher. Raises VoucherRefused.
    """
    standing = Person.objects.select_for_update(no_key=True).get(pk=person.merged_into_id or person.pk)
    if (sent := Voucher.objects.filter(source_key=source_key).first()) is not None:
        return _same(sent, standing)
    season = season_on(book, on)
    if season is None:
        raise VoucherRefused(no_season(book, on))
    declared = _checked(standing, group, case_of(standing, on, book), on, book)
    if Delivery.objects.standing().of_season(season.code).borne_by(standing).exists():
        raise VoucherRefused("Le vaccin de cette saison est déjà délivré à cette personne : un bon n'en donne qu'un.")
    for former in Voucher.objects.standing().of_season(season.code).borne_by(standing).select_for_update():
        _revoke(former, by.name, REPLACED)
        _withdraw_letter(former)
    return _made(
        season=season.code, person=standing, code_serial=reserve_serials(1), code_key_version=keyring.current().version,
        origin=Origin.PROFESSIONAL, group=group, declared=declared, issued_on=on, issued_by=by.name,
        practitioner=by.practitioner, organisation=by.organisation, source_key=source_key,
    )  # fmt: skip


def _same(sent: Voucher, person: Person) -> Voucher:
    if sent.person_id != person.pk:
        raise VoucherRefused("Cette clé a déjà servi pour une autre personne : envoyez une clé par bon.")
    return sent


def _made(**values: Any) -> Voucher:
    try:
        with transaction.atomic():
            made: Voucher = Voucher.objects.create(**values)
            return made
    except IntegrityError as error:  # a wave wrote theirs at this very moment
        raise VoucherRefused("Un bon vient d'être émis pour cette personne : recommencez pour le remplacer.") from error


def _checked(person: Person, code: str, case: Case, on: date, book: RuleBook) -> bool:
    """Whether the group rests on the professional's word alone. Raises VoucherRefused."""
    if person.died_on and person.died_on <= on:
        raise VoucherRefused("Cette personne est décédée d'après l'état civil : vérifiez l'identité.")
    if case.ame:
        raise VoucherRefused(
            "Cette personne relève de l'aide médicale de l'État : le vaccin se retire sur l'ordonnance d'un médecin, sans bon."
        )
    group = next((each for each in groups_on(book, on) if each.code == code), None)
    if group is None:
        raise VoucherRefused("Choisissez le groupe qui rend la personne éligible.")
    if code in case.groups:
        return False
    if not group.may_be_declared(case.age):
        raise VoucherRefused(f"« {group.named} » : l'âge de cette personne ne le permet pas. Vérifiez le groupe choisi.")
    return True


def _revoke(voucher: Voucher, by: str, why: str) -> None:
    voucher.revoked_at, voucher.revoked_by, voucher.revoked_why = clock.now(), by[:200], why
    voucher.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])


def _withdraw_letter(voucher: Voucher) -> None:
    """The letter that would have brought it, while it waits."""
    if voucher.batch_id is not None:
        for number in Invitation.objects.filter(code_serial=voucher.code_serial).values_list("pk", flat=True):
            drop_messages(cause_kind="invitation", cause_id=number, reason=REPLACED)
