"""TG-13: professionals as targets, mails drafted by a change of doctrine, visits of the funds' delegates."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.models import AccessLogEntry, LoggedAction
from allant.campaigns import waves
from allant.campaigns.history import contacts_of, other_messages_of
from allant.campaigns.models import Campaign, MailingRecipient, ProfessionalMailing, ProfessionalVisit
from allant.campaigns.professionals import mailings, visits
from allant.campaigns.professionals.audience import Audience, UnknownCriterion, audience_sql, find, read_audience, sentence
from allant.campaigns.professionals.changes import changes
from allant.campaigns.professionals.commands import mailing
from allant.campaigns.professionals.visits import Fund, VisitRefused
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import rules
from allant.outreach.file_channel import send_to_files
from allant.outreach.models import Message
from allant.people.models import Person, Situation
from allant.vaccination.visits import hand_over_ald_list

from .conftest import OPENING, persons
from .test_commands import refused, run, said
from .test_reads import doses

pytestmark = pytest.mark.django_db

TODAY = date(2021, 11, 21)
BOOK = rules.as_known_on(TODAY)
AT = datetime(2021, 11, 21, 9, tzinfo=clock.PARIS)
AIN, GARD = Fund("CPAM-01", "01"), Fund("CPAM-30", "30")


def doctor(number: int, departement: str = "01", profession: str = "10", email: bool = True) -> Practitioner:
    return Practitioner.objects.create(
        rpps=f"1000000{number:04d}", family_name=f"Nom{number}", given_names="Claude", profession=profession,
        departement_code=departement, email=f"d{number}@medecin.example" if email else "",
    )  # fmt: skip


@pytest.fixture
def doctors() -> list[Practitioner]:
    """Three doctors of the Ain (the third without an address), one of the Gard, a nurse of the Ain; two centres and a fund."""
    for code, kind, place in (("CV-01", "centre", "01"), ("CV-30", "centre", "30"), ("011", "cpam", "01")):
        email = f"{code}@centre.example"
        Organisation.objects.create(code=code, name=f"Lieu {code}", kind=kind, departement_code=place, email=email)
    return [doctor(1), doctor(2), doctor(3, email=False), doctor(4, "30"), doctor(5, profession="infirmier")]


@pytest.fixture
def patients(campaign: Campaign, doctors: list[Practitioner]) -> Campaign:
    """Twelve people of 80: six treated by the first doctor, three by the second, one by the third, two by the fourth."""
    persons(12)
    for treating, people in zip(doctors, ((1, 2, 3, 4, 5, 6), (7, 8, 9), (10,), (11, 12)), strict=False):
        Person.objects.filter(pk__in=people).update(treating_practitioner=treating)
    return campaign


def found(**criteria: object) -> list[str]:
    """The recipients meant: RPPS endings and codes."""
    audience = read_audience(criteria, BOOK, TODAY)
    query, parameters = audience_sql(audience, BOOK, TODAY)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT recipient, id FROM ({query}) AS q", parameters)
        rows = cursor.fetchall()
    names = {("practitioner", each.pk): each.rpps[-1] for each in Practitioner.objects.all()}
    names |= {("organisation", each.pk): each.code for each in Organisation.objects.all()}
    return sorted(names[row] for row in rows)


def test_tg_13_criteria_are_professions_structures_departements_and_patients_still_to_vaccinate(patients: Campaign) -> None:
    """TG-13: whichever code the directory holds for a profession."""
    assert found(professions=["medecin"]) == ["1", "2", "3", "4"]
    assert found(professions=["medecin", "infirmier"], departements=["01"]) == ["1", "2", "3", "5"]
    assert found(structures=["centre"], departements=["30"]) == ["CV-30"]
    assert found(professions=["medecin"], structures=["centre"], departements=["01"]) == ["1", "2", "3", "CV-01"]
    assert found(professions=["medecin"], patients={"campaign": "essai", "at_least": 3}) == ["1", "2"]
    doses([7], OPENING)
    assert found(professions=["medecin"], patients={"campaign": "essai", "at_least": 3}) == ["1"], "one had a dose"


def test_tg_13_an_invited_patient_is_still_to_vaccinate_a_dead_one_is_not(patients: Campaign) -> None:
    waves.launch_wave(patients, on=OPENING, by="test")
    wanted = {"professions": ["medecin"], "patients": {"campaign": "essai", "at_least": 6}}
    assert found(**wanted) == ["1"]
    Person.objects.filter(pk=1).update(died_on=date(2021, 3, 1))
    assert found(**wanted) == []


def test_tg_13_count_and_breakdown_come_at_once(patients: Campaign, django_assert_num_queries) -> None:
    audience = read_audience({"professions": ["medecin", "infirmier"], "structures": ["centre"]}, BOOK, TODAY)
    with django_assert_num_queries(1):
        seen = find(audience, BOOK, TODAY)
    assert (seen.count, seen.reachable) == (7, 6), "a doctor has no address"
    assert dict(seen.by_kind) == {"Médecin": 4, "Centre de vaccination": 2, "Infirmier ou infirmière": 1}
    assert dict(seen.by_departement) == {"01 – Ain": 5, "30 – Gard": 2}
    nobody = find(read_audience({"professions": ["sage_femme"]}, BOOK, TODAY), BOOK, TODAY)
    assert (nobody.count, nobody.by_kind) == (0, ())


def test_tg_13_an_audience_reads_back_in_french(patients: Campaign) -> None:
    data = {
        "professions": ["medecin", "pharmacien"], "structures": ["centre"], "departements": ["01", "30"],
        "patients": {"campaign": "essai", "at_least": 10},
    }  # fmt: skip
    audience = read_audience(data, BOOK, TODAY)
    assert audience.as_data() == data
    assert sentence(audience, BOOK, TODAY) == (
        "Chaque médecin ou pharmacien qui suit au moins 10 patients de la campagne « Essai » encore à vacciner, et chaque centre "
        "de vaccination ; départements : Ain, Gard."
    )
    assert sentence(Audience(professions=("medecin",)), BOOK, TODAY) == "Chaque médecin ; France entière."


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"profesions": ["medecin"]}, "Critère « profesions » inconnu. Vouliez-vous dire « professions » ?"),
        ({"professions": ["medcin"]}, "« medcin » inconnu. Vouliez-vous dire « medecin » ?"),
        ({"structures": ["center"]}, "Vouliez-vous dire « centre » ?"),
        ({"professions": ["medecin"], "departements": ["974x"]}, "Vouliez-vous dire « 974 » ?"),
        ({"professions": ["medecin"], "patients": {"campaign": "essay", "at_least": 1}}, "Vouliez-vous dire « essai » ?"),
        ({"professions": ["medecin"], "patients": {"campaign": "essai", "atleast": 1}}, "Vouliez-vous dire « at_least » ?"),
        ({"professions": ["medecin"], "patients": {"campaign": "essai", "at_least": 0}}, "au moins 1"),
        ({"professions": "medecin"}, "liste de codes"),
        ({"structures": ["centre"], "patients": {"campaign": "essai"}}, "Une structure ne suit pas de patients"),
        ({}, "Aucun destinataire"),
    ],
)
def test_tg_13_an_unknown_criterion_is_refused_with_the_nearest(campaign: Campaign, data: dict, told: str) -> None:
    with pytest.raises(UnknownCriterion) as refused:
        read_audience(data, BOOK, TODAY)
    assert told in str(refused.value)


# Mails


def drafted(on: date, since: date) -> list[ProfessionalMailing]:
    return mailings.draft_changes(now=rules.as_known_on(on), before=rules.as_known_on(since), by="test")


def test_tg_13_a_newly_opened_group_drafts_one_mail_with_its_day_and_source() -> None:
    """20 May 2021: all adults from the 31st, announced before for 15 June. The same change drafts once."""
    (draft,) = drafted(date(2021, 5, 20), date(2021, 5, 19))
    assert draft.slug == "covid-priority-adults-2021-05-31-2021-05-20"
    assert draft.subject == "Vaccination contre la Covid-19 : tous les adultes"
    assert "À partir du 31 mai 2021, la vaccination contre la Covid-19 est ouverte" in draft.body
    assert "Cette ouverture était annoncée pour le 15 juin 2021." in draft.body
    assert draft.body.endswith("Source : Gouvernement, annonce du 20 mai 2021, ouverture avancée au 31 mai")
    assert "covid.priority.adults@2021-05-31/2021-05-20" in draft.reason
    assert draft.audience == {"professions": ["medecin"], "structures": ["centre"]}
    assert (draft.state, draft.recipients) == ("à relire", None)
    assert drafted(date(2021, 5, 20), date(2021, 5, 19)) == [] and drafted(date(2021, 5, 21), date(2021, 5, 19)) == []
    assert drafted(date(2021, 5, 22), date(2021, 5, 21)) == []


def test_tg_13_ages_of_vaccines_and_delays_draft_too_what_is_no_target_does_not() -> None:
    """15 December 2021: children at risk, Comirnaty from 5; 14 April 2021: six weeks between doses are no target."""
    slugs = {draft.slug for draft in drafted(date(2021, 12, 15), date(2021, 12, 14))}
    assert slugs == {"covid-priority-comorbid_5-2021-12-15-2021-12-15", "covid-vaccines-comirnaty-2021-12-15-2021-12-15"}
    comirnaty = ProfessionalMailing.objects.get(slug__contains="comirnaty")
    assert "le vaccin Comirnaty s'emploie ainsi : autorisé à partir de 5 ans." in comirnaty.body
    assert "Auparavant : autorisé à partir de 12 ans." in comirnaty.body
    assert drafted(date(2021, 4, 11), date(2021, 4, 10)) == []
    delay = {draft.slug.split("-20")[0]: draft for draft in drafted(date(2021, 11, 27), date(2021, 11, 26))}
    assert {"covid-booster-delay", "covid-booster-opening-adults"} <= set(delay)
    assert "est de 5 mois." in delay["covid-booster-delay"].body and "Auparavant : 6 mois." in delay["covid-booster-delay"].body


def test_every_change_of_the_whole_campaign_has_a_sentence_and_its_own_slug() -> None:
    """No placeholder is left in any text, and no two versions share a draft."""
    whole = changes(rules.as_known_on(date(2023, 5, 3)), rules.as_known_on(date(2020, 12, 1)))
    assert len(whole) > 20 and len({change.slug for change in whole}) == len(whole)
    assert [change.slug for change in whole if "{" in change.subject + change.body or not change.ground] == []
    assert changes(rules.as_known_on(date(2020, 12, 1)), rules.as_known_on(date(2020, 11, 1))) == []


def test_tg_13_the_newsletter_tells_the_changes_of_its_period_once() -> None:
    now, before = rules.as_known_on(date(2021, 5, 20)), rules.as_known_on(date(2021, 5, 1))
    letter = mailings.draft_newsletter(now=now, before=before, by="test")
    assert mailings.draft_newsletter(now=now, before=before, by="test") == letter
    assert letter.subject == "Vaccination : les changements du 1er mai 2021 au 20 mai 2021"
    assert "– Vaccination contre la Covid-19 : tous les adultes (à partir du 31 mai 2021)" in letter.body
    assert "personnes de 50 ans et plus (à partir du 10 mai 2021)" in letter.body
    calm = mailings.draft_newsletter(now=now, before=rules.as_known_on(date(2021, 5, 20)), by="test")
    assert calm.body == "Aucun changement des cibles vaccinales sur cette période."


def test_tg_13_the_command_drafts_what_was_known_that_day_and_once() -> None:
    """`allant mailing draft --on`: nothing to draft the second time; its run is in the access log, without a person."""
    drafted_twice = [json.loads(said(run(mailing, "draft", "--on", "2021-05-20", "--json"))) for _ in range(2)]
    assert [[row["slug"] for row in rows] for rows in drafted_twice] == [["covid-priority-adults-2021-05-31-2021-05-20"], []]
    assert AccessLogEntry.objects.get().person_id is None
    assert "1 courrier(s)" in said(run(mailing, "draft", "--on", "2021-05-20", "--since", "2021-05-05")), "50 ans, 6 mai"
    assert said(run(mailing, "list")).count("à relire") == 2
    assert "donnez un jour plus ancien" in refused(run(mailing, "draft", "--on", "2021-05-20", "--since", "2021-05-20"))


def sent(folder: Path) -> list[dict[str, str]]:
    send_to_files(channel="email", on=TODAY, at=AT, directory=folder)
    rows = []
    for file in sorted((folder / "email").glob("*.csv")):
        rows += csv.DictReader(file.read_text().splitlines(keepends=True), delimiter=";")
    return rows


def hand_written(**changes: object) -> ProfessionalMailing:
    audience = Audience(("medecin",), ("centre",))
    values = {"title": "Essai", "subject": "Doses\nen ville", "body": "Texte {libre}.", "audience": audience}
    return mailings.write_mailing(**(values | changes), book=BOOK, by="test")


def test_tg_13_approval_writes_one_message_a_recipient_that_has_an_address_and_they_leave(
    patients: Campaign, tmp_path: Path
) -> None:
    """TG-13: doctors and centres, not the one without an address; the persons' pages stand it and show nothing of it."""
    mailing = hand_written()
    assert mailings.approve_mailing(mailing, on=TODAY, book=BOOK, by="agency:eve") == 5
    mailing.refresh_from_db()
    assert (mailing.state, mailing.recipients, mailing.approved_by) == ("approuvé", 5, "agency:eve")
    rows = sent(tmp_path)
    assert sorted(row["adresse"] for row in rows) == [
        "CV-01@centre.example", "CV-30@centre.example", "d1@medecin.example", "d2@medecin.example", "d4@medecin.example",
    ]  # fmt: skip
    assert {row["objet"] for row in rows} == {"Doses en ville"}, "no header can be broken by a line end"
    assert any("Bonjour Claude Nom1,\n\nTexte {libre}." in row["texte"] for row in rows)
    assert Message.objects.filter(person=None).sent().count() == 5
    person = Person.objects.get(pk=1)
    assert contacts_of(person) == [] and other_messages_of(person) == []


