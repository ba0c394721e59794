"""The people of a country: ages, sexes, places, households, contacts, situations, infections."""

import datetime

import numpy as np
import pytest

from allant.country.population import Country, official_population
from allant.country.population.chunk import Recipe
from allant.country.population.parameters import CLASSES, parameters
from allant.directory.rpps import has_key
from allant.geography import communes
from tests.country.population.countries import SEED, Query


def close(seen: float, share: float, people: int) -> bool:
    """Within five standard deviations of a share drawn person by person."""
    return abs(seen - share) <= 5 * (share * (1 - share) / people) ** 0.5 + 1e-9


@pytest.mark.parametrize("country", ["small", "thousandth", "large"])
def test_sizes_are_exact_and_numbers_contiguous_by_class(country: str, request: pytest.FixtureRequest) -> None:
    made: Country = request.getfixturevalue(country)
    table = made.dataset("person").to_table(["person_id", "age_class"])
    assert table["person_id"].to_pylist() == list(range(1, made.manifest.total + 1))
    ranks = np.array([CLASSES.index(code) for code in table["age_class"].to_pylist()])
    assert (np.diff(ranks) >= 0).all()
    assert np.bincount(ranks, minlength=len(CLASSES)).tolist() == list(made.manifest.classes.values())


def test_the_age_at_the_end_of_2021_is_in_the_class(ask_large: Query) -> None:
    """Partial birth dates included."""
    rows = ask_large("SELECT age_class, min(2021 - year(birth_date)), max(2021 - year(birth_date)) FROM person GROUP BY 1")
    first = 0
    for code, youngest, oldest in sorted(rows):
        assert youngest == first, code
        assert (oldest <= 107) if code == "80" else (oldest == int(code)), code
        first = int(code) + 1


def test_few_are_very_old(ask_large: Query) -> None:
    rows = dict(ask_large("SELECT 2021 - year(birth_date), count(*) FROM person WHERE age_class = '80' GROUP BY 1"))
    assert rows[80] > rows[85] > rows[90] > rows[95]
    assert sum(count for age, count in rows.items() if age >= 100) < 0.02 * sum(rows.values())


def test_births_fill_the_year_29_february_included(ask_large: Query) -> None:
    ((leap, neighbours, years),) = ask_large("""
        SELECT count(*) FILTER (month(birth_date) = 2 AND day(birth_date) = 29),
               count(*) FILTER (month(birth_date) = 2 AND day(birth_date) = 28 AND year(birth_date) % 4 = 0),
               count(DISTINCT year(birth_date)) FROM person
    """)
    assert leap > 500 and 0.8 < leap / neighbours < 1.25 and years > 95


def test_partial_birth_dates_are_first_days(ask_large: Query) -> None:
    rows = ask_large("""
        SELECT birth_precision, count(*), bool_and(day(birth_date) = 1), bool_and(month(birth_date) = 1)
        FROM identity JOIN person USING (person_id) GROUP BY 1
    """)
    seen = {precision: (count, first_day, january) for precision, count, first_day, january in rows}
    assert close(seen["month"][0] / 1_100_000, parameters().value("people.birth_month_only"), 1_100_000) and seen["month"][1]
    assert close(seen["year"][0] / 1_100_000, parameters().value("people.birth_year_only"), 1_100_000)
    assert seen["year"][1] and seen["year"][2] and not seen["month"][2]


def test_people_of_unknown_birth_date_come_last_with_an_nnp() -> None:
    """The last part of the whole nation: 30 persons beyond the classes."""
    recipe = Recipe(67_676_577, SEED, official_population())
    tables = recipe.tables(recipe.layout.chunks - 1)
    person, identity = tables["person"].to_pylist()[-31:], tables["identity"].to_pylist()[-31:]
    assert person[-1]["person_id"] == 67_676_607
    assert [row["age_class"] for row in person] == ["80", *["NA"] * 30]
    assert all(row["birth_date"] is None for row in person[1:])
    assert {(row["birth_precision"], row["matricule_kind"]) for row in identity[1:]} == {("none", "NNP")}


def test_the_share_of_women_is_that_of_the_class(ask_large: Query) -> None:
    rates = parameters().by_class("people.women")
    for code, women, people in ask_large("SELECT age_class, avg((sex = 'F')::int), count(*) FROM person GROUP BY 1"):
        assert close(women, rates[CLASSES.index(code)], people), code


