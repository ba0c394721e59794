"""A request for a number: the situation chooses it, SNGI is asked first, the file and its case are opened (ID-02, ID-04)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from allant.casework.models import Case
from allant.casework.opening import open_case
from allant.casework.registry import process_of
from allant.casework.signals import signal
from allant.doctrine import RuleBook
from allant.identification import services
from allant.identification.choice import Choice, choice
from allant.identification.documents import complete_if_possible
from allant.identification.models import IdentityFile, KnowingBody
from allant.people.models import DuplicateCandidate, Matricule, MatriculeKind, Person
from allant.people.numbering import NumberBorne, give_number

FOLLOWED = {"nia": "nia_follow_up", "nnp": "under_nnp"}
OURS = "CNAM"
SAME_NUMBER = "same_number"


class RequestRefused(ValueError):
    """A request that cannot be made; says why and what to do, in French."""


def request_number(
    *, person: Person, circumstance: str, on: date, by: str, at: datetime, book: RuleBook, body: str = OURS, fund_code: str = ""
) -> IdentityFile:
    """Ask for the number of a person: their file, numbered when SNGI answers, else waiting for it (`number_waiting`).

    A standing file of theirs is given back rather than doubled. Raises RequestRefused, `choice.UnknownCircumstance`.
    """
    chosen = choice(circumstance, book, on)
    if (
        chosen.flow == "known"
        and not certified_number(person)
        and services.sngi("/identities/search", identity_of(person)) is None
    ):
        raise RequestRefused("SNGI ne connaît pas cette identité : vérifiez les noms et la naissance sur la pièce présentée.")
    file = _file(person, chosen, on, body, fund_code or person.fund_code or "")
    if file.numbered_on is None:
        try:
            number_file(file=file, by=by, at=at, on=on, book=book)
        except services.ServiceDown:
            return file  # the job asks again, under the same key
    return IdentityFile.objects.with_case().get(pk=file.pk)


@transaction.atomic
def _file(person: Person, chosen: Choice, on: date, body: str, fund_code: str) -> IdentityFile:
    Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    standing = IdentityFile.objects.standing().of_person(person).order_by("id").last()
    if standing and (standing.circumstance == chosen.code or standing.numbered_on is None):
        return standing
    certified = certified_number(person)
    if certified and chosen.code != "irregular":
        raise RequestRefused("Cette personne a déjà un NIR certifié : aucune demande n'est à faire.")
    return IdentityFile.objects.create(
        person=person, circumstance=chosen.code, requested_on=on, body=body, fund_code=fund_code,
        # Somebody who was in a regular situation keeps the NIR they had (seed 003).
        kind=MatriculeKind.NIR if certified else chosen.matricule, flow="known" if certified else chosen.flow,
        rule_id=chosen.rule_id,
    )  # fmt: skip


def number_file(*, file: IdentityFile, by: str, at: datetime, on: date, book: RuleBook) -> Matricule:
    """Give a file its number, asked of SNGI first, and open its case.

    Raises ServiceDown, RequestRefused. A number that another record bears proposes the two as one person.
    """
    kept = certified_number(file.person) if file.flow == "known" else None
    found = (kept.value, MatriculeKind.NIR) if kept else _ask(file)
    try:
        return _numbered(file, found, by, at, on, book)
    except NumberBorne as borne:
        propose_pair(file.person, borne.bearer, at=at)
        raise RequestRefused(str(borne)) from borne


@transaction.atomic
def _numbered(
    file: IdentityFile, found: tuple[str, MatriculeKind] | None, by: str, at: datetime, on: date, book: RuleBook
) -> Matricule:  # fmt: skip
    file = IdentityFile.objects.select_for_update(of=("self",)).select_related("person").get(pk=file.pk)
    value, kind = found or (nnp(file), MatriculeKind.NNP)
    matricule = give_number(person=file.person, value=value, kind=kind, on=on, by=by)
    if file.numbered_on is None:
        file.numbered_on, file.kind = on, kind
        if kind != MatriculeKind.NIR:
            file.case = _opened(file, on, by, at, book)
        file.save(update_fields=["numbered_on", "kind", "case"])
        KnowingBody.objects.get_or_create(person=file.person, body=file.body, defaults={"since": on})
        complete_if_possible(file=file, by=by, at=at, on=on, book=book)
    return matricule


def certified_number(person: Person) -> Matricule | None:
    """The NIR a person bears, or bore."""
    return Matricule.objects.borne_by(person).filter(kind=MatriculeKind.NIR).order_by("starts_on", "id").last()


def propose_pair(one: Person, other: Person, *, at: datetime) -> None:
    """Two records that one number names: to be compared by an agent."""
    first, second = sorted((one, other), key=lambda person: person.pk)
    DuplicateCandidate.objects.get_or_create(first=first, second=second, defaults={"rule": SAME_NUMBER, "found_at": at})


def _ask(file: IdentityFile) -> tuple[str, MatriculeKind] | None:
    """The number SNGI knows, else the NIA it allots; None when the file takes a NNP and SNGI knows nobody."""
    identity = identity_of(file.person)
    known = services.sngi("/identities/search", identity)
    if known is None and file.flow == "nia":
        known = services.sngi("/identities", {**identity, "key": str(file.key), "body": file.body})
    if known is None and file.flow == "nnp":
        return None
    if known is None:
        raise services.ServiceDown("SNGI n'a pas donné de numéro.")
    return str(known["number"])[:13], MatriculeKind(str(known["kind"]))


def identity_of(person: Person) -> dict[str, str]:
    """What SNGI knows a person by."""
    return {
        "family_name": person.family_name, "given_names": person.given_names, "sex": person.sex or "",
        "birth_date": person.birth_date.isoformat() if person.birth_date else "", "birth_rank": str(person.birth_rank),
    }  # fmt: skip


def nnp(file: IdentityFile) -> str:
    """A number of our own (ID-03): 7, sex, fund on three digits, order on eight: the file's own number."""
    fund = "".join(character for character in file.fund_code if character.isdigit())[-3:].zfill(3)
    return f"7{'2' if file.person.sex == 'F' else '1'}{fund}{file.pk % 100_000_000:08d}"


def _opened(file: IdentityFile, on: date, by: str, at: datetime, book: RuleBook) -> Case:
    """The case, its clock begun the day the number was given; force majeure at once where the situation says so."""
    chosen = choice(file.circumstance, book, file.requested_on)
    process = process_of("nia_follow_up" if file.kind == MatriculeKind.NIA else FOLLOWED["nnp"])
    case = open_case(process=process, person=file.person, key=f"file-{file.pk}", on=on, by=by, at=at, book=book)
    if chosen.exceptional and file.kind == MatriculeKind.NIA:
        signal(case=case, name="declared_exceptional", on=on, by=by, at=at, book=book, note=chosen.label)
    return case


def number_waiting(*, by: str, at: datetime, on: date, book: RuleBook) -> int:
    """Ask again for the files that SNGI could not number; how many were. Run twice, it is harmless."""
    done = 0
    for file in IdentityFile.objects.waiting_for_number().select_related("person").order_by("id"):
        try:
            number_file(file=file, by=by, at=at, on=on, book=book)
        except services.ServiceDown:
            break
        except RequestRefused:
            continue  # the pair to compare is on its page
        done += 1
    return done
