"""TG-14: an experiment runs in some départements, is extended by list, and is compared with where it does not run."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allant.campaigns import waves
from allant.campaigns.actions import save_campaign
from allant.campaigns.effect import newcombe, wilson
from allant.campaigns.history import standings_of
from allant.campaigns.models import Campaign, Invitation
from allant.campaigns.reads import why_for, why_invited
from allant.campaigns.ready_made import plan_named
from allant.campaigns.scheme_files import scheme_target
from allant.campaigns.territories import (
    TerritoryRefused,
    UnknownDepartements,
    add_territories,
    cohorts,
    date_territory,
    load_experiment,
    narrowed,
    read_departements,
    state_on,
)
from allant.campaigns.workshop.catalogue import KINDS
from allant.doctrine import rules
from allant.geography import departements
from allant.outreach.actions import load_templates
from allant.people.models import Person, Situation
from allant.targeting import define, engine_postgres

from .conftest import OPENING, persons
from .test_reads import BOOK, doses

STARTED = """Ain, Aisne, Ardennes, Corse du sud, Eure, Eure-et-Loir,
Gironde, Ille-et-Vilaine, Jura, Landes, Lozère et Maine-et-Loire."""
COMING = "Alpes-de-Haute-Provence, Guadeloupe, Guyane, Haute-Garonne, Réunion et Martinique."
TWELVE = ["01", "02", "08", "27", "28", "2A", "33", "35", "39", "40", "48", "49"]
SIX = ["04", "31", "971", "972", "973", "974"]


def spread(*codes: str) -> None:
    """Forty people of 80, over these départements in turn."""
    persons(40)
    for rank, code in enumerate(codes):
        Person.objects.filter(pk__in=range(rank + 1, 41, len(codes))).update(departement_code=code)


# The list


def test_tg_14_the_list_of_the_seed_is_read_as_it_is_written() -> None:
    """Seed 001: 18 départements, 12 started, as its sentences name them."""
    assert sorted(read_departements(STARTED)) == TWELVE
    assert sorted(read_departements(COMING)) == SIX


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("01 ; 2a\n974", ["01", "2A", "974"]),
        ("1, 93", ["01", "93"]),
        ("l'Aisne et la Réunion", ["02", "974"]),
        ("SEINE SAINT DENIS, seine-saint-denis, 93", ["93"]),
        ("Eure et Loir", ["28"]),
        ("Wallis et Futuna", ["986"]),
        ("Terres australes et antarctiques françaises et Lot-et-Garonne", None),
    ],
)
def test_tg_14_codes_and_names_are_read(typed: str, codes: list[str] | None) -> None:
    if codes is None:
        with pytest.raises(UnknownDepartements):
            read_departements(typed)
    else:
        assert read_departements(typed) == codes


def test_tg_14_every_departement_is_read_by_code_and_by_name() -> None:
    for code, item in departements().items():
        assert read_departements(code) == read_departements(item.name) == [code]
    assert read_departements(", ".join(item.name for item in departements().values())) == list(departements())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Ain, Ardenes", "« Ardenes » n'est pas un département. Vouliez-vous dire « Ardennes » ?"),
        ("Corse", "« Corse » n'est pas un département. Vouliez-vous dire"),
        ("20", "« 20 » n'est pas un département."),
        (" ; ", "Aucun département lu"),
    ],
)
def test_tg_14_an_unknown_departement_is_refused_with_the_nearest(typed: str, told: str) -> None:
    with pytest.raises(UnknownDepartements) as refused:
        read_departements(typed)
    assert told in str(refused.value)


# Where it invites


@pytest.mark.django_db
def test_tg_14_a_campaign_with_departements_invites_only_where_it_has_started(campaign: Campaign) -> None:
    """TG-14: planned and ended départements are left out, and it is extended by list."""
    spread("01", "02", "93", "13")
    add_territories(campaign, ["01"], starts_on=OPENING, by="test")
    add_territories(campaign, ["02"], starts_on=None, by="test")
    add_territories(campaign, ["93"], starts_on=OPENING + timedelta(7), by="test")
    assert sum(waves.reach(campaign, OPENING).values()) == 10
    assert waves.launch_wave(campaign, on=OPENING, by="test").size == 10
    assert set(Invitation.objects.values_list("person__departement_code", flat=True)) == {"01"}
    later = OPENING + timedelta(7)
    assert waves.launch_wave(campaign, on=later, by="test").found == 10
    assert add_territories(campaign, ["02", "01"], starts_on=later, by="test") == 1, "the Ain keeps its day"
    assert sum(waves.reach(campaign, later).values()) == 10
    aisne = campaign.territories.get(departement_code="02")
    date_territory(aisne, starts_on=later, ends_on=later + timedelta(7), on=later, by="test")
    assert sum(waves.reach(campaign, later + timedelta(7)).values()) == 0


@pytest.mark.django_db
def test_tg_14_the_other_pages_know_where_it_runs(campaign: Campaign) -> None:
    """TG-05, TG-06: "why?", the standings of a person and the file of another scheme; nobody is meant before it starts."""
    spread("01", "02")
    Person.objects.filter(pk__in=(3, 4)).update(scheme="msa")
    assert why_for(campaign, 2, OPENING).holds
    add_territories(campaign, ["01"], starts_on=OPENING, by="test")
    assert why_for(campaign, 1, OPENING).holds and not why_for(campaign, 2, OPENING).holds
    assert [each.in_target for pk in (1, 2) for each in standings_of(Person.objects.get(pk=pk), OPENING)] == [True, False]
    assert engine_postgres.people(scheme_target(campaign, "msa", OPENING, BOOK))["person_id"].to_pylist() == [3]
    assert not why_for(campaign, 1, OPENING - timedelta(1)).holds
    assert waves.reach(campaign, OPENING - timedelta(1)) == {}


@pytest.mark.django_db
def test_tg_14_why_invited_tells_the_departements_of_that_day_whatever_was_added_since(campaign: Campaign) -> None:
    """TG-06, TG-14: the place is one of the criteria of the wave; a wave of before the experiment was bound by none."""
    spread("01", "02")
    Person.objects.filter(pk__in=(1, 2)).update(departement_code="13")
    waves.launch_wave(campaign, on=OPENING, by="test", capacity=1)
    before = Invitation.objects.get()
    later = OPENING + timedelta(7)
    add_territories(campaign, ["01"], starts_on=later, by="test")
    waves.launch_wave(campaign, on=later, by="test")
    assert "département" not in str(why_invited(before)) and why_invited(before).holds
    invited = Invitation.objects.filter(invited_on=later).first()
    assert "dans le département 01 (Ain)" in str(why_invited(invited)) and why_invited(invited).holds
    add_territories(campaign, ["02"], starts_on=later, by="test")
    date_territory(
        campaign.territories.get(departement_code="01"), starts_on=later, ends_on=later + timedelta(1), on=later, by="test"
    )
    seen = why_invited(Invitation.objects.select_related("campaign", "wave").get(pk=invited.pk))
    assert "dans le département 01 (Ain)" in str(seen) and "Aisne" not in str(seen) and seen.holds
    standing = standings_of(Person.objects.get(pk=1), later)[0]
    assert standing.elsewhere and not standing.in_target and not standing.lacking, "the place alone keeps them out"


@pytest.mark.django_db
def test_tg_14_a_campaign_without_departements_invites_everywhere_as_before(campaign: Campaign) -> None:
    spread("01", "13")
    target = campaign.current_target.on(OPENING)
    assert narrowed(campaign, target, OPENING) is target
    assert waves.launch_wave(campaign, on=OPENING, by="test").size == 40


@pytest.mark.django_db
def test_tg_14_states_follow_the_dates(campaign: Campaign) -> None:
    add_territories(campaign, ["01", "02"], starts_on=OPENING, by="test")
    add_territories(campaign, ["93"], starts_on=None, by="test")
    ain, planned = campaign.territories.get(departement_code="01"), campaign.territories.get(departement_code="93")
    date_territory(ain, starts_on=OPENING, ends_on=OPENING + timedelta(3), on=OPENING, by="test")
    ain.refresh_from_db()
    assert [state_on(ain, OPENING + timedelta(days)) for days in (-1, 0, 2, 3)] == ["planned", "started", "started", "ended"]
    assert state_on(planned, OPENING) == "planned"
    for starts_on, ends_on, told in (
        (OPENING + timedelta(1), None, "ne change plus"), (OPENING, OPENING, "après le début"), (None, None, "ne change plus"),
    ):  # fmt: skip
        with pytest.raises(TerritoryRefused, match=told):
            date_territory(ain, starts_on=starts_on, ends_on=ends_on, on=OPENING, by="test")
    with pytest.raises(TerritoryRefused, match="après le début"):
        date_territory(planned, starts_on=None, ends_on=OPENING, on=OPENING, by="test")
    with pytest.raises(UnknownDepartements):
        add_territories(campaign, ["2C"], starts_on=None, by="test")


# What it changed


@pytest.mark.django_db
def test_tg_14_pilots_are_compared_with_where_it_has_not_started_since_the_same_day(campaign: Campaign) -> None:
    """TG-10, TG-14: people who had the act before are on neither side; each day of start has its own comparison."""
    spread("01", "02", "13", "35")
    ain, aisne, elsewhere = (list(range(first, 41, 4)) for first in (1, 2, 3))
    later = OPENING + timedelta(14)
    add_territories(campaign, ["01"], starts_on=OPENING, by="test")
    add_territories(campaign, ["02"], starts_on=later, by="test")
    add_territories(campaign, ["971"], starts_on=None, by="test")
    doses(ain[:1], OPENING - timedelta(1))
    doses(ain[1:7], OPENING + timedelta(20))
    doses(elsewhere[:2], OPENING + timedelta(3))
    doses(aisne[:5], later)
    first, second = cohorts(campaign, later + timedelta(20), BOOK)
    assert (first.starts_on, first.departements) == (OPENING, ("01",))
    assert (first.comparison.invited.done, first.comparison.invited.people) == (6, 9)
    assert (first.comparison.held_out.done, first.comparison.held_out.people) == (2, 20), "neither the Aisne, started later"
    assert first.comparison == newcombe(wilson(6, 9, 0.95), wilson(2, 20, 0.95)) and first.comparison.settled
    assert (second.comparison.invited.done, second.comparison.invited.people) == (5, 10)
    assert (second.comparison.held_out.done, second.comparison.held_out.people) == (0, 18)
    assert cohorts(campaign, OPENING - timedelta(1), BOOK) == []
    assert [each.starts_on for each in cohorts(campaign, OPENING, BOOK)] == [OPENING]


@pytest.mark.django_db
def test_tg_14_the_seeds_two_letters_as_shares_with_their_uncertainty() -> None:
    """Seed 001: 1 135 letters in Seine-Saint-Denis → 25 %, 510 in Vaucluse → 7 %: beyond chance, which proves no cause."""
    denis, vaucluse = wilson(284, 1135, 0.95), wilson(36, 510, 0.95)
    seen = newcombe(denis, vaucluse)
    assert (round(denis.share, 2), round(vaucluse.share, 2)) == (0.25, 0.07)
    assert seen.settled and seen.low == pytest.approx(0.144, abs=0.002) and seen.high == pytest.approx(0.212, abs=0.002)


# The seed's experiments


@pytest.mark.django_db
def test_tg_14_the_experiments_of_the_seed_are_shipped_with_their_departements() -> None:
    """Seed 001: Seine-Saint-Denis from 16 August, Vaucluse from 6 September, 18 départements of which 12 started."""
    load_templates(by="test")
    on = date(2021, 9, 27)
    book = rules.as_known_on(on)
    known = {}
    for slug in ("covid-courrier-93", "covid-courrier-84", "covid-courrier-75"):
        campaign = save_campaign(plan_named(slug, book), by="test")
        load_experiment(campaign, book, on, by="test")
        assert load_experiment(campaign, book, on, by="test") == 0, "loaded again, nothing changes"
        known[slug] = [(row.departement_code, row.starts_on) for row in campaign.territories.all()]
    assert known["covid-courrier-93"] == [("93", date(2021, 8, 16))]
    assert known["covid-courrier-84"] == [("84", date(2021, 9, 6))]
    assert [code for code, starts_on in known["covid-courrier-75"] if starts_on] == TWELVE
    assert [code for code, starts_on in known["covid-courrier-75"] if not starts_on] == SIX
    other = save_campaign(plan_named("covid-75", book), by="test")
    assert load_experiment(other, book, on, by="test") == 0 and not other.territories.exists()


@pytest.mark.django_db
def test_tg_14_vaucluse_means_those_under_nursing_care_at_home() -> None:
    """TG-14: criterion "under nursing care", in the seed's campaign and in the workshop."""
    load_templates(by="test")
    on = date(2021, 9, 6)
    campaign = save_campaign(plan_named("covid-courrier-84", rules.as_known_on(on)), by="test")
    load_experiment(campaign, rules.as_known_on(on), on, by="test")
    spread("84", "01")
    for person in (1, 2, 3):
        Situation.objects.create(person_id=person, kind="nursing_care", starts_on=date(2021, 1, 1))
    Situation.objects.create(person_id=5, kind="nursing_care", starts_on=date(2021, 1, 1), ends_on=date(2021, 2, 1))
    assert waves.reach(campaign, on) == {"letter": 2}, "the first and the third, of Vaucluse"
    assert "Soins infirmiers à domicile" in campaign.current_target.sentence
    choices = dict(KINDS["situation"].blanks[0].choices())
    assert choices["nursing_care"] == "Soins infirmiers à domicile"
    built = define(KINDS["situation"].build({"values": ["nursing_care"]}, on))
    assert engine_postgres.people(built)["person_id"].to_pylist() == [1, 2, 3]