def test_departements_follow_the_population_of_communes(ask_large: Query) -> None:
    table = communes()
    left_out = set(parameters().value("places.left_out"))
    population: dict[str, int] = {}
    for departement, inhabitants in zip(table["departement"].to_pylist(), table["population"].to_pylist(), strict=True):
        if departement not in left_out and inhabitants:
            population[departement] = population.get(departement, 0) + inhabitants
    whole = sum(population.values())
    seen = dict(ask_large("SELECT departement, count(*) FROM person GROUP BY 1"))
    assert {"2A", "971", "974", "976"} <= seen.keys() and not left_out & seen.keys()
    for departement, inhabitants in population.items():
        # households are drawn, and children follow them: about three persons a draw; 10 % for the tilt of parents
        expected = 1_100_000 * inhabitants / whole
        assert abs(seen[departement] - expected) < 0.10 * expected + 9 * expected**0.5, departement


def test_commune_departement_region_and_fund_agree(ask_thousandth: Query) -> None:
    region_of = dict(zip(communes()["code"].to_pylist(), communes()["region"].to_pylist(), strict=True))
    rows = ask_thousandth("SELECT DISTINCT commune, departement, region, fund, scheme FROM person")
    assert len(rows) > 5_000
    for commune, departement, region, fund, scheme in rows:
        assert commune.startswith(departement) and region_of[commune] == region
        assert (fund is None) == (scheme != "general")


def test_age_differs_by_departement_but_mildly(ask_large: Query) -> None:
    ages = dict(ask_large("SELECT departement, avg(2021 - year(birth_date)) FROM person GROUP BY 1"))
    assert ages["976"] < ages["93"] < ages["35"] < ages["23"]
    assert ages["23"] - ages["93"] < 15


def test_a_child_lives_with_a_policyholder_old_enough_under_the_same_name(ask_large: Query) -> None:
    ((children, without, other_place, other_name, other_scheme, gap),) = ask_large("""
        SELECT count(*), count(*) FILTER (p.person_id IS NULL), count(*) FILTER (c.commune <> p.commune),
               count(*) FILTER (i.family_name <> j.family_name), count(*) FILTER (c.scheme <> p.scheme),
               min(year(c.birth_date) - year(p.birth_date))
        FROM person c JOIN identity i USING (person_id)
        LEFT JOIN person p ON p.person_id = i.policyholder_id LEFT JOIN identity j ON j.person_id = i.policyholder_id
        WHERE c.age_class IN ('04', '09', '11', '17')
    """)
    assert children > 200_000
    assert (without, other_place, other_name, other_scheme) == (0, 0, 0, 0)
    assert gap >= parameters().value("households.parent_gap")


def test_couples_share_a_household_of_close_ages(ask_large: Query) -> None:
    ((couples, gap, same_sex, same_name, together),) = ask_large("""
        SELECT count(*), max(abs(year(a.birth_date) - year(b.birth_date))), avg((a.sex = b.sex)::int),
               avg((i.family_name = j.family_name)::int), bool_and(a.commune = b.commune)
        FROM identity i JOIN person a USING (person_id) JOIN person b ON b.person_id = i.household_key
        JOIN identity j ON j.person_id = i.household_key
        WHERE i.person_id <> i.household_key AND a.age_class NOT IN ('04', '09', '11', '17')
    """)
    assert couples > 200_000 and together
    assert gap <= parameters().value("households.age_gap")
    assert close(same_sex, parameters().value("households.same_sex"), couples)
    assert 0.68 < same_name < 0.73


def test_landline_without_mobile_grows_with_age_and_children_have_no_contact(ask_large: Query) -> None:
    rows = ask_large("""
        SELECT age_class, avg((has_landline AND NOT has_mobile)::int), avg((has_landline OR has_mobile OR has_email)::int)
        FROM person GROUP BY 1 ORDER BY 1
    """)
    children, adults = rows[:4], rows[4:]
    assert all(contact == 0 for _, _, contact in children)
    fixed_only = [share for _, share, _ in adults]
    assert fixed_only == sorted(fixed_only) and fixed_only[-1] > 0.4
    assert all(0.75 < contact < 0.99 for _, _, contact in adults)


def test_contacts_are_fictional_and_agree_with_the_flags(ask_thousandth: Query) -> None:
    assert ask_thousandth(r"""
        SELECT count(*) FILTER (has_landline <> (landline IS NOT NULL)), count(*) FILTER (has_mobile <> (mobile IS NOT NULL)),
               count(*) FILTER (has_email <> (email IS NOT NULL)), count(email) - count(DISTINCT email),
               count(*) FILTER (has_treating_doctor <> (treating_rpps IS NOT NULL)),
               count(*) FILTER (NOT regexp_full_match(landline, '\+33(19900|26191|35301|46571|53649)[0-9]{4}')),
               count(*) FILTER (NOT regexp_full_match(mobile, '\+3363998[0-9]{4}')),
               count(*) FILTER (NOT regexp_full_match(email, '[a-z-]+\.[a-z-]+\.[0-9]+@courriel\.example')),
               count(*) FILTER (NOT regexp_full_match(treating_rpps, '99[0-9]{9}'))
        FROM person JOIN identity USING (person_id)
    """) == [(0, 0, 0, 0, 0, 0, 0, 0, 0)]


