"""Registering by hand a person whose number the register does not know (VC-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pghistory
import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction

from allant.geography import fold
from allant.people import matricule
from allant.people.models import ContactKind, ContactPoint, Matricule, MatriculeKind, Person

OLDEST = 130  # years
MONTHS = range(1, 13)
KINDS = {matricule.NIR_OR_NIA: MatriculeKind.NIR, matricule.NNP: MatriculeKind.NNP, matricule.MIG: MatriculeKind.MIG}
# The numbering plans dialled from France with a national number, overseas included.
REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "NC", "PF", "WF")
FICTIONAL = "063998"  # mobile numbers kept for fiction: invalid for the library, borne by synthetic people
LOCKS = 4_916  # the class of the advisory locks taken here


class RegistrationRefused(ValueError):
    """A person who cannot be registered so: `field` names the faulty entry; the text is French, without name or number."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class NewPerson:
    """What was typed. `number` has 13 characters; `phone` and `email` are as `read_phone` and a form left them, or empty."""

    number: str
    family_name: str
    given_names: str
    birth_date: date
    sex: str
    birth_rank: int
    postcode: str
    commune_code: str
    departement_code: str
    phone: str = ""
    email: str = ""


def doubts_about(new: NewPerson) -> list[str]:
    """What the number says otherwise than the entry: sex, year and month of birth. French sentences; none when all agrees."""
    number, doubts = new.number, []
    if number[0] not in "12":
        return doubts
    if {"1": "M", "2": "F"}[number[0]] != new.sex:
        doubts.append(f"Le numéro commence par {number[0]}, celui d'{'un homme' if number[0] == '1' else 'une femme'}.")
    year, month = int(number[1:3]), int(number[3:5])
    if year != new.birth_date.year % 100:
        doubts.append(f"L'année de naissance inscrite dans le numéro est {year:02d}, celle saisie est {new.birth_date.year}.")
    if month in MONTHS and month != new.birth_date.month:
        doubts.append(f"Le mois de naissance inscrit dans le numéro est {month:02d}, celui saisi est {new.birth_date.month:02d}.")
    return doubts


def read_phone(text: str) -> str:
    """A telephone number as the register keeps it: ten digits for France, `+…` for a foreign one. Raises RegistrationRefused."""
    digits = "".join(character for character in text if character.isdigit())
    for national in (digits, "0" + digits.removeprefix("0033").removeprefix("33")):
        if national.startswith(FICTIONAL) and len(national) == 10:
            return national
    for region in REGIONS:
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            break
        if phonenumbers.is_valid_number(parsed):
            french = phonenumbers.region_code_for_number(parsed) in REGIONS
            national = "0" + phonenumbers.national_significant_number(parsed)
            return national if french else phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    raise RegistrationRefused("phone", "Numéro de téléphone impossible : dix chiffres attendus, ou + et l'indicatif du pays.")


def read_email(text: str) -> str:
    """An e-mail address as typed, trimmed. Raises RegistrationRefused."""
    typed = text.strip()
    try:
        validate_email(typed)
    except ValidationError as wrong:
        raise RegistrationRefused("email", "Adresse illisible, par exemple nom@exemple.fr.") from wrong
    return typed


@transaction.atomic
def register_person(*, new: NewPerson, by: str, on: date) -> Person:
    """The person with this number, birth date and rank: created, or the one that a first sending created.

    Nobody bears the number yet: the person bears it. Somebody does (a parent, a twin): the person is attached to them, and the
    same search finds both. Raises RegistrationRefused.
    """
    check_entry(new, on)
    with connection.cursor() as cursor:  # two sendings of one number wait for each other
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, new.number])
    known = list(Person.objects.attached_to(new.number))
    for person in known:
        if (person.birth_date, person.birth_rank) == (new.birth_date, new.birth_rank):
            return _same(person, new)
    with pghistory.context(by=by, reason="saisie manuelle"):
        person = _create(new, policyholder=known[0] if known else None)
        if not known:
            kind = KINDS[str(matricule.parse(new.number).kind)]
            Matricule.objects.create(person=person, value=new.number, kind=kind, starts_on=on)
    return person


def check_entry(new: NewPerson, on: date) -> None:
    """Raise RegistrationRefused for the first entry that cannot be true on a day; reads nothing."""
    if matricule.parse(new.number).value != new.number:
        raise RegistrationRefused("number", "NIR mal formé : revenez à la recherche pour le corriger.")
    for field, text in (("family_name", new.family_name), ("given_names", new.given_names)):
        if not any(character.isalpha() for character in text):
            raise RegistrationRefused(field, "Saisissez au moins une lettre.")
    if new.birth_date > on:
        raise RegistrationRefused("birth_date", "Date de naissance dans le futur : vérifiez l'année.")
    if on.year - new.birth_date.year > OLDEST:
        raise RegistrationRefused("birth_date", f"Date de naissance de plus de {OLDEST} ans : vérifiez l'année.")
    if not 1 <= new.birth_rank <= 9:
        raise RegistrationRefused("birth_rank", "Rang de 1 à 9 attendu : 1 pour la première personne, 2 pour son jumeau.")
    if new.sex not in {"M", "F"}:
        raise RegistrationRefused("sex", "Choisissez le sexe inscrit à l'état civil.")


def _same(person: Person, new: NewPerson) -> Person:
    """Born the same day with the same rank under one number: the same person, if the names are the same."""
    if (fold(person.family_name), fold(person.given_names)) == (fold(new.family_name), fold(new.given_names)):
        return person
    raise RegistrationRefused(
        "birth_rank",
        "Un autre patient né ce jour-là, du même rang, est déjà connu sous ce numéro. Pour un jumeau, saisissez le rang "
        "suivant ; sinon revenez à la recherche et choisissez le patient connu.",
    )


def _create(new: NewPerson, policyholder: Person | None) -> Person:
    person: Person = Person.objects.create(
        family_name=new.family_name.strip(),
        given_names=new.given_names.strip(),
        birth_date=new.birth_date,
        birth_rank=new.birth_rank,
        sex=new.sex,
        postcode=new.postcode,
        commune_code=new.commune_code,
        departement_code=new.departement_code,
        policyholder=policyholder and (policyholder.policyholder or policyholder),
    )
    contacts = []
    if new.phone:
        kind = ContactKind.MOBILE if new.phone[:2] in {"06", "07"} else ContactKind.LANDLINE
        contacts.append(ContactPoint(person=person, kind=kind, value=new.phone))
    if new.email:
        contacts.append(ContactPoint(person=person, kind=ContactKind.EMAIL, value=new.email))
    ContactPoint.objects.bulk_create(contacts)
    return person
