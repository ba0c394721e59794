"""The file of a patient: header, steps, eligibility tab, summaries."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.immunizations.models import Dose
from allant.people.actions import merge
from allant.people.models import Person
from allant.vaccination.models import EligibilityDeclaration
from tests.pages.dossier import TODAY, declare, eligibility_values, known_patient, lots, nir, open_file, send, text_of
from tests.pages.teleservice import DENTIST, find, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def someday(settings: Settings) -> None:
    settings.ALLANT_TODAY = TODAY
    lots()


@pytest.fixture
def someone() -> Person:
    return known_patient()


def url(name: str, *args: int) -> str:
    return reverse(f"teleservice_{name}", args=args)


def test_a_file_that_was_not_opened_is_not_shown(client: Client, someone: Person) -> None:
    """VC-10: an address alone opens nothing."""
    signed_in(client)
    answer = client.get(url("file", someone.pk))
    assert answer.status_code == 404
    assert "pas ouvert dans votre session" in text_of(answer) and "Duroc" not in text_of(answer)


def test_the_header_says_who_it_is_and_where_the_vaccination_stands(client: Client, someone: Person) -> None:
    """VC-30: name, birth date, age, sex, number of doses and days since the last one are on each page of the file."""
    signed_in(client)
    open_file(client, someone)
    before = text_of(client.get(url("file", someone.pk)))
    assert "Duroc Rose Née le 01/05/1940 Âge 80 ans Sexe Femme Doses 0 Dernière dose aucune" in before
    declare(client, someone)
    send(client, someone, occurred_on="2021-02-11")
    after = text_of(client.get(url("file", someone.pk)))
    assert "Doses 1 Dernière dose il y a 10 jours" in after


def test_tabs_come_in_order_and_say_why_they_are_closed(client: Client, someone: Person) -> None:
    """VC-19, VC-32: dose 1 opens after the eligibility; earlier tabs lead to their summary."""
    signed_in(client)
    open_file(client, someone)
    assert "1re vaccination Validez d'abord l'éligibilité." in text_of(client.get(url("file", someone.pk)))
    assert client.get(url("dose_entry", someone.pk)).status_code == 302
    assert "onglet « Éligibilité Vaccination »" in text_of(send(client, someone)) and not Dose.objects.exists()
    declare(client, someone)
    page = client.get(url("file", someone.pk))
    declared = EligibilityDeclaration.objects.get()
    assert "Enregistrer une vaccination" in text_of(page)
    assert f'href="{url("declaration", someone.pk, declared.pk)}"' in page.content.decode()
    assert "Enregistrez d'abord la 1re vaccination" in text_of(page)


def test_the_prescriber_is_filled_from_the_session_but_the_date(client: Client, someone: Person) -> None:
    """VC-20: yes, the declarant's own name; no, the names of the paper."""
    signed_in(client)
    open_file(client, someone)
    page = client.get(url("file", someone.pk))
    assert "Prescripteur : Anne Delmas, RPPS 99900000111, médecin" in text_of(page)
    assert "autofocus" in page.content.decode().split('name="prescribed_on"')[1].split(">")[0]
    refused = declare(client, someone, prescribed_on="")
    assert refused.status_code == 422 and "Date de l’ordonnance : Indiquez-la" in text_of(refused)
    refused = declare(client, someone, declarant_prescribes="non")
    assert refused.status_code == 422
    for missing in ("Nom du prescripteur : Recopiez-le", "Prénom du prescripteur", "Profession du prescripteur : Choisissez"):
        assert missing in text_of(refused)
    typed = {"prescriber_family_name": "Roux", "prescriber_given_names": "Luc", "prescriber_profession": "sage_femme"}
    assert declare(client, someone, declarant_prescribes="non", **typed).status_code == 302
    declared = EligibilityDeclaration.objects.get()
    assert (declared.prescriber_family_name, declared.prescriber_profession) == ("Roux", "sage_femme")