def test_tg_13_an_approved_mail_is_not_approved_nor_changed_again_and_recipients_are_frozen(patients: Campaign) -> None:
    mailing = hand_written()
    mailings.approve_mailing(mailing, on=TODAY, book=BOOK, by="test")
    with pytest.raises(mailings.MailingRefused, match="est parti à l'envoi"):
        mailings.approve_mailing(mailing, on=TODAY, book=BOOK, by="test")
    with pytest.raises(mailings.MailingRefused, match="est parti à l'envoi"):
        hand_written(mailing=mailing)
    assert Message.objects.count() == MailingRecipient.objects.count() == 5
    with pytest.raises(DatabaseError), transaction.atomic():
        MailingRecipient.objects.all().delete()


def test_tg_13_a_draft_is_edited_then_approved_with_its_new_audience(patients: Campaign) -> None:
    (draft,) = drafted(date(2021, 5, 20), date(2021, 5, 19))
    audience = read_audience({"professions": ["medecin"], "patients": {"campaign": "essai", "at_least": 3}}, BOOK, TODAY)
    changed = hand_written(mailing=draft, audience=audience, subject="Relu")
    assert (changed.slug, changed.subject, changed.campaign.slug) == (draft.slug, "Relu", "essai")
    assert mailings.approve_mailing(draft, on=TODAY, book=BOOK, by="test") == 2


