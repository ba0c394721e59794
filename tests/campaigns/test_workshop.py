"""TG-03: the workshop's trees write the same definitions as Python, and cannot write one that the language refuses."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from importlib.resources import files

import pyarrow as pa
import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext

from allant.campaigns.actions import CampaignPlan, save_campaign
from allant.campaigns.exclusions import exclusions
from allant.campaigns.models import TargetDraft
from allant.campaigns.workshop import catalogue, drafts
from allant.campaigns.workshop import tree as trees
from allant.campaigns.workshop.preview import preview
from allant.campaigns.workshop.recognition import recognised
from allant.directory.actions import load_organisations
from allant.directory.funds import FUNDS
from allant.doctrine import rules
from allant.facts import registry
from allant.outreach.actions import load_templates
from allant.people.models import Person
from allant.people.situation_codes import ALD_GROUPS, INSTITUTIONS, PROFESSIONS, SITUATION_CODES
from allant.targeting import InvalidTarget, define, engine_memory, engine_postgres, sentence, tables
from allant.targeting.language import Condition
from tests.pages import small_country

DAY = date(2021, 3, 31)
BOOK = rules.as_known_on(date(2021, 12, 31))


def leaf(code: str, **values: object) -> trees.Tree:
    return catalogue.node(catalogue.KINDS[code], values, DAY)


def in_python() -> dict[str, Callable[[], Condition]]:
    """What an analyst would write for the same words."""
    t = tables()
    return {
        "age": lambda: t.person.age_on(DAY).between(75, 79),
        "sex": lambda: t.person.sex.is_in(["F"]),
        "departement": lambda: t.person.departement.is_in(["01", "2A"]),
        "situation": lambda: (
            t.situation.where(kind="ald").active_on(DAY).exists() | t.situation.where(kind="c2s").active_on(DAY).exists()
        ),
        "vaccinated": lambda: t.dose_summary.exists(),
        "booster_due": lambda: (t.dose_summary.complete_on.months_on(DAY) >= 6) & ~t.dose_summary.booster_on.is_known(),
        "invited_by": lambda: t.invitation.where(t.invitation.campaign.is_in(["essai"])).exists(),
    }


VALUES: dict[str, dict[str, object]] = {
    "age": {"lowest": 75, "highest": 79},
    "sex": {"values": ["F"]},
    "departement": {"values": ["01", "2A"]},
    "situation": {"values": ["ald", "c2s"]},
    "vaccinated": {},
    "booster_due": {"months": 6},
    "invited_by": {"values": ["essai"]},
}


@pytest.mark.parametrize("code", sorted(VALUES))
def test_tg_04_a_criterion_of_the_page_is_the_expression_of_an_analyst(code: str) -> None:
    """TG-04: the same builder, so the same data."""
    everybody_known = {"known": {"column": "person.birth_date"}}
    written = trees.to_definition({"and": [everybody_known, leaf(code, **VALUES[code])]})
    by_hand = define(tables().person.birth_date.is_known() & in_python()[code]())
    assert sentence(written) == sentence(by_hand)
    assert engine_postgres.sql(written) == engine_postgres.sql(by_hand)


def test_tg_03_a_tree_is_grown_denied_switched_and_pruned_by_paths() -> None:
    tree = trees.add(trees.EMPTY, (), leaf("age", lowest=75, highest=None))
    tree = trees.add(tree, (), {"or": []})
    tree = trees.add(tree, (1,), leaf("landline"))
    tree = trees.add(tree, (1,), leaf("mobile"))
    assert sentence(trees.to_definition(tree)) == "75 ans ou plus au 31 mars 2021, et (avec un téléphone fixe ou avec un mobile)"
    tree = trees.deny(tree, (1,))
    assert [(row.dotted, row.denied, row.joint) for row in trees.rows(tree)] == [
        ("0", False, ""), ("1", True, "or"), ("1.0", False, ""), ("1.1", False, ""),
    ]  # fmt: skip
    assert trees.deny(trees.deny(tree, (1, 0)), (1, 0)) == tree
    tree = trees.switch(trees.remove(tree, (1, 1)), (1,))
    assert tree["and"][1]["not"].keys() == {"and"}
    assert sentence(trees.to_definition(tree)) == "75 ans ou plus au 31 mars 2021, et sans téléphone fixe"
    assert trees.remove(tree, ()) == trees.EMPTY


def test_tg_03_a_criterion_is_changed_where_it_stands_and_its_denial_kept() -> None:
    tree: trees.Tree = {"and": [leaf("mobile"), {"or": [{"not": leaf("age", lowest=75, highest=None)}, leaf("email")]}]}
    mark = trees.mark_of(trees.node_at(tree, (1, 0)))
    changed = trees.replace(tree, (1, 0), mark, leaf("age", lowest=80, highest=None))
    assert changed == {"and": [leaf("mobile"), {"or": [{"not": leaf("age", lowest=80, highest=None)}, leaf("email")]}]}
    for path in ((1, 1), (1, 7), ()):  # another criterion stands there, or none
        with pytest.raises(trees.BadPath):
            trees.replace(tree, path, mark, leaf("mobile"))


def test_tg_03_what_the_catalogue_did_not_write_is_not_taken_for_one_of_its_criteria() -> None:
    t = tables()
    other_day = t.person.age_on(date(2020, 1, 1)) >= 75
    for written in (other_day, t.dose.count() >= 2, t.person.age_on(DAY) > 75, t.person.sex.is_in(["F"]) & other_day):
        assert recognised(trees.from_definition(define(written)), DAY) is None
    both = trees.from_definition(define(t.person.age_on(DAY).between(75, 79)))
    kind, values = recognised(both, DAY) or (None, None)
    assert kind is catalogue.KINDS["age"] and values == {"lowest": 75, "highest": 79}


@pytest.mark.django_db
def test_tg_03_changes_are_undone_one_by_one() -> None:
    draft = drafts.open_draft(campaign=None, by="agency:a", on=DAY, book=BOOK)
    for code in ("mobile", "email"):
        draft = drafts.change_draft(draft, lambda tree, code=code: trees.add(tree, (), leaf(code)))
    draft = drafts.change_draft(draft, lambda tree: tree)  # nothing changed, nothing to undo
    with pytest.raises(trees.BadPath):
        drafts.change_draft(draft, lambda tree: trees.remove(tree, (7,)))
    draft = drafts.undo_change(draft)
    assert draft.tree == {"and": [leaf("mobile")]}
    draft = drafts.undo_change(draft)
    with pytest.raises(drafts.NothingToUndo, match="Rien à annuler"):
        drafts.undo_change(draft)
    for age in range(drafts.MOST_UNDONE + 5):
        draft = drafts.change_draft(draft, lambda tree, age=age: trees.add(tree, (), leaf("age", lowest=age, highest=None)))
    assert len(draft.former) == drafts.MOST_UNDONE


@pytest.mark.parametrize("path", [(7,), (0, 0), (1, 5)])
def test_a_place_that_is_no_longer_there_is_said_and_nothing_changes(path: trees.Path) -> None:
    tree = trees.add(trees.add(trees.EMPTY, (), leaf("mobile")), (), {"or": [leaf("email")]})
    for change in (trees.remove, trees.deny):
        with pytest.raises(trees.BadPath, match="Relisez-la"):
            change(tree, path)
    with pytest.raises(trees.BadPath):
        trees.read_path("0.x")


def test_groups_do_not_nest_without_end() -> None:
    tree, path = trees.EMPTY, ()
    with pytest.raises(trees.TooDeep):
        for _ in range(20):
            tree = trees.add(tree, path, {"or": []})
            path = (*path, 0)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"and": []}, "ajoutez un premier critère"),
        ({"and": [{"or": []}, {"not": {"and": []}}]}, "ajoutez un premier critère"),
        ({"and": [{"not": {"exists": {"table": "dose"}}}]}, "dont on ne sait rien"),
    ],
)
def test_what_the_language_refuses_cannot_be_saved(tree: trees.Tree, said: str) -> None:
    """TG-03: an empty target, or one that would hold of somebody about whom nothing is known."""
    with pytest.raises(InvalidTarget, match=said):
        trees.to_definition(tree)


def facts_of_all() -> dict[str, list[dict[str, object]]]:
    """The rows of every fact table, as the registered queries give them."""
    found = {}
    for table in registry:
        with connection.cursor() as cursor:
            cursor.execute(table.postgres_query)
            names = [column.name for column in cursor.description]
            found[table.name] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


@pytest.mark.django_db
def test_tg_03_every_criterion_of_the_catalogue_compiles_counts_and_reads_back() -> None:
    """Each kind, alone and denied, has French words and selects on the register whom the reference engine selects."""
    small_country.settle()
    Person.objects.update(commune_code="35238", fund_code="351")
    Person.objects.filter(departement_code="01").update(commune_code="01053", fund_code="011")
    rows = facts_of_all()
    answers: dict[str, object] = {
        "whole": 0, "funds": ["011"], "ald": ["8"], "communes": ["01053"], "epci": ["200071751"], "date": date(2021, 1, 18),
    }  # fmt: skip
    selected: dict[str, set[int]] = defaultdict(set)
    for kind in catalogue.KINDS.values():
        values = {
            blank.name: [blank.choices()[0][0]] if blank.asks == "choices" else answers[blank.asks] for blank in kind.blanks
        } | ({"lowest": 20, "highest": 30} if kind.code == "age" else {})
        node = catalogue.node(kind, values, DAY)
        for written in (node, {"not": node}):
            tree = {"and": [leaf("age", lowest=0, highest=None), written]}
            definition = trees.to_definition(tree)
            found = engine_postgres.people(definition)["person_id"].to_pylist()
            assert found == engine_memory.people(definition, rows), kind.code
            selected[kind.code] |= {len(found)}
            assert all(row.text or row.joint for row in trees.rows(tree)), kind.code
        assert recognised(node, DAY) == (kind, values), "what the catalogue wrote, it reads back to be changed"
    split = {code for code, sizes in selected.items() if sizes and 0 not in sizes}
    assert {"commune", "epci", "fund", "departement", "age", "sex", "vaccinated", "mobile"} <= split


def test_tg_03_every_code_of_a_situation_that_the_synthetic_country_holds_has_a_name() -> None:
    """TG-03: the professions offered are those of the country, and no ALD or institution of it is without a name."""
    with files("allant.country.population").joinpath("situations.yaml").open() as file:
        known = yaml.safe_load(file)
    assert set(known["profession"]["codes"]) == set(PROFESSIONS)
    assert set(known["ald"]["codes"]) <= set(ALD_GROUPS) and len(ALD_GROUPS) == 32
    assert set(known["institution"]["codes"]) <= set(SITUATION_CODES)
    assert len(SITUATION_CODES) == len(ALD_GROUPS) + len(PROFESSIONS) + len(INSTITUTIONS), "no code has two names"


@pytest.mark.django_db
def test_tg_03_sentences_read_names_of_funds_groups_and_professions() -> None:
    """TG-03: a code that nobody named stands for itself; funds are read from the directory in one query."""
    load_organisations(pa.table({"code": ["011", "591"], "name": ["CPAM – Ain", "CPAM – Nord"], "kind": ["cpam"] * 2}), by="test")
    FUNDS.forget()
    with CaptureQueriesContext(connection) as queries:
        said = sentence(trees.to_definition({"and": [leaf("fund", values=["591", "011", "999"])]}))
    assert said == "rattaché à la caisse 011 (CPAM – Ain), 591 (CPAM – Nord) ou 999" and len(queries) == 1
    ald = sentence(trees.to_definition({"and": [leaf("ald", values=["8", "30"])]}))
    assert "30 (Tumeur maligne, affection maligne du tissu" in ald and "8 (Diabète de type 1 et diabète de type 2)" in ald
    assert "précision : Sage-femme" in sentence(trees.to_definition({"and": [leaf("profession", values=["midwife"])]}))


@pytest.mark.django_db
def test_tg_03_the_preview_counts_and_splits_the_target_in_one_reading(django_assert_num_queries: Callable[..., object]) -> None:
    small_country.settle()
    definition = trees.to_definition({"and": [leaf("age", lowest=60, highest=None)]})
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        seen = preview(definition, DAY, ("sms", "letter"))
    assert seen.count == engine_postgres.count(definition) > 0
    for axis, counts in seen.by.items():
        assert sum(counts.values()) == seen.count, axis
    assert set(seen.by["age"]) == {60, 70, 80, 90} and set(seen.by["channel"]) == {"sms", "letter"}


@pytest.mark.django_db
def test_tg_03_a_draft_becomes_version_2_with_the_standing_exclusions_joined_once() -> None:
    """TG-05: they are not in the draft, cannot be removed there, and come back when it is saved."""
    small_country.load_people()
    load_templates(by="test")
    t = tables()
    plan = CampaignPlan(
        slug="atelier", programme="covid19", title="Atelier", starts_on=DAY, channels=("letter",), template="covid-invitation",
        act="dose_summary.first_on", target=define(t.person.age_on(DAY) >= 80),
        objective_population=define(t.person.age_on(DAY) >= 80),
    )  # fmt: skip
    campaign = save_campaign(plan, by="test")
    for expected in (2, 2, 3):  # the same again is no version
        draft = drafts.open_draft(campaign=campaign, by="agency:a", on=DAY, book=BOOK)
        assert "décédé" not in sentence(trees.to_definition(draft.tree))
        if expected == 3:
            draft = drafts.change_draft(draft, lambda tree: trees.add(tree, (), leaf("mobile")))
        version = drafts.save_draft(draft, by="agency:a", book=BOOK)
        assert version.number == expected and version.sentence.count("décès") + version.sentence.count("décédé") == 1
    assert not TargetDraft.objects.exists()
    later = date(2022, 6, 1)
    assert drafts.save_draft(
        drafts.open_draft(campaign=campaign, by="agency:a", on=later, book=BOOK), by="agency:a", book=BOOK
    ) == version, "nothing changed but the day"  # fmt: skip
    draft = drafts.open_draft(campaign=campaign, by="agency:a", on=later, book=BOOK)
    draft = drafts.change_draft(draft, lambda tree: trees.add(tree, (), leaf("email")))
    assert drafts.save_draft(draft, by="agency:a", book=BOOK).objective_on(DAY) == plan.objective_population, "ages on each day"


@pytest.mark.django_db
@pytest.mark.parametrize("apart", [True, False])
def test_tg_05_an_edited_campaign_keeps_who_contacts_the_other_schemes(apart: bool) -> None:
    """TG-05: one that contacts the insured of every scheme still does once its target is edited; each exclusion stands once."""
    load_templates(by="test")
    excluded = exclusions(BOOK, DAY, slug="droits", contact="information", schemes_apart=apart)
    plan = CampaignPlan(
        slug="droits", programme="rights", title="Droits", starts_on=DAY, channels=("letter",), template="covid-invitation",
        act="", target=define((tables().person.age_on(DAY) >= 80) & ~excluded),
    )  # fmt: skip
    campaign = save_campaign(plan, by="test")
    draft = drafts.open_draft(campaign=campaign, by="agency:a", on=DAY, book=BOOK)
    assert [list(node) for node in draft.tree["and"]] == [["compare", "value", "to"]], "the age alone"
    draft = drafts.change_draft(draft, lambda tree: trees.add(tree, (), leaf("mobile")))
    said = drafts.save_draft(draft, by="agency:a", book=BOOK).sentence
    assert (said.count("décès"), said.count("MGEN")) == (1, int(apart))


@pytest.mark.django_db
def test_one_draft_a_person_and_campaign_and_a_new_campaign_takes_its_draft() -> None:
    load_templates(by="test")
    draft = drafts.open_draft(campaign=None, by="agency:a", on=DAY, book=BOOK)
    assert drafts.open_draft(campaign=None, by="agency:a", on=DAY, book=BOOK) == draft
    assert drafts.open_draft(campaign=None, by="agency:b", on=DAY, book=BOOK) != draft
    draft = drafts.change_draft(draft, lambda tree: trees.add(tree, (), leaf("age", lowest=75, highest=None)))
    opening = date(2021, 4, 7)
    target = drafts.plan_target(draft, slug="neuve", channels=("call",), starts_on=opening, book=BOOK)
    assert "établissement" in sentence(target), "a campaign that calls leaves out people in institutions"
    plan = CampaignPlan(
        slug="neuve", programme="covid19", title="Neuve", starts_on=opening, channels=("call",), template="covid-invitation",
        act="dose_summary.first_on", target=target,
    )  # fmt: skip
    campaign = drafts.found_campaign(draft, plan, by="agency:a")
    assert campaign.current_target.number == 1 and campaign.current_target.on(opening) == target
    with pytest.raises(ValueError, match="autre titre"):
        drafts.found_campaign(drafts.open_draft(campaign=None, by="agency:b", on=DAY, book=BOOK), plan, by="agency:b")