def test_both_ticks_are_mandatory_and_nothing_typed_is_lost(client: Client, someone: Person) -> None:
    """VC-22: each missing tick is named, with a link to it; the rest of the form stays filled."""
    signed_in(client)
    open_file(client, someone)
    values = eligibility_values(patient_activity="ambulatoire", declared_situations=["ald"])
    del values["patient_accepts"], values["patient_informed"]
    answer = client.post(url("eligibility", someone.pk), values)
    body = answer.content.decode()
    assert answer.status_code == 422 and not EligibilityDeclaration.objects.exists()
    assert 'href="#id_patient_accepts"' in body and 'href="#id_patient_informed"' in body
    assert 'name="prescribed_on" value="2021-02-21"' in body and '<option value="ambulatoire" selected>' in body
    assert body.count(" checked") == 2  # yes, and the condition


def test_the_activity_of_a_health_professional_is_one_of_four(client: Client, settings: Settings) -> None:
    """VC-21: the four of the seed in its order, none by default; the one chosen is kept, gives the priority, is repeated."""
    signed_in(client)
    young = known_patient(born="1990-01-01", given_names="Zoé")
    open_file(client, young)
    listed = client.get(url("file", young.pk)).content.decode().split('name="patient_activity"')[1].split("</select>")[0]
    assert re.findall(r'<option value="([^"]*)"( selected)?>([^<]+)<', unescape(listed)) == [
        ("", " selected", "Le patient n’est pas professionnel de santé"),
        ("etablissement_sante", "", "Professionnel de santé travaillant au sein d'un établissement de santé public ou privé"),
        ("medico_social", "", "Professionnel de santé travaillant au sein d'un établissement médico-social (EHPAD…)"),
        ("ambulatoire", "", "Professionnel de santé travaillant en ambulatoire"),
        ("autre", "", "Autre (étudiants, professionnels de prévention)"),
    ]
    refused = declare(client, young, patient_activity="retraite")
    assert refused.status_code == 422 and not EligibilityDeclaration.objects.exists()
    summary = text_of(client.get(declare(client, young, patient_activity="medico_social").url))
    declared = EligibilityDeclaration.objects.get()
    assert declared.patient_activity == "medico_social" and declared.priority_rule
    assert "Professionnel de santé travaillant au sein d'un établissement médico-social" in summary


def test_the_priority_category_is_shown_and_why(client: Client, someone: Person) -> None:
    """VC-23: the category and its reasons; a warning that does not block when none applies."""
    signed_in(client)
    open_file(client, someone)
    shown = text_of(client.get(url("file", someone.pk)))
    assert "Priorité : Personnes de 75 ans et plus" in shown and "80 ans le 21/02/2021" in shown
    young = known_patient(born="1990-01-01", given_names="Zoé")
    open_file(client, young)
    assert "Aucune catégorie de priorité en vigueur" in text_of(client.get(url("file", young.pk)))
    assert declare(client, young).status_code == 302


def test_the_summary_repeats_what_was_entered_with_the_code(client: Client, someone: Person) -> None:
    """VC-24: summary, code, print, CSV, PDF; the code reopens the file (VC-19)."""
    signed_in(client)
    open_file(client, someone)
    page = client.get(declare(client, someone, patient_activity="ambulatoire").url)
    shown = text_of(page)
    assert "Professionnel de santé travaillant en ambulatoire" in shown and "Anne Delmas" in shown
    code = shown.split("Code du patient, à lui remettre")[1].split("Enregistrer")[0].strip()
    assert len(code.replace(" ", "")) == 12
    declared = EligibilityDeclaration.objects.get()
    table = client.get(url("declaration_csv", someone.pk, declared.pk))
    assert table["Content-Type"].startswith("text/csv") and table.content.startswith(b"\xef\xbb\xbf")
    paper = client.get(url("paper_declaration", someone.pk, declared.pk))
    assert paper["Content-Type"] == "application/pdf" and paper.content.startswith(b"%PDF")
    session = client.session
    del session["allant_files"]
    session.save()
    assert client.get(url("file", someone.pk)).status_code == 404
    find(client, code)
    assert client.get(url("file", someone.pk)).status_code == 200