def test_doctors_bear_numbers_with_their_key(ask_thousandth: Query) -> None:
    """A number of the demonstration can be typed from a prescription (VC-20): its key is checked."""
    rows = ask_thousandth("SELECT DISTINCT treating_rpps FROM identity WHERE treating_rpps IS NOT NULL")
    assert len(rows) > 10 and all(has_key(number) for (number,) in rows)


def test_each_situation_has_the_rate_of_its_class(ask_large: Query) -> None:
    """Institution, tutelle, ALD, C2S…: the groups that campaigns target or leave out (TG-05, TG-12)."""
    people = dict(ask_large("SELECT age_class, count(*) FROM person GROUP BY 1"))
    women = dict(ask_large("SELECT age_class, count(*) FROM person WHERE sex = 'F' GROUP BY 1"))
    seen = {
        (kind, code, age): count
        for kind, code, age, count in ask_large(
            "SELECT kind, code, age_class, count(*) FROM situation JOIN person USING (person_id) GROUP BY ALL"
        )
    }
    for kind in parameters().situations():
        base = women if kind.women_only else people
        for code, rates in kind.rates.items():
            for age, rate in zip(CLASSES[:-1], rates, strict=False):
                count = seen.get((kind.kind, code, age), 0)
                if kind.of_household:
                    # children and partners follow the head: only adults have a rate of their own, with more spread
                    assert age < "24" or abs(count / base[age] - rate) < 0.01, (kind.kind, age)
                else:
                    assert close(count / base[age], rate, base[age]), (kind.kind, code, age)


def test_situations_are_periods_after_birth_and_never_twice(ask_large: Query) -> None:
    assert ask_large("""
        SELECT count(*) FILTER (starts_on < birth_date), count(*) FILTER (ends_on <= starts_on),
               count(*) FILTER (kind = 'pregnancy' AND (sex = 'M' OR ends_on IS NULL))
        FROM situation JOIN person USING (person_id)
    """) == [(0, 0, 0)]
    assert ask_large("SELECT 1 FROM situation GROUP BY person_id, kind, code HAVING count(*) > 1") == []
    one_of = "SELECT 1 FROM situation WHERE kind IN ('institution', 'profession') GROUP BY person_id, kind HAVING count(*) > 1"
    assert ask_large(one_of) == []


def test_the_dead_died_before_the_campaign_with_rights_closed(ask_large: Query) -> None:
    """TG-05."""
    ((died, last, open_rights, before_birth),) = ask_large("""
        SELECT count(died_on), max(died_on), count(*) FILTER (died_on IS NOT NULL AND rights_open),
               count(*) FILTER (died_on < birth_date) FROM person
    """)
    assert 200 < died < 500 and last <= datetime.date(2020, 12, 26) and (open_rights, before_birth) == (0, 0)


def test_infections_follow_the_waves_and_the_published_totals(ask_large: Query) -> None:
    """Seed 001: 2 453 966 cases in 2020, 4 246 463 in 2021 up to 29 October, times those proved otherwise."""
    factor = parameters().value("proved_otherwise", "infections") * 1_100_000 / 67_676_577
    ((first, second, twice, unborn),) = ask_large("""
        SELECT count(*) FILTER (occurred_on < '2021-01-01'),
               count(*) FILTER (occurred_on BETWEEN '2021-01-01' AND '2021-10-29'), count(*) - count(DISTINCT person_id),
               count(*) FILTER (occurred_on < birth_date) FROM infection JOIN person USING (person_id)
    """)
    assert abs(first / (2_453_966 * factor) - 1) < 0.03 and abs(second / (4_246_463 * factor) - 1) < 0.03
    assert (twice, unborn) == (0, 0)
    months = dict(ask_large("SELECT strftime(occurred_on, '%Y-%m'), count(*) FROM infection GROUP BY 1"))
    assert months["2020-10"] > 2 * months["2020-09"] and months["2021-06"] < months["2021-04"] / 3


def test_each_class_has_people_infected_before_the_summer_of_2021(ask_large: Query) -> None:
    """They complete a schedule with one dose: about 4.16 million of the whole nation, all vaccinated classes together."""
    rows = ask_large("""
        SELECT age_class, count(i.person_id) / count(*) FROM person LEFT JOIN (FROM infection WHERE occurred_on < '2021-06-01') i
        USING (person_id) WHERE age_class NOT IN ('04', '09') GROUP BY 1
    """)
    assert all(share > 0.05 for _, share in rows)
    expected = sum(official_population()[code] * share for code, share in rows) * 0.85  # first-dose coverage of those over 12
    assert expected > 4_160_000