def test_tg_13_what_rests_on_an_assumption_is_not_sent_before_its_source_is_written(patients: Campaign) -> None:
    """Nobody is sent a source that does not exist."""
    draft = next(each for each in drafted(date(2021, 12, 24), date(2021, 12, 23)) if "delay" in each.slug)
    assert draft.body.endswith("Source : [source à compléter]") and "hypothèse" in draft.reason
    with pytest.raises(mailings.MailingRefused, match="source à compléter"):
        mailings.approve_mailing(draft, on=TODAY, book=BOOK, by="test")
    hand_written(mailing=draft, body="Le délai est de 4 mois.")
    assert mailings.approve_mailing(draft, on=TODAY, book=BOOK, by="test") == 5


def test_tg_13_a_mail_given_up_never_leaves_and_what_waits_is_withdrawn(patients: Campaign, tmp_path: Path) -> None:
    given_up, approved = hand_written(), hand_written()
    mailings.abandon_mailing(given_up, by="test")
    with pytest.raises(mailings.MailingRefused, match="abandonné"):
        mailings.approve_mailing(given_up, on=TODAY, book=BOOK, by="test")
    mailings.approve_mailing(approved, on=TODAY, book=BOOK, by="test")
    assert mailings.abandon_mailing(approved, by="test") == 5
    assert set(Message.objects.values_list("status", "drop_reason")) == {("dropped", "courrier abandonné")}
    with pytest.raises(mailings.MailingRefused, match="déjà"):
        mailings.abandon_mailing(approved, by="test")
    assert sent(tmp_path) == []


