"""RP-22 to RP-27 on the pages: the voucher checked, the vaccine delivered and injected, throttling, rights, log."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from allant.accounts.models import AccessLogEntry
from allant.flu.models import Delivery, Voucher
from allant.immunizations.models import Dose
from allant.people.models import Matricule, Person
from tests.flu.people import DAY, aged, code_of, voucher_of, wave
from tests.pages.small_country import matricule
from tests.pages.teleservice import DENTIST, DOCTOR, MIDWIFE, NURSE, PHARMACIST, signed_in

pytestmark = pytest.mark.django_db
HOME = "/professionnel/grippe/"
KEY = "11111111-1111-4111-8111-111111111111"
OTHER_KEY = "22222222-2222-4222-8222-222222222222"
BOX = {"delivrance-source_key": KEY, "delivrance-vaccine": "vaxigrip_tetra", "delivrance-lot": "u3j 921v"}


@pytest.fixture(autouse=True)
def today(settings: Settings) -> None:
    """A day of the season 2021, before everybody's turn."""
    settings.ALLANT_TODAY = DAY
    cache.clear()


@pytest.fixture
def maud() -> Person:
    """Eighty, with a NIR and a voucher sent by letter."""
    person = aged(80, sex="F")
    Matricule.objects.create(person=person, value=matricule(1)[:13], kind="NIR", starts_on=date(2000, 1, 1))
    wave()
    return person


def typed(client: Client, what: str, status: int = 302) -> Any:
    answer = client.post(HOME, {"patient": what})
    assert answer.status_code == status, answer.content.decode()
    return answer