def test_the_same_declaration_sent_twice_is_one(client: Client, someone: Person) -> None:
    """VC-39, for tab 1: a double click, a page sent again."""
    signed_in(client)
    open_file(client, someone)
    first, second = declare(client, someone), declare(client, someone)
    assert first.url == second.url and EligibilityDeclaration.objects.count() == 1


def test_only_its_author_corrects_an_eligibility_before_the_first_dose(client: Client, someone: Person) -> None:
    """VC-25: version 2 entitled « Rectificatif… », version 1 readable and said to be replaced; another doctor is refused."""
    signed_in(client)
    open_file(client, someone)
    declare(client, someone)
    first = EligibilityDeclaration.objects.get()
    other = Client()
    signed_in(other, username="pro-sante-connect:autre", rpps="99900000222")
    open_file(other, someone)
    refused = other.get(url("declaration_correct", someone.pk, first.pk), follow=True)
    assert "Seul le professionnel de santé qui a validé" in text_of(refused)
    assert "Rectifier" not in text_of(other.get(url("declaration", someone.pk, first.pk)))
    values = eligibility_values(declared_situations=["ald"])
    address = url("declaration_correct", someone.pk, first.pk)
    assert "Motif absent" in text_of(client.post(address, values))
    page = client.post(address, {**values, "pourquoi-reason": "situation oubliée"}, follow=True)
    second = EligibilityDeclaration.objects.get(version=2)
    assert "Rectificatif des données télétransmises à l'Assurance Maladie" in text_of(page)
    assert "Version 2, en vigueur" in text_of(page) and "motif : situation oubliée" in text_of(page)
    former = text_of(client.get(url("declaration", someone.pk, first.pk)))
    assert "Le document de cette version ne vaut plus. Voir la version 2, en vigueur" in former
    assert client.get(url("paper_declaration", someone.pk, first.pk)).content.startswith(b"%PDF")
    send(client, someone)
    late = client.get(url("declaration_correct", someone.pk, second.pk), follow=True)
    assert "1re vaccination est enregistrée" in text_of(late)


def test_who_records_but_does_not_declare_is_told_what_is_missing(client: Client, someone: Person, settings: Settings) -> None:
    """VC-02: a dentist records doses and declares no eligibility; the page says who does, without a form."""
    settings.ALLANT_TODAY = date(2021, 4, 1)
    signed_in(client, profession=DENTIST)
    open_file(client, someone)
    page = client.get(url("file", someone.pk))
    assert "doit d’abord être déclarée par une profession qui y est habilitée" in text_of(page)
    assert declare(client, someone).status_code == 403


def test_a_merged_patient_is_shown_under_the_survivor(client: Client, someone: Person) -> None:
    """VC-63: a file opened before the merge goes on under the record that stands for both."""
    signed_in(client)
    open_file(client, someone)
    declare(client, someone)
    survivor = known_patient(family_name="Durocq")
    merge(duplicate=someone, into=survivor, by="test", reason="doublon")
    page = client.get(url("file", someone.pk))
    assert "Durocq Rose" in text_of(page) and "Enregistrer une vaccination" in text_of(page)
    assert send(client, survivor).status_code == 302
    assert client.get(url("file", someone.pk)).status_code == 200


def test_every_read_and_write_is_in_the_access_log(client: Client, someone: Person) -> None:
    """PF-02: who, which patient, why; never a name nor a number."""
    signed_in(client)
    open_file(client, someone)
    client.get(url("file", someone.pk))
    declare(client, someone)
    entries = AccessLogEntry.objects.about(someone.pk)
    purposes = set(entries.values_list("action", "purpose"))
    assert ("write", "téléservice : éligibilité déclarée") in purposes
    assert ("read", "téléservice : préparation d'une déclaration d'éligibilité") in purposes
    assert not [entry for entry in entries if "Duroc" in f"{entry.purpose}{entry.path}" or nir(someone) in entry.path]