def test_an_approval_without_anybody_to_write_to_writes_nothing(doctors: list[Practitioner]) -> None:
    Practitioner.objects.update(email="")
    mailing = hand_written(audience=Audience(("medecin",)))
    with pytest.raises(mailings.MailingRefused, match="Aucun destinataire"):
        mailings.approve_mailing(mailing, on=TODAY, book=BOOK, by="test")
    mailing.refresh_from_db()
    assert (MailingRecipient.objects.count(), mailing.approved_at) == (0, None)


@pytest.mark.parametrize(
    "wrong", [{"title": " "}, {"subject": "\n"}, {"body": ""}, {"subject": "x" * 201}, {"body": "x" * 20_001}]
)
def test_a_mail_has_a_title_a_subject_and_a_text_of_a_bounded_length(wrong: dict) -> None:
    with pytest.raises(mailings.MailingRefused):
        hand_written(**wrong)
    assert not ProfessionalMailing.objects.exists()


# Visits


def listed() -> list[tuple[str, int]]:
    return [(each.practitioner.rpps[-1], each.patients_to_vaccinate) for each in visits.visits_of(AIN)]


def test_tg_13_the_visit_list_is_the_doctors_of_the_department_with_most_patients_to_vaccinate(patients: Campaign) -> None:
    assert visits.list_visits(fund=AIN, campaign=patients, on=OPENING, book=BOOK, by="test", most=2) == 2
    assert listed() == [("1", 6), ("2", 3)]
    doses([1, 2], OPENING)
    assert visits.list_visits(fund=AIN, campaign=patients, on=OPENING, book=BOOK, by="test") == 1
    assert listed() == [("1", 4), ("2", 3), ("3", 1)]


