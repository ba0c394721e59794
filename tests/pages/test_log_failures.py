"""Every way of writing an act: when the access log cannot be written, the act is not there either (VC-36, VC-60, VC-61)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.accounts.roles import Role
from allant.directory.models import Organisation
from allant.immunizations.models import Dose, Infection
from allant.people.models import Person
from allant.vaccination.models import EligibilityDeclaration, ImportedFile, RefusedLine, VaccinationSession
from tests.accounts.sessions import account_with, enter
from tests.api.conftest import Api, act, api_of
from tests.api.test_bundles import bundle
from tests.pages import dossier, sitting, test_administration, test_administration_duplicates
from tests.pages.teleservice import find, signed_in
from tests.pages.test_teleservice_entry import ENTRY, NIR, PAGE
from tests.people.builders import person
from tests.vaccination.imports import register
from tests.vaccination.imports.rendering import table

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def log_out_of_order() -> Iterator[None]:
    """The log of the accesses takes no more entry of a write."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE accounts_accesslogentry ADD CONSTRAINT out_of_order CHECK (action NOT IN ('write', 'bulk')) NOT VALID"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_accesslogentry DROP CONSTRAINT out_of_order")


def kept() -> list[tuple[object, ...]]:
    """What is recorded, ended versions included, and how much is logged of writes."""
    doses = Dose.objects.order_by("pk").values_list("pk", "lot", "ended_at")
    kinds = (Person, Infection, EligibilityDeclaration, ImportedFile, RefusedLine, VaccinationSession)
    others = [kind.objects.count() for kind in kinds]
    others += [Person.objects.exclude(merged_into=None).count(), VaccinationSession.objects.exclude(closed_at=None).count()]
    writes = AccessLogEntry.objects.filter(action__in=("write", "bulk")).count()
    return [*doses, (writes, *others)]


def refused_then_done(sending: Callable[[], HttpResponse]) -> HttpResponse:
    """Nothing is left of it while the log is out of order; the same sending is done afterwards."""
    before = kept()
    with log_out_of_order():
        assert sending().status_code == 500
        assert kept() == before
    answer = sending()
    assert answer.status_code < 400 and kept() != before
    return answer


def test_acts_by_fhir(client: Client, settings: Settings) -> None:
    """VC-61: alone, in a bundle, corrected, cancelled."""
    settings.ALLANT_TODAY = date(2021, 6, 30)
    organisation = Organisation.objects.create(code="350000001", name="Cabinet des Lilas", kind="practice")
    api: Api = api_of(client, organisation, f"logiciel-{uuid4().hex[:8]}")
    someone, other = person(), person()
    recorded = refused_then_done(lambda: api("POST", "/Immunization", act(someone))).json()
    refused_then_done(lambda: api("POST", "", bundle(act(other))))
    path = f"/Immunization/{recorded['id']}"
    refused_then_done(lambda: api("PUT", path, recorded | {"lotNumber": "EX2"}, If_Match='W/"1"'))
    refused_then_done(lambda: api("PUT", path, recorded | {"status": "entered-in-error"}, If_Match='W/"2"'))


def test_a_dose_on_the_page_corrected_then_cancelled(client: Client, settings: Settings) -> None:
    """VC-36, VC-42."""
    settings.ALLANT_TODAY = dossier.TODAY
    dossier.lots()
    signed_in(client)
    someone = dossier.known_patient()
    dossier.open_file(client, someone)
    client.raise_request_exception = False
    dossier.declare(client, someone)
    refused_then_done(lambda: dossier.send(client, someone))
    changed = {**dossier.dose_values(lot="EM0477"), "pourquoi-reason": "lot mal lu", "step": "record"}
    refused_then_done(lambda: client.post(_address("dose_correct", someone), changed))
    refused_then_done(lambda: client.post(_address("dose_cancel", someone), {"pourquoi-reason": "mauvais patient"}))


