"""VC-33: the page's rule on products, in Python, and the one of every recording, in SQL, say the same of any act."""

from datetime import date

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from allant.doctrine import rules
from allant.immunizations.checks import doctrine_relations
from allant.immunizations.models import Dose
from allant.people.models import Person
from allant.vaccination.known import Known
from allant.vaccination.proposals import Place, unforeseen

BOOK = rules.as_known_on(date(2022, 6, 1))
FORESEEN = doctrine_relations(BOOK)
VACCINES = st.sampled_from(["comirnaty", "spikevax", "vaxzevria", "janssen", "unknown"])
DAYS = st.dates(date(2020, 11, 1), date(2022, 5, 31))
EDGES = st.sampled_from([date(2021, 4, 8), date(2021, 4, 9), date(2021, 3, 10), date(2021, 3, 11), date(2020, 12, 20)])
BIRTHS = st.none() | st.dates(date(1960, 1, 1), date(1970, 12, 31)) | st.sampled_from([date(1966, 4, 9), date(1968, 2, 29)])
ACTS = st.tuples(VACCINES, VACCINES, DAYS | EDGES, BIRTHS, st.sampled_from(["primary", "booster", "second_booster"]))


def by_the_recording(acts: list[tuple[str, str, date, date | None, str]]) -> list[bool]:
    """What the SQL of the checks says of each act."""
    values = ", ".join(
        f"({number}, '{first}', '{vaccine}', DATE '{on}', CAST(nullif('{born}', 'None') AS date), '{series}')"
        for number, (first, vaccine, on, born, series) in enumerate(acts)
    )
    check = f"CASE WHEN act.series = 'primary' THEN {FORESEEN.second_foreseen} ELSE {FORESEEN.booster_foreseen} END"
    rows = duckdb.sql(
        f"SELECT act.vaccine <> 'unknown' AND NOT ({check}) "
        f"FROM (VALUES {values}) AS act (row_no, first_vaccine, vaccine, occurred_on, birth_date, series) ORDER BY row_no"
    ).fetchall()
    return [bool(broken) for (broken,) in rows]


def by_the_page(first: str, vaccine: str, on: date, born: date | None, series: str) -> bool:
    """What the téléservice says of it."""
    known = Known(Person(birth_date=born))
    given_before = [Dose(vaccine=first, occurred_on=on, dose_number=1)]
    return bool(unforeseen(known, given_before, Place(2, series, 2), vaccine=vaccine, on=on, book=BOOK))


@given(st.lists(ACTS, min_size=20, max_size=60))
def test_the_two_rules_agree(acts: list[tuple[str, str, date, date | None, str]]) -> None:
    """VC-33, VC-41."""
    assert by_the_recording(acts) == [by_the_page(*act) for act in acts]