def test_tg_13_a_fund_sees_and_changes_only_its_own_visits(patients: Campaign) -> None:
    for fund in (AIN, GARD):
        visits.list_visits(fund=fund, campaign=patients, on=OPENING, book=BOOK, by="test")
    assert [each.practitioner.rpps[-1] for each in visits.visits_of(GARD)] == ["4"]
    theirs = visits.visits_of(AIN)[0]
    with pytest.raises(VisitRefused, match="autre caisse"):
        visits.plan_visit(theirs, fund=GARD, planned_on=TODAY, on=TODAY, by="test")
    with pytest.raises(VisitRefused, match="autre caisse"):
        record(theirs, fund=GARD)
    with pytest.raises(VisitRefused, match="autre caisse"):
        hand_over_ald_list(theirs, fund=GARD, on=TODAY, by=Actor(name="test"))
    with pytest.raises(VisitRefused, match="pas de département"):
        visits.list_visits(fund=Fund("X", ""), campaign=patients, on=TODAY, book=BOOK, by="test")
    assert not AccessLogEntry.objects.exists()


def record(
    visit: ProfessionalVisit, *, fund: Fund = AIN, visited_on: date = TODAY, outcome: str = "met", **changes: object
) -> None:
    values = {"order_form_given": True, "note": " à rappeler ", "on": TODAY, "book": BOOK, "by": "agency:dam"}
    visits.record_visit(visit, fund=fund, visited_on=visited_on, outcome=outcome, **(values | changes))


def test_tg_13_a_visit_is_planned_then_recorded_with_what_was_handed_over(patients: Campaign) -> None:
    """TG-13, VC-52: the ALD list is delivered as to the doctor, each patient in the access log."""
    Situation.objects.create(person_id=1, kind="ald", code="8")
    visits.list_visits(fund=AIN, campaign=patients, on=OPENING, book=BOOK, by="test")
    visit = visits.visits_of(AIN)[0]
    visits.plan_visit(visit, fund=AIN, planned_on=TODAY, on=TODAY, by="agency:dam")
    delivery = hand_over_ald_list(visit, fund=AIN, on=TODAY, by=Actor(name="agency:dam", role="delegate", structure="CPAM-01"))
    assert [patient.person_id for patient in delivery.patients] == [1]
    (entry,) = AccessLogEntry.objects.about(1)
    assert (entry.action, entry.batch_id, entry.structure) == (LoggedAction.BULK, delivery.batch_id, "CPAM-01")
    record(visit)
    visit.refresh_from_db()
    assert (visit.visited_on, visit.visited_by, visit.outcome, visit.note) == (TODAY, "agency:dam", "met", "à rappeler")
    assert visit.ald_list_given and visit.order_form_given
    with pytest.raises(VisitRefused, match="déjà été enregistrée"):
        record(visit)
    with pytest.raises(VisitRefused, match="ne se planifie plus"):
        visits.plan_visit(visit, fund=AIN, planned_on=TODAY, on=TODAY, by="test")


def test_a_visit_that_met_nobody_stays_to_be_made(patients: Campaign) -> None:
    visits.list_visits(fund=AIN, campaign=patients, on=OPENING, book=BOOK, by="test")
    visit = visits.visits_of(AIN)[0]
    record(visit, outcome="absent", order_form_given=False)
    visit.refresh_from_db()
    assert (visit.outcome, visit.visited_on, visit.planned_on) == ("absent", None, None)
    record(visit)


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"outcome": "mett"}, "Vouliez-vous dire « met »"), ({"visited_on": date(2021, 11, 22)}, "est à venir")],
)
def test_a_visit_is_recorded_with_a_known_outcome_and_once_made(patients: Campaign, changes: dict, told: str) -> None:
    visits.list_visits(fund=AIN, campaign=patients, on=OPENING, book=BOOK, by="test")
    with pytest.raises(VisitRefused) as refused:
        record(visits.visits_of(AIN)[0], **changes)
    assert told in str(refused.value)
    with pytest.raises(VisitRefused, match="est passé"):
        visits.plan_visit(visits.visits_of(AIN)[0], fund=AIN, planned_on=date(2021, 11, 20), on=TODAY, by="test")