def test_a_dose_told_from_a_document_and_an_infection(client: Client, settings: Settings) -> None:
    """VC-42, VC-40: what happened elsewhere."""
    settings.ALLANT_TODAY = dossier.TODAY
    signed_in(client)
    someone = dossier.known_patient()
    dossier.open_file(client, someone)
    client.raise_request_exception = False
    told = {
        "source_key": str(uuid4()), "vaccine": "comirnaty", "occurred_on": "2021-01-20", "dose_number": "1", "lot": "",
        "proof": "certificat", "origin": "etranger", "country": "Allemagne", "step": "record",
    }  # fmt: skip
    refused_then_done(lambda: client.post(reverse("teleservice_history", args=[someone.pk]), told))
    address = reverse("teleservice_infection", args=[someone.pk])
    refused_then_done(lambda: client.post(address, {"occurred_on": "2020-10-05"}))


def test_an_eligibility_declared_then_corrected(client: Client, settings: Settings) -> None:
    """VC-19, VC-25: tab 1."""
    settings.ALLANT_TODAY = dossier.TODAY
    signed_in(client)
    someone = dossier.known_patient()
    dossier.open_file(client, someone)
    client.raise_request_exception = False
    refused_then_done(lambda: dossier.declare(client, someone))
    first = EligibilityDeclaration.objects.get()
    changed = {**dossier.eligibility_values(declared_situations=["ald"]), "pourquoi-reason": "oubli"}
    refused_then_done(lambda: client.post(reverse("teleservice_declaration_correct", args=[someone.pk, first.pk]), changed))


def test_a_patient_entered_by_hand(client: Client, settings: Settings) -> None:
    """VC-13: the person and the entry of the log, both or neither."""
    settings.ALLANT_TODAY = dossier.TODAY
    signed_in(client)
    client.raise_request_exception = False
    find(client, NIR)
    refused_then_done(lambda: client.post(PAGE, ENTRY))
    assert Person.objects.count() == 1


def _address(name: str, someone: Person) -> str:
    return reverse(f"teleservice_{name}", args=[someone.pk, Dose.objects.current().get().pk])


def test_a_row_of_a_session_and_its_cancellation(client: Client, settings: Settings) -> None:
    """VC-60."""
    settings.ALLANT_TODAY = sitting.TODAY
    sitting.residents(1)
    signed_in(client)
    client.raise_request_exception = False
    refused_then_done(lambda: client.post(sitting.URL, sitting.FORM))
    session, row = VaccinationSession.objects.get(), uuid4()
    url = f"{sitting.URL}{session.pk}/"
    sent = {"row": str(row), "typed": sitting.nir(1)}
    refused_then_done(lambda: client.post(f"{url}ligne/", sent, content_type="application/json"))
    refused_then_done(lambda: client.post(f"{url}annuler/", sent, content_type="application/json"))
    refused_then_done(lambda: client.post(f"{url}fermer/"))


def test_a_file_of_doses(client: Client, settings: Settings) -> None:
    """VC-61: the doses, the batch and the file itself."""
    settings.ALLANT_TODAY = date(2022, 1, 10)
    register.settle()
    signed_in(client)
    client.raise_request_exception = False
    content = register.text([table()["usual"], table()["usual"] | {"nom": "Inconnu"}]).encode()
    url = "/professionnel/vaccin-covid/imports/"
    refused_then_done(lambda: client.post(url, {"file": SimpleUploadedFile("doses.csv", content, "text/csv")}))
    refused_then_done(lambda: client.post(f"{url}{ImportedFile.objects.get().pk}/effacer/"))


def test_what_an_administrator_does_that_cannot_be_undone(client: Client, settings: Settings) -> None:
    """VC-36: doses cancelled by the administration, one or all of an account; VC-63: two records merged."""
    settings.ALLANT_TODAY = test_administration.TODAY
    enter(client, account_with(Role.ADMINISTRATOR, structures=("CNAM",)))
    client.raise_request_exception = False
    first, second = test_administration.dose(person()), test_administration.dose(person())
    agreed = {"confirm": "1", "expected": "1", "agreed": "on"}
    url = f"{test_administration.CANCEL}doses/{first.pk}/"
    refused_then_done(lambda: client.post(url, {"reason": "faux", **agreed}))
    refused_then_done(lambda: client.post(test_administration.CANCEL, test_administration.window(**agreed)))
    assert not Dose.objects.current().exists() and second.ended_at is None
    pair = test_administration_duplicates.pair()
    merge = {"decision": str(pair.second_id), "reason": "même personne"}
    refused_then_done(lambda: client.post(f"{test_administration_duplicates.LIST}{pair.pk}/", merge))
