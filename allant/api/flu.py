"""The voucher against flu for software of pharmacies and surgeries: plain JSON behind the tokens of FHIR (RP-22 to RP-27).

`INTERACTIONS` joins those of `/fhir`: same door, same refusals (OperationOutcome), same OpenAPI description.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Literal

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from allant import clock
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.api.clients import Client, client_of
from allant.api.fhir import ids
from allant.api.fhir.exchange import Interaction
from allant.api.fhir.outcomes import answer, refusal
from allant.api.flu_shapes import Asked, CheckAsked, DeliveryAsked, InjectionAsked, VoucherAsked, read_body
from allant.campaigns.codes import Mistyped
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import RuleBook, rules
from allant.flu.deliveries import DeliveryRefused, Prescription, deliver, unusable
from allant.flu.eligibility import Way, way_of
from allant.flu.injections import InjectionRefused, inject
from allant.flu.known import case_of
from allant.flu.models import Voucher
from allant.flu.professions import flu_rights
from allant.flu.vouchers import By, VoucherRefused, code_text, hand_over, voucher_of_code
from allant.immunizations.models import Source
from allant.people.models import Person
from allant.vaccination.professions import profession_code

CHECK, DELIVER, INJECT = "system/FluVoucher.r", "system/FluVoucher.u", "system/FluInjection.c"
WRONG_CODE = "grippe : numéro de bon inconnu"
_GUESSES = """SELECT count(*) FROM accounts_accesslogentry
    WHERE actor_id IS NULL AND actor = %s AND purpose = %s AND at > statement_timestamp() - make_interval(secs => %s)"""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def check(request: HttpRequest) -> HttpResponse:
    """Whether a voucher gives a vaccine now, to whom, on what terms. It writes nothing but the access log."""
    asked, client, on = read_body(request, CheckAsked), client_of(request), clock.today()
    book = rules.as_known_on(on)
    voucher = _voucher(asked.code, client)
    person = voucher.person.merged_into or voucher.person
    way = way_of(case_of(person, on, book, vouched=voucher.group), on, book)
    log_access(by=client.actor, action=LoggedAction.SEARCH, purpose="grippe : bon vérifié", person_ids=[person.pk])
    return answer({"state": _state(voucher, way), "reason": _reason(voucher, way), **_terms(voucher, person, way)})


def delivery(request: HttpRequest) -> HttpResponse:
    """Record the vaccine handed over: 201; the same key again, 200 and the same delivery; a voucher spent, 409."""
    asked, client, on = read_body(request, DeliveryAsked), client_of(request), clock.today()
    book = rules.as_known_on(on)
    person, voucher = _named(asked, client)
    by = _by(asked.rpps, client, "deliver", on, book)
    shown = _prescription(asked, on, book)
    with _refused(client, person, "délivrance"), transaction.atomic():
        made = deliver(
            person=person, handed=asked.handed(), by=by, on=on, book=book, source_key=_key(client, asked.key), voucher=voucher,
            prescription=shown,
        )  # fmt: skip
        _log(client, person, "grippe : vaccin délivré")
    body = {
        "delivery": made.pk, "deliveredOn": made.delivered_on.isoformat(), "vaccine": made.vaccine, "lot": made.lot,
        "ground": made.ground,
        "cover": {"vaccine": made.vaccine_percent, "act": made.act_percent, "complementary": made.complementary_percent},
    }  # fmt: skip
    return answer(body, HTTPStatus.CREATED)


def voucher(request: HttpRequest) -> HttpResponse:
    """Hand a voucher over after checking the eligibility; the former one is dead at once. Its code is in the answer only."""
    asked, client, on = read_body(request, VoucherAsked), client_of(request), clock.today()
    book = rules.as_known_on(on)
    person, _ = _named(asked, client)
    by = _by(asked.rpps, client, "hand", on, book)
    with _refused(client, person, "bon"), transaction.atomic():
        made = hand_over(person=person, group=asked.group, by=by, on=on, book=book, source_key=_key(client, asked.key))
        _log(client, person, "grippe : bon remis")
    return answer({"code": code_text(made), "season": made.season, "declared": made.declared}, HTTPStatus.CREATED)


def injection(request: HttpRequest) -> HttpResponse:
    """Record the injection of the vaccine that a pharmacy delivered."""
    asked, client, today = read_body(request, InjectionAsked), client_of(request), clock.today()
    book = rules.as_known_on(today)
    person, _ = _named(asked, client)
    by = _by(asked.rpps, client, "inject", today, book)
    with _refused(client, person, "injection"), transaction.atomic():
        dose = inject(
            person=person, on=asked.date or today, by=by, today=today, book=book, source=Source.FHIR,
            source_key=_key(client, asked.key), site=asked.site,
        )  # fmt: skip
        _log(client, person, "grippe : injection enregistrée")
    return answer({"vaccine": dose.vaccine, "lot": dose.lot, "date": dose.occurred_on.isoformat()}, HTTPStatus.CREATED)


INTERACTIONS = [
    Interaction("/flu/vouchers/check", "POST", "operation", check, "Vérifier un bon contre la grippe", scope=CHECK),
    Interaction("/flu/deliveries", "POST", "operation", delivery, "Délivrer le vaccin contre la grippe", scope=DELIVER),
    Interaction("/flu/vouchers", "POST", "operation", voucher, "Remettre un bon contre la grippe", scope=DELIVER),
    Interaction("/flu/injections", "POST", "operation", injection, "Enregistrer une injection contre la grippe", scope=INJECT),
]


def _named(asked: Asked, client: Client) -> tuple[Person, Voucher | None]:
    """By the code of a voucher, which counts as shown, or by the identifier that a search of patients gave."""
    if asked.code:
        shown = _voucher(asked.code, client)
        return shown.person.merged_into or shown.person, shown
    pk = ids.pk_of("Patient", asked.patient.removeprefix("Patient/"))
    person = Person.objects.select_related("merged_into").filter(pk=pk).first() if pk is not None else None
    if person is None:
        raise refusal(HTTPStatus.NOT_FOUND, "not-found", "Patient inconnu : donnez « code », ou « patient » reçu de ce serveur.")
    return person.merged_into or person, None


def _voucher(code: str, client: Client) -> Voucher:
    """The voucher of a code, within the limit of wrong ones: so many a client and window, whichever process answers."""
    on = clock.today()
    rule = rules.as_known_on(on).value("flu.guesses", on)
    window = timedelta(minutes=rule["window_minutes"])
    with transaction.atomic(), connection.cursor() as cursor:  # the guess is counted before the next one looks
        cursor.execute(_ONE_AT_A_TIME, [f"flu-guesses:{client.by}"])
        cursor.execute(_GUESSES, [client.by, WRONG_CODE, window.total_seconds()])
        if cursor.fetchone()[0] >= rule["software_allowed"]:
            text = f"Trop de numéros de bon inconnus. Recommencez dans {rule['window_minutes']} minutes."
            seconds = str(int(window.total_seconds()))
            raise refusal(HTTPStatus.TOO_MANY_REQUESTS, "throttled", text, "code", headers={"Retry-After": seconds})
        try:
            found = voucher_of_code(code)
        except Mistyped as error:
            raise refusal(HTTPStatus.BAD_REQUEST, "value", f"Numéro de bon mal saisi. {error}", "code") from None
        if found is None:
            log_access(by=client.actor, action=LoggedAction.SEARCH, purpose=WRONG_CODE)
    if found is None:
        raise refusal(HTTPStatus.NOT_FOUND, "not-found", "Numéro de bon inconnu.", "code")
    return found


def _by(rpps: str, client: Client, may: Literal["deliver", "hand", "inject"], on: date, book: RuleBook) -> By:
    """The professional in whose name the software acts, when the doctrine of the day lets the profession do it."""
    found = Practitioner.objects.filter(rpps=rpps).first()
    if found is None:
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "not-found", "Numéro RPPS inconnu de l'annuaire.", "rpps")
    if not getattr(flu_rights(profession_code(found.profession, on, book), on, book), may):
        raise refusal(HTTPStatus.FORBIDDEN, "forbidden", "La profession de ce numéro RPPS ne le permet pas à ce jour.", "rpps")
    return By(name=client.by, practitioner=found, organisation=Organisation.objects.get(pk=client.organisation_id))


def _prescription(asked: DeliveryAsked, on: date, book: RuleBook) -> Prescription | None:
    given = asked.prescription
    if given is None:
        return None
    return Prescription(name=given.name, profession=profession_code(given.profession, on, book), on=given.date)


@contextmanager
def _refused(client: Client, person: Person, what: str) -> Iterator[None]:
    """What an action refuses, as an answer: 409 when the vaccine or the voucher is taken, else 422; written in the access log."""
    try:
        yield
    except (DeliveryRefused, VoucherRefused, InjectionRefused) as error:
        purpose = f"grippe : {what} refusé"
        log_access(by=client.actor, action=LoggedAction.REFUSED, purpose=purpose, person_ids=[person.pk])
        taken = getattr(error, "code", "") in ("spent", "already", "revoked", "key_reused")
        status = HTTPStatus.CONFLICT if taken else HTTPStatus.UNPROCESSABLE_ENTITY
        raise refusal(status, "conflict" if taken else "business-rule", str(error)) from error


def _log(client: Client, person: Person, purpose: str) -> None:
    log_access(by=client.actor, action=LoggedAction.WRITE, purpose=purpose, person_ids=[person.pk])


def _key(client: Client, key: str) -> str:
    return f"fhir:{client.name}:grippe:{key}"


def _reason(shown: Voucher, way: Way) -> str:
    if found := unusable(shown):
        return found[1]
    return way.refusal or ("" if way.season and shown.season == way.season.code else "Ce bon est d'une autre saison.")


def _state(shown: Voucher, way: Way) -> str:
    """`valid`, `spent`, `revoked`, or `closed`: of another season, or none is open."""
    if found := unusable(shown):
        return found[0]
    return "valid" if not _reason(shown, way) else "closed"


def _terms(shown: Voucher, person: Person, way: Way) -> dict[str, Any]:
    return {
        "season": shown.season,
        "batch": shown.batch.number if shown.batch else None,
        "patient": {
            "reference": f"Patient/{ids.public_id('Patient', person.pk)}", "family": person.family_name,
            "given": person.given_names, "birthDate": person.birth_date and person.birth_date.isoformat(),
        },
        "prescribers": list(way.prescribers),
        "cover": way.cover
        and {"vaccine": way.cover.vaccine, "act": way.cover.act, "complementary": way.cover.complementary},
    }  # fmt: skip


