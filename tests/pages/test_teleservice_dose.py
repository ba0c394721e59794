"""The dose tabs: proposals that are marked, refusals beside the fields, the check, one dose for one form, corrections."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from allant.immunizations.checks import REASONS
from allant.immunizations.models import Dose, Infection
from allant.pages.professional.dossier_date import TypedDateField
from allant.pages.professional.dossier_dose_form import FIELD_OF
from allant.people.models import Person
from tests.pages.dossier import (
    EXPIRED,
    LOT,
    OTHER_LOT,
    TODAY,
    declare,
    dose_values,
    hidden,
    known_patient,
    lots,
    open_file,
    send,
    text_of,
)
from tests.pages.teleservice import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def doctor(client: Client, settings: Settings) -> None:
    """A doctor signed in at the practice."""
    settings.ALLANT_TODAY = TODAY
    lots()
    signed_in(client)


@pytest.fixture
def someone(client: Client) -> Person:
    """A patient whose file is open and whose eligibility is validated."""
    return eligible(client)


def eligible(client: Client, **values: Any) -> Person:
    found = known_patient(**values)
    open_file(client, found)
    assert declare(client, found, source_key=f"6f7b1c1e-0b5e-4c1b-9a51-0000000{found.pk % 100000:05d}").status_code == 302
    return found


def known_here(client: Client) -> Person:
    """Another patient whose file is open, without a declaration."""
    found = known_patient(given_names="Autre")
    open_file(client, found)
    return found


def url(name: str, *args: int) -> str:
    return reverse(f"teleservice_{name}", args=args)


def body(answer: Any) -> str:
    return unescape(answer.content.decode())


def another(number: int) -> str:
    return f"6f7b1c1e-0b5e-4c1b-9a51-00000000{number:04d}"


def test_the_form_offers_what_the_spec_lists(client: Client, someone: Person) -> None:
    """VC-30, VC-31: vaccine, lot, site, date, rank, place of the twelve, name, postcode, N°AM."""
    shown = client.get(url("file", someone.pk))
    for label in ("Nom du vaccin", "Numéro de lot", "Site d’injection", "Date", "Rang", "Lieu de vaccination",
                  "Nom du lieu", "Code postal", "N°AM"):  # fmt: skip
        assert label in text_of(shown)
    places = body(shown).split('<select name="place_kind"')[1].split("</select>")[0]
    assert places.count("<option") == 1 + 12 and ">Au cabinet ou dans la structure d'exercice</option>" in places
    assert 'value="21/02/2021"' in body(shown) and "Date proposé, à vérifier" in text_of(shown)
    assert "Rang proposé, à vérifier" in text_of(shown)


def test_the_check_page_repeats_everything_and_records_nothing(client: Client, someone: Person) -> None:
    """VC-30: the check, then one key; what is sent from it is what it shows."""
    page = send(client, someone, step="check")
    assert page.status_code == 200 and not Dose.objects.exists()
    shown = text_of(page)
    assert "Vaccin Comirnaty" in shown and f"Lot {LOT}" in shown and "1re vaccination sur 2" in shown
    assert "J’ai vérifié, j’enregistre" in shown
    client.post(url("dose_entry", someone.pk), {**hidden(page), "step": "record"})
    dose = Dose.objects.get()
    assert (dose.lot, dose.site, dose.place_kind, dose.location.commune_code) == (LOT, "deltoide_gauche", "cabinet", "35238")
    assert dose.practitioner.rpps == "99900000111" and dose.organisation.code == "R900001"


def test_modify_leads_back_with_nothing_lost(client: Client, someone: Person) -> None:
    page = client.post(url("dose_entry", someone.pk), {**hidden(send(client, someone, step="check")), "step": "edit"})
    assert page.status_code == 200 and f'value="{LOT}"' in body(page) and 'value="Cabinet Delmas"' in body(page)


def test_the_same_form_sent_again_is_one_dose(client: Client, someone: Person) -> None:
    """VC-39: double click, resend, step back; another form with the same content; the same form with another content."""
    first = send(client, someone)
    again = send(client, someone)
    elsewhere = send(client, someone, source_key=another(2))
    checked = send(client, someone, step="check", source_key=another(20), lot="AUTRE")
    assert checked.url == first.url
    changed = client.get(send(client, someone, lot="AUTRE").url)
    assert first.url == again.url == elsewhere.url
    assert "était déjà enregistrée : une seule dose compte" in text_of(changed)
    assert Dose.objects.count() == 1


def test_what_was_used_last_is_proposed_and_marked(client: Client, someone: Person) -> None:
    """VC-30: vaccine, lot, site and place of the last entry here, each marked; one key leads to the check, where marks stay."""
    send(client, someone)
    following = eligible(client, given_names="Paul")
    page = client.get(url("file", following.pk))
    assert f'value="{LOT}"' in body(page) and '<option value="comirnaty" selected>' in body(page)
    for label in (
        "Nom du vaccin", "Numéro de lot", "Site d’injection", "Lieu de vaccination", "Nom du lieu", "Code postal",
    ):  # fmt: skip
        assert f"{label} proposé, à vérifier" in text_of(page)
    assert 'value="check" autofocus' in body(page)
    values = dose_values(source_key=another(3), dose_number="1")
    check = text_of(client.post(url("dose_entry", following.pk), {**values, "step": "check"}))
    assert f"Lot {LOT} proposé, à vérifier" in check
    typed = text_of(client.post(url("dose_entry", following.pk), {**values, "lot": "EM0477", "step": "check"}))
    assert "Lot EM0477 Site" in typed


def test_another_structure_proposes_nothing_of_this_one(client: Client, someone: Person) -> None:
    send(client, someone)
    other = Client()
    signed_in(other, username="pro-sante-connect:autre", rpps="99900000222", structures=("R900002",))
    patient = known_patient(given_names="Paul")
    open_file(other, patient)
    declare(other, patient)
    page = body(other.get(url("file", patient.pk)))
    assert LOT not in page and '<option value="comirnaty" selected>' not in page


def test_an_expired_lot_is_not_proposed(client: Client, someone: Person, settings: Settings) -> None:
    """VC-30: a lot used yesterday that expired since is left to be typed, and the keyboard starts there."""
    send(client, someone)
    settings.ALLANT_TODAY = date(2021, 7, 1)
    following = eligible(client, given_names="Paul")
    page = body(client.get(url("file", following.pk)))
    assert f'value="{LOT}"' not in page and LOT not in page
    assert 'name="lot"' in page and page.split('name="lot"')[1].split(">")[0].count("autofocus") == 1


def test_lots_complete_by_vaccine_and_an_unknown_one_is_flagged(client: Client, someone: Person) -> None:
    """VC-30: completion; an unlisted lot is accepted, said on the check, and listed for follow-up."""
    found = json.loads(client.get(url("lots"), {"q": "ej", "vaccine": "comirnaty"}).content)["results"]
    assert {"label": f"{EXPIRED} (périmé le 31/01/2021)", "value": EXPIRED} in found
    assert not any(OTHER_LOT in one["value"] for one in found)
    check = text_of(send(client, someone, step="check", lot=OTHER_LOT))
    assert "n’est pas dans la liste de ce vaccin : il sera signalé" in check and "pour un autre vaccin : Spikevax" in check
    send(client, someone, lot="xx 12")
    assert Dose.objects.with_unlisted_lot().get().lot == "XX12"


def test_a_refusal_stands_beside_its_field_and_loses_nothing(client: Client, someone: Person) -> None:
    """VC-38: law and physics block; the summary links to the field."""
    for changes, field, words in (
        ({"occurred_on": "2021-02-22"}, "occurred_on", "Date dans le futur"),
        ({"occurred_on": "1930-01-01"}, "occurred_on", "antérieure à la naissance"),
        ({"occurred_on": "31/02/2021"}, "occurred_on", "Cette date n’existe pas"),
        ({"occurred_on": "demain"}, "occurred_on", "Date illisible"),
        ({"occurred_on": "31/12/9999"}, "occurred_on", "Date dans le futur"),
        ({"occurred_on": "01/01/0001"}, "occurred_on", "antérieure à la naissance"),
        ({"occurred_on": "01/01/2000"}, "occurred_on", "antérieure à l'autorisation"),
        ({"vaccine": ""}, "vaccine", "Vaccin non précisé"),
        ({"lot": ""}, "lot", "Numéro de lot absent"),
        ({"postcode": "99999"}, "postcode", "Code postal inconnu"),
        ({"place_name": ""}, "place_name", "Nom du lieu absent"),
        ({"dose_number": "12"}, "dose_number", "Rang impossible"),
    ):
        page = send(client, someone, step="check", **changes)
        assert page.status_code == 422, changes
        assert f'href="#id_{field}"' in body(page) and words in text_of(page), changes
        if "site" not in changes:
            assert '<option value="deltoide_gauche" selected>' in body(page)
    assert not Dose.objects.exists()


def test_a_rule_is_passed_with_a_written_reason_and_marked(client: Client, someone: Person) -> None:
    """VC-38: the reason is asked in place, shown on the check, and the dose is marked as forced."""
    refused = send(client, someone, lot=EXPIRED, step="check")
    assert refused.status_code == 422 and "Je confirme malgré ce qui précède" in text_of(refused)
    assert 'name="forced_reason"' in body(refused)
    check = send(client, someone, lot=EXPIRED, step="check", forced_reason="prolongation écrite du fabricant")
    assert "Saisie forcée" in text_of(check) and "Motif : prolongation écrite du fabricant" in text_of(check)
    page = client.get(send(client, someone, lot=EXPIRED, forced_reason="prolongation écrite du fabricant").url)
    assert "Saisie forcée" in text_of(page)
    assert Dose.objects.forced().get().forced_reason == "prolongation écrite du fabricant"


def test_the_second_dose_keeps_the_vaccine_unless_a_reason_is_given(client: Client, someone: Person, settings: Settings) -> None:
    """VC-33: filled from the first and locked; another product is reached by a link and asks for a reason."""
    send(client, someone)
    settings.ALLANT_TODAY = date(2021, 3, 25)
    page = body(client.get(url("file", someone.pk)))
    assert '<option value="comirnaty" selected>' in page and '<option value="spikevax"' not in page
    values = dose_values(source_key=another(5), vaccine="spikevax", lot=OTHER_LOT, dose_number="2", occurred_on="2021-03-25")
    address = f"{url('dose_entry', someone.pk)}?autre=1"
    assert '<option value="spikevax"' in body(client.get(address))
    refused = client.post(address, {**values, "step": "record"})
    assert refused.status_code == 422 and "écrivez le motif" in text_of(refused)
    client.post(address, {**values, "step": "record", "forced_reason": "réaction à la première dose"})
    assert Dose.objects.get(dose_number=2).forced_rules == ["product_not_foreseen"]


def test_a_mixed_schedule_of_the_doctrine_is_offered_without_a_reason(client: Client, settings: Settings) -> None:
    """VC-33: before 55, after AstraZeneca, an mRNA vaccine as second dose is foreseen since 9 April 2021."""
    settings.ALLANT_TODAY = date(2021, 2, 21)
    young = eligible(client, born="1980-01-01")
    send(client, young, vaccine="vaxzevria", lot="V1", forced_reason="professionnel de santé")
    settings.ALLANT_TODAY = date(2021, 5, 20)
    page = body(client.get(url("file", young.pk)))
    assert '<option value="comirnaty"' in page and '<option value="spikevax"' in page
    values = {"source_key": another(12), "dose_number": "2", "occurred_on": "2021-05-20"}
    assert send(client, young, **values).status_code == 302
    assert Dose.objects.get(dose_number=2).forced_reason == ""


def test_hostile_values_are_refused_in_french(client: Client, someone: Person) -> None:
    """Nothing posted makes the server fail, and nothing is half-written."""
    long = "x" * 5000
    for name in dose_values():
        for value in ("\0", long, "<script>", "-1", "1e9", "２", "' OR 1=1 --"):
            answer = send(client, someone, **{name: value})
            assert answer.status_code in (302, 422), (name, value)
    for name in ("prescribed_on", "prescriber_rpps", "patient_activity", "declared_situations", "source_key"):
        for value in ("\0", long, "x"):
            answer = declare(client, known_here(client), declarant_prescribes="non", **{name: value})
            assert answer.status_code == 422, (name, value)
    for query in ({"q": "\0", "vaccine": "\0"}, {"q": long, "vaccine": "comirnaty"}, {}):
        assert client.get(url("lots"), query).json() == {"results": []}


def test_a_single_dose_vaccine_shows_no_second_tab(client: Client, someone: Person, settings: Settings) -> None:
    """VC-33."""
    settings.ALLANT_TODAY = date(2021, 5, 3)
    page = client.get(send(client, someone, vaccine="janssen", lot="JAN1", occurred_on="2021-05-03").url)
    assert "2e vaccination" not in text_of(page)


def test_an_own_practice_brings_the_am_number_and_home_the_address(client: Client, someone: Person) -> None:
    """VC-31: filled by the server too, without any script."""
    from allant.accounts.models import Membership

    Membership.objects.update(am_number="351234567")
    assert 'value="351234567"' in body(client.get(url("file", someone.pk)))
    send(client, someone)
    assert Dose.objects.get().am_number == "351234567"
    following = eligible(client, given_names="Paul")
    send(client, following, source_key=another(6), place_kind="domicile", place_name="", postcode="")
    dose = Dose.objects.get(person=following)
    assert (dose.am_number, dose.location.name, dose.location.postcode) == ("", "Domicile du patient", "35000")


def test_a_postcode_of_several_communes_asks_which(client: Client, someone: Person) -> None:
    """VC-31: the list appears in place, without any script."""
    page = send(client, someone, step="check", postcode="01400")
    assert page.status_code == 422 and "Plusieurs communes ont ce code postal" in text_of(page)
    assert '<select name="commune_code"' in body(page)


def test_the_summary_gives_the_next_date_the_effects_link_and_the_papers(client: Client, someone: Person) -> None:
    """VC-34, VC-35, VC-37: the date to book from, the portal, print, PDF, CSV; the next patient is one key away."""
    page = client.get(send(client, someone).url)
    shown, dose = text_of(page), Dose.objects.get()
    assert "prendre rendez-vous à partir du 21 mars 2021" in shown
    assert "Déclarer un effet indésirable" in shown and f"lot {LOT}" in shown
    link = body(page).split('href="https://signalement.social-sante.gouv.fr/')[1].split('"')[0]
    assert LOT in link and "Duroc" not in link
    assert f'href="{reverse("teleservice")}" autofocus>Patient suivant' in body(page)
    assert client.get(url("dose_csv", someone.pk, dose.pk)).content.startswith(b"\xef\xbb\xbf")
    assert client.get(url("paper_dose", someone.pk, dose.pk)).content.startswith(b"%PDF")


def test_only_the_recorder_corrects_a_dose_before_the_next(client: Client, someone: Person, settings: Settings) -> None:
    """VC-36: « Rectificatif… », both versions readable with their PDF; refused to others, and once the next is recorded."""
    send(client, someone)
    first = Dose.objects.get()
    other = Client()
    signed_in(other, username="pro-sante-connect:autre", rpps="99900000222")
    open_file(other, someone)
    assert "Seul le professionnel qui a enregistré" in text_of(other.get(url("dose_correct", someone.pk, first.pk), follow=True))
    address = url("dose_correct", someone.pk, first.pk)
    assert f'value="{LOT}"' in body(client.get(address))
    values = dose_values(lot="EM0477")
    assert client.post(address, values).status_code == 422
    values |= {"pourquoi-reason": "lot mal lu"}
    check = client.post(address, values)
    assert f"EM0477 au lieu de {LOT}" in text_of(check) and "Motif de la modification : lot mal lu" in text_of(check)
    assert Dose.objects.get().lot == LOT
    assert 'value="lot mal lu"' in body(client.post(address, {**hidden(check), "step": "edit"}))
    page = client.post(address, {**hidden(check), "step": "record"}, follow=True)
    second = Dose.objects.get(version=2)
    assert "Rectificatif des données télétransmises à l'Assurance Maladie" in text_of(page) and second.lot == "EM0477"
    assert "Tout document d’une version antérieure ne vaut plus" in text_of(page)
    former = text_of(client.get(url("dose", someone.pk, first.pk)))
    assert "Remplacée par une version corrigée" in former and "Voir la version 2, en vigueur" in former
    for version in (first, second):
        assert client.get(url("paper_dose", someone.pk, version.pk)).content.startswith(b"%PDF")
    settings.ALLANT_TODAY = date(2021, 3, 25)
    send(client, someone, source_key=another(7), dose_number="2", occurred_on="2021-03-25")
    assert "La dose suivante est enregistrée" in text_of(client.get(url("dose_correct", someone.pk, second.pk), follow=True))


def test_its_author_cancels_a_dose_with_a_reason(client: Client, someone: Person) -> None:
    """VC-36: cancelled, it no longer counts and stays readable."""
    send(client, someone)
    dose = Dose.objects.get()
    address = url("dose_cancel", someone.pk, dose.pk)
    assert client.post(address, {"pourquoi-reason": ""}).status_code == 422
    page = client.post(address, {"pourquoi-reason": "mauvais patient"}, follow=True)
    assert "Annulée par son auteur le 21 février 2021" in text_of(page) and "Doses 0" in text_of(page)
    assert not Dose.objects.current().exists()
    assert "Annulée par son auteur" in text_of(client.get(url("file", someone.pk)))


def test_cancelling_a_corrected_dose_brings_no_former_version_back(client: Client, someone: Person) -> None:
    """VC-36: the page says so before; the patient is left without that dose, and it may be entered again."""
    send(client, someone)
    first = Dose.objects.get()
    assert "n’est pas rétablie" not in text_of(client.get(url("dose_cancel", someone.pk, first.pk)))
    changed = {**dose_values(lot="EM0477"), "pourquoi-reason": "mauvaise dose", "step": "record"}
    client.post(url("dose_correct", someone.pk, first.pk), changed)
    second = Dose.objects.current().get()
    address = url("dose_cancel", someone.pk, second.pk)
    page = client.get(address)
    assert "Sa version précédente n’est pas rétablie" in text_of(page)
    assert url("dose_correct", someone.pk, second.pk) in page.content.decode()
    client.post(address, {"pourquoi-reason": "mauvais patient"})
    assert list(Dose.objects.order_by("version").values_list("end_kind", flat=True)) == ["corrected", "cancelled"]
    assert "Doses 0" in text_of(client.get(url("file", someone.pk)))
    send(client, someone, source_key=another(9))
    assert Dose.objects.current().get().version == 1


def test_a_dose_given_abroad_is_history_with_its_proof(client: Client, someone: Person) -> None:
    """VC-42: vaccine, date, rank and proof; no lot nor place asked; the proof is mandatory."""
    address = url("history", someone.pk)
    values = {"source_key": another(8), "vaccine": "comirnaty", "occurred_on": "2021-01-20", "dose_number": "1", "lot": ""}
    refused = text_of(client.post(address, values))
    assert "Justificatif manquant" in refused and "Choisissez : à l’étranger" in refused
    values |= {"proof": "certificat allemand", "origin": "etranger"}
    assert "Pays absent" in text_of(client.post(address, values))
    assert "Nom de pays illisible" in text_of(client.post(address, {**values, "country": "Allemagne (RFA)"}))
    check = client.post(address, {**values, "country": "Allemagne"})
    assert "Justificatif certificat allemand (à l'étranger : Allemagne)" in text_of(check) and not Dose.objects.exists()
    page = client.post(address, {**hidden(check), "step": "record"}, follow=True)
    assert "certificat allemand" in text_of(page)
    assert Dose.objects.get().proof == "certificat allemand (à l'étranger : Allemagne)"


def test_the_correction_of_a_history_entry_asks_again_where_it_was_given(client: Client, someone: Person) -> None:
    """VC-42, VC-36: the country is shown to correct; a dose of France since the opening is refused here as in the entry."""
    values = {
        "source_key": another(8), "vaccine": "comirnaty", "occurred_on": "2021-01-20", "dose_number": "1", "lot": "",
        "proof": "certificat allemand", "origin": "etranger", "country": "Allemagne", "step": "record",
    }  # fmt: skip
    client.post(url("history", someone.pk), values)
    first = Dose.objects.get()
    address = url("dose_correct", someone.pk, first.pk)
    page = body(client.get(address))
    assert 'value="Allemagne"' in page and 'value="certificat allemand"' in page and 'value="etranger"' in page
    values |= {"pourquoi-reason": "pays mal lu", "step": "check"}
    assert "Rien ne change" in text_of(client.post(address, values))
    here = client.post(address, {**values, "origin": "avant", "country": ""})
    assert here.status_code == 422 and "s'enregistre dans l'onglet de vaccination" in text_of(here)
    check = client.post(address, {**values, "country": "Autriche"})
    assert "à l'étranger : Autriche) au lieu de certificat allemand (à l'étranger : Allemagne)" in text_of(check)
    client.post(address, {**hidden(check), "step": "record"})
    second = Dose.objects.get(version=2)
    assert second.proof == "certificat allemand (à l'étranger : Autriche)" and second.replaces_id == first.pk


def test_an_infection_counts_in_the_schedule(client: Client, someone: Person) -> None:
    """VC-40: declared, the schedule proposed is of one dose."""
    address = url("infection", someone.pk)
    assert "dans le futur" in text_of(client.post(address, {"occurred_on": "2021-03-01"}))
    page = client.post(address, {"occurred_on": "2020-10-05"}, follow=True)
    assert Infection.objects.get().occurred_on == date(2020, 10, 5)
    assert "dose 1 sur 1" in text_of(page) and "2e vaccination" not in text_of(page)


def test_a_booster_is_called_so(client: Client, someone: Person, settings: Settings) -> None:
    """VC-41: « dose de rappel » on the form, the check and the summary."""
    send(client, someone)
    settings.ALLANT_TODAY = date(2021, 3, 25)
    send(client, someone, source_key=another(9), dose_number="2", occurred_on="2021-03-25")
    settings.ALLANT_TODAY = date(2021, 12, 10)
    assert "dose de rappel" in text_of(client.get(url("file", someone.pk)))
    values = {"source_key": another(10), "dose_number": "3", "occurred_on": "2021-12-10", "lot": "FE1"}
    assert "Dose de rappel (dose n° 3)" in text_of(send(client, someone, step="check", **values))
    page = client.get(send(client, someone, **values).url)
    assert "dose de rappel" in text_of(page).lower() and Dose.objects.get(dose_number=3).series == "booster"


def test_my_entries_of_the_day(client: Client, someone: Person) -> None:
    """What this professional recorded today, with links to the files open in this session, and as CSV."""
    send(client, someone)
    page = client.get(url("today"))
    assert "2 saisies, 1 dose en vigueur" in text_of(page)
    assert f'href="{url("dose", someone.pk, Dose.objects.get().pk)}"' in body(page)
    table = client.get(url("today_csv")).content.decode("utf-8-sig")
    assert table.splitlines()[0] == "Heure;Patient;Naissance;Saisie;Vaccin;Lot;État" and LOT in table
    session = client.session
    del session["allant_files"]
    session.save()
    assert "Duroc Rose" in text_of(client.get(url("today"))) and "dossiers/" not in body(client.get(url("today")))


def count(ask: Callable[[], Any]) -> int:
    """Queries of one request that succeeds."""
    with CaptureQueriesContext(connection) as queries:
        assert ask().status_code in (200, 302)
    return len(queries)


def test_query_counts(client: Client, someone: Person) -> None:
    """PF-12: each page asks a fixed number of questions to the database, whatever the patient's history."""
    send(client, someone)
    dose = Dose.objects.get()
    following = eligible(client, given_names="Paul")
    pages = {
        url("file", following.pk): 12,
        url("dose", someone.pk, dose.pk): 18,  # the first time: what the paper says is kept (VC-36)
        url("dose_csv", someone.pk, dose.pk): 11,
        url("dose_correct", someone.pk, dose.pk): 11,
        url("today"): 6,
        url("lots") + "?q=e&vaccine=comirnaty": 4,
    }
    assert {address: count(lambda address=address: client.get(address)) for address in pages} == pages
    most = {"check": 32, "record": 20}  # bounds: the statements of the recording belong to its own room
    for step, bound in most.items():
        assert count(lambda step=step: send(client, following, step, source_key=another(11))) <= bound, step


def test_dates_take_few_keys(settings: Settings) -> None:
    """VC-30: with or without separators, the year on two digits, one letter for today; an impossible day is said."""
    settings.ALLANT_TODAY = TODAY
    field = TypedDateField()
    for typed in ("21/02/2021", "21.2.2021", "21-02-21", "21022021", "210221", "2021-02-21", "j", "Aujourd’hui"):
        assert field.clean(typed) == TODAY, typed
    assert field.clean("h") == date(2021, 2, 20)
    for wrong in ("31/02/2021", "310221", "2102", "21/02/021", "demain", "00000000"):
        with pytest.raises(ValidationError):
            field.clean(wrong)


def test_every_refusal_with_a_field_is_one_that_the_recording_gives() -> None:
    """VC-38: no field waits for a code that no longer exists."""
    own = {"proof_missing", "infection_impossible"}  # of `vaccination.recording`
    assert set(FIELD_OF) - own <= set(REASONS)