def page_of(client: Client, person: Person) -> str:
    answer = client.get(f"{HOME}dossier/{person.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def sent(client: Client, person: Person, what: str, status: int = 302, **values: str) -> str:
    answer = client.post(f"{HOME}dossier/{person.pk}/{what}/", values)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode() if status != 302 else page_of(client, person)


def test_rp_22_a_pharmacist_checks_a_voucher_and_delivers_the_vaccine_once(client: Client, maud: Person) -> None:
    """RP-22 to RP-25: the code opens the page, the cover is shown, the box is recorded, the voucher is spent."""
    signed_in(client, profession=PHARMACIST)
    code = code_of(voucher_of(maud))
    answer = typed(client, f"{code[:4]} {code[4:8]} {code[8:]}".lower())
    assert code not in answer["Location"]
    page = page_of(client, maud)
    assert code not in page and "100 %" in page and "70 %" in page and "30 %" in page
    assert voucher_of(maud).batch.number in page
    page = sent(client, maud, "delivrer", **BOX)
    assert "le bon ne peut plus servir" in page and "Vaccin délivré en pharmacie, à injecter le 05/11/2021" in page
    delivery = Delivery.objects.get()
    assert (delivery.lot, delivery.voucher, delivery.practitioner.rpps) == ("u3j 921v", voucher_of(maud), "99900000111")
    sent(client, maud, "delivrer", **BOX)  # a double click
    page = sent(client, maud, "delivrer", 422, **{**BOX, "delivrance-source_key": OTHER_KEY})
    assert "déjà utilisé" in page
    assert Delivery.objects.count() == 1


def test_rp_23_found_by_nir_without_voucher_the_professional_checks_and_hands_one_over(client: Client, maud: Person) -> None:
    """RP-23: a voucher not shown does not serve; another is handed over, printed, and serves; the former opens nothing."""
    signed_in(client, profession=PHARMACIST)
    former = code_of(voucher_of(maud))
    typed(client, matricule(1))
    page = page_of(client, maud)
    assert "n’a pas été présenté" in page and "Délivrer le vaccin" not in page
    refused = sent(client, maud, "remettre-un-bon", 422, **{"bon-source_key": KEY})
    assert "après l&#x27;avoir vérifié" in refused or "après l’avoir vérifié" in refused
    page = sent(client, maud, "remettre-un-bon", **{"bon-source_key": KEY, "bon-group": "age_65"})
    assert "Bon remis" in page and "Délivrer le vaccin" in page
    paper = client.get(f"{HOME}dossier/{maud.pk}/bon/").content.decode()
    fresh = code_of(voucher_of(maud))
    assert f"{fresh[:4]} {fresh[4:8]} {fresh[8:]}" in paper and fresh != former
    assert "un autre l&#x27;a remplacé" in typed(client, former, 404).content.decode()
    sent(client, maud, "delivrer", **BOX)
    assert client.get(f"{HOME}dossier/{maud.pk}/bon/").status_code == 404, "spent: its code is shown no more"


@pytest.mark.parametrize(
    ("profession", "sees"), [(DOCTOR, "inject"), (MIDWIFE, "inject"), (NURSE, "inject"), (PHARMACIST, "all")]
)
def test_rp_24_each_profession_does_what_it_may(client: Client, maud: Person, profession: str, sees: str) -> None:
    """RP-23, RP-24: all hand vouchers over and inject, the pharmacist alone delivers."""
    signed_in(client, profession=profession)
    typed(client, code_of(voucher_of(maud)))
    page = page_of(client, maud)
    assert ("Délivrer le vaccin" in page) is (sees == "all")
    assert "Remplacer le bon" in page
    if sees != "all":
        assert sent(client, maud, "delivrer", 403, **BOX)
        assert not Delivery.objects.exists()


def test_rp_24_a_profession_that_the_doctrine_does_not_name_is_told_so(client: Client, maud: Person) -> None:
    """RP-24."""
    signed_in(client, profession=DENTIST)
    answer = client.get(HOME)
    assert answer.status_code == 403
    assert "Votre profession ne permet pas" in answer.content.decode()
    assert client.post(HOME, {"patient": code_of(voucher_of(maud))}).status_code == 403


def test_rp_27_a_nurse_injects_what_the_pharmacy_delivered_and_nothing_else(client: Client, maud: Person) -> None:
    """RP-24, RP-27: nothing before the delivery; then an immunization with its lot, whatever Covid dose of that day."""
    signed_in(client, username="pro-sante-connect:infirmiere", profession=NURSE, rpps="99900000222", structures=("R900002",))
    typed(client, code_of(voucher_of(maud)))
    assert "Enregistrer l’injection" not in page_of(client, maud)
    values = {"injection-source_key": KEY, "injection-occurred_on": "j", "injection-site": ""}
    assert "n&#x27;en ont pas" in sent(client, maud, "injecter", 422, **values)
    pharmacist = Client()
    signed_in(pharmacist, profession=PHARMACIST)
    typed(pharmacist, code_of(voucher_of(maud)))
    sent(pharmacist, maud, "delivrer", **BOX)
    Dose.objects.create(
        person=maud, occurred_on=DAY, vaccine="comirnaty", dose_number=1, series="primary", series_doses=2, recorded_by="test",
        recorded_at="2021-11-05T10:00:00Z", source="csv", source_key="covid",
    )  # fmt: skip
    typed(client, code_of(voucher_of(maud)))
    page = sent(client, maud, "injecter", **values)
    assert "Injection enregistrée : VaxigripTetra, lot U3J921V" in page
    dose = Dose.objects.against("influenza").get()
    assert (dose.occurred_on, dose.practitioner.rpps) == (DAY, "99900000222")
    assert "Annuler l’injection" in page
    page = sent(client, maud, "annuler", **{"pourquoi-reason": "autre patient"})
    assert "à injecter" in page and not Dose.objects.against("influenza").current().exists()


def test_rp_24_the_ordonnance_of_a_minor_is_asked_for_on_the_page(client: Client) -> None:
    """RP-24."""
    minor = aged(17, "ald:8")
    wave()
    signed_in(client, profession=PHARMACIST)
    typed(client, code_of(voucher_of(minor)))
    assert "moins de 18 ans : une ordonnance est nécessaire" in page_of(client, minor)
    assert "recopiez-le de l’ordonnance" in sent(client, minor, "delivrer", 422, **BOX)
    asked = {
        "delivrance-prescriber_name": "Anne Durand", "delivrance-prescriber_profession": "medecin",
        "delivrance-prescribed_on": "02/11/2021",
    }  # fmt: skip
    sent(client, minor, "delivrer", **BOX, **asked)
    assert Delivery.objects.get().prescribed_on == date(2021, 11, 2)


def test_rp_26_the_way_of_the_ame_is_shown_and_followed(client: Client) -> None:
    """RP-26: found by number, no voucher, a doctor's ordonnance."""
    person = aged(70, "ame")
    Matricule.objects.create(person=person, value=matricule(2)[:13], kind="NIR", starts_on=date(2000, 1, 1))
    signed_in(client, profession=PHARMACIST)
    typed(client, matricule(2))
    page = page_of(client, person)
    assert "sur l’ordonnance d’un médecin, sans bon" in page and "Remettre un bon" not in page
    asked = {"delivrance-prescriber_name": "Anne Durand", "delivrance-prescribed_on": "j"}
    refused = sent(client, person, "delivrer", 422, **BOX, **asked, **{"delivrance-prescriber_profession": "sage_femme"})
    assert "celle d&#x27;un médecin" in refused
    sent(client, person, "delivrer", **BOX, **asked, **{"delivrance-prescriber_profession": "medecin"})
    assert Delivery.objects.get().ground == "prescription"


def test_rp_20_the_priority_and_the_closed_season_are_told(client: Client, settings: Settings, maud: Person) -> None:
    """RP-20, RP-25: reserved until 23 November, then at one's own cost; nothing outside the season."""
    someone = aged(40)
    Matricule.objects.create(person=someone, value=matricule(3)[:13], kind="NIR", starts_on=date(2000, 1, 1))
    signed_in(client, profession=PHARMACIST)
    typed(client, matricule(3))
    assert "le vaccin est réservé" in page_of(client, someone)
    settings.ALLANT_TODAY = date(2021, 11, 23)
    page = page_of(client, someone)
    assert "restent à la charge de la personne" in page and "Délivrer le vaccin" in page
    settings.ALLANT_TODAY = date(2022, 2, 1)
    assert "terminée le 31/01/2022" in client.get(HOME).content.decode()
    assert "Délivrer le vaccin" not in page_of(client, someone)
    settings.ALLANT_TODAY = date(2022, 11, 5)
    assert "de la saison 2021-2022" in typed(client, code_of(voucher_of(maud)), 404).content.decode()


def test_wrong_codes_make_the_professional_wait_and_a_typing_error_does_not(client: Client, maud: Person) -> None:
    """RP-22: throttled as the téléservice, by account, in the access log; the right code does not pass either."""
    from allant.campaigns import keyring
    from allant.campaigns.codes import render

    signed_in(client, profession=PHARMACIST)
    assert "faute de frappe" in typed(client, "ABCDEFGHJKMN", 422).content.decode()
    unknown = render(range(900_000, 900_010), keyring.current())
    for code in unknown:
        assert "inconnu" in typed(client, code, 404).content.decode()
    answer = typed(client, code_of(voucher_of(maud)), 429)
    assert int(answer["Retry-After"]) > 0
    other = Client()
    signed_in(other, username="pro-sante-connect:autre", profession=PHARMACIST, rpps="99900000333", structures=("R900003",))
    typed(other, code_of(voucher_of(maud)))
    assert AccessLogEntry.objects.filter(purpose="grippe : recherche sans résultat").count() == 10


def test_every_search_read_and_act_is_in_the_access_log_without_the_code(client: Client, maud: Person) -> None:
    """RP-22 to RP-24."""
    signed_in(client, profession=PHARMACIST)
    typed(client, code_of(voucher_of(maud)))
    sent(client, maud, "delivrer", **BOX)
    entries = list(AccessLogEntry.objects.filter(person_id=maud.pk).order_by("id"))
    assert [(entry.action, entry.purpose) for entry in entries] == [
        ("search", "grippe : recherche par numéro de bon"),
        ("write", "grippe : vaccin délivré"),
        ("read", "grippe : dossier de la saison"),
    ]
    assert not any(code_of(voucher_of(maud)) in f"{entry.path}{entry.purpose}" for entry in entries)


def test_a_file_opens_by_a_code_or_a_number_only(client: Client, maud: Person) -> None:
    """VC-10, RP-22."""
    signed_in(client, profession=PHARMACIST)
    assert client.get(f"{HOME}dossier/{maud.pk}/").status_code == 404
    assert client.post(f"{HOME}dossier/{maud.pk}/delivrer/", BOX).status_code == 404


def test_the_page_costs_a_fixed_number_of_queries(client: Client, maud: Person, django_assert_max_num_queries: Any) -> None:
    """The facts that decide the eligibility are one query a table."""
    signed_in(client, profession=PHARMACIST)
    typed(client, code_of(voucher_of(maud)))
    with django_assert_max_num_queries(24):
        page_of(client, maud)
    assert Voucher.objects.count() == 1


def test_agents_and_the_person_read_the_state_of_the_voucher_without_its_code(client: Client, maud: Person) -> None:
    """RP-22: sent, delivered, injected, on the agents' page and in the person's own space."""
    from datetime import datetime

    from allant.accounts.roles import Role
    from allant.clock import PARIS
    from allant.outreach.models import Message
    from tests.accounts.sessions import account_with, enter

    code = code_of(voucher_of(maud))
    spaced = f"{code[:4]} {code[4:8]} {code[8:]}"
    insured, agent = Client(), Client()
    own = account_with(Role.INSURED, username="france-connect:maud", structures=("",))
    own.person = maud
    own.save()
    enter(insured, own)
    enter(agent, account_with(Role.CALL_AGENT, departement="35"))

    def said(text: str) -> None:
        pages = (
            agent.post("/campagnes/personne/contacts/", {"value": matricule(1)}).content.decode(),
            insured.get("/assure/").content.decode(),
        )
        for page in pages:
            assert text in page
            assert code not in page and spaced not in page

    said("Bon de prise en charge préparé, courrier à venir")
    Message.objects.update(status="sent", sent_at=datetime(2021, 11, 4, 9, tzinfo=PARIS))
    said("Bon de prise en charge envoyé par courrier le 04/11/2021")
    signed_in(client, profession=PHARMACIST)
    typed(client, code)
    sent(client, maud, "delivrer", **BOX)
    said("Vaccin délivré en pharmacie, à injecter le 05/11/2021")
    sent(client, maud, "injecter", **{"injection-source_key": KEY, "injection-occurred_on": "j", "injection-site": ""})
    said("Vaccin injecté le 05/11/2021")
