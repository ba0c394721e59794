"""Criteria on event tables: existence, counts, first and last, periods."""

from . import Case, Chapter

PERSONS = """
            person_id | sex
            1         | F
            2         | F
            3         | M
            4         | -
            5         | M
"""
DOSES = """
            person_id | occurred_on | vaccine   | dose_number
            1         | 2021-01-20  | comirnaty | 1
            1         | 2021-02-17  | comirnaty | 2
            2         | 2021-03-01  | janssen   | 1
            2         | 2021-03-01  | janssen   | 1
            3         | -           | -         | 1
            99        | 2021-01-01  | janssen   | 1
"""

ROWS = Chapter(
    "Events",
    "A table with any number of rows a person. `where` keeps the rows of which a criterion is true; no row is a fact, "
    "so `exists()` and `count()` are always known. Only people of the table `person` are ever selected.",
    {"person": PERSONS, "dose": DOSES},
    [
        Case("At least one", "t.dose.exists()", [1, 2, 3]),
        Case("None", "t.person.sex.is_known() & ~t.dose.exists()", [5]),
        Case("Some rows", 't.dose.where(vaccine="janssen").exists()', [2]),
        Case("None of these rows", 't.person.sex.is_known() & ~t.dose.where(vaccine="janssen").exists()', [1, 3, 5]),
        Case("An unknown vaccine is not another vaccine", 't.dose.where(t.dose.vaccine != "janssen").exists()', [1]),
        Case("Two of the same day count twice", "t.dose.count() >= 2", [1, 2]),
        Case("A count of zero is known", 't.person.sex.is_known() & (t.dose.where(vaccine="comirnaty").count() == 0)', [2, 3, 5]),
        Case(
            "Rows by several criteria",
            't.dose.where((t.dose.occurred_on >= date(2021, 2, 1)) & (t.dose.dose_number == 2), vaccine="comirnaty").exists()',
            [1],
        ),
        Case("The earliest", 't.dose.first("occurred_on") < date(2021, 2, 1)', [1]),
        Case("The latest", 't.dose.last("occurred_on") >= date(2021, 3, 1)', [2]),
        Case("The latest is unknown without a known date", '~(t.dose.last("occurred_on") >= date(2021, 3, 1))', [1]),
        Case("Two values compared", 't.dose.first("occurred_on") != t.dose.last("occurred_on")', [1]),
        Case("Mixed with the person", '(t.person.sex == "M") | t.dose.where(vaccine="janssen").exists()', [2, 3, 5]),
    ],
)

PERIODS = Chapter(
    "Periods",
    "`active_on(d)`: the period holds that day. Periods are half-open: the end is the first day outside; "
    "an unknown start or end is no limit.",
    {
        "person": PERSONS,
        "situation": """
            person_id | kind        | starts_on  | ends_on
            1         | ald         | 2020-01-01 | 2021-03-31
            2         | ald         | 2021-03-31 | -
            3         | ald         | -          | -
            3         | institution | 2021-01-01 | 2021-02-01
        """,
    },
    [
        Case("On the last day before the end", 't.situation.where(kind="ald").active_on(date(2021, 3, 30)).exists()', [1, 3]),
        Case("On the end", 't.situation.where(kind="ald").active_on(date(2021, 3, 31)).exists()', [2, 3]),
        Case("Over", 't.situation.where(kind="institution").exists() & ~t.situation.where(kind="institution")'
             ".active_on(date(2021, 2, 1)).exists()", [3]),
        Case("Two exclusions, one reading", 't.person.sex.is_known() & ~t.situation.where(kind="institution").exists()'
             ' & ~t.situation.where(kind="opted_out").exists()', [1, 2, 5]),
    ],
)  # fmt: skip

SUMMARY = Chapter(
    "Tables with at most one row",
    "Their columns are values about the person. `exists()` asks for the row. A column may declare what no row means: "
    "here `dose_count` is then 0, and the dates are unknown.",
    {
        "person": PERSONS,
        "dose_summary": """
            person_id | dose_count | complete_on | booster_on | last_on
            1         | 3          | 2021-02-17  | 2021-09-01 | 2021-09-01
            2         | 2          | 2021-02-28  | -          | 2021-02-28
            3         | 1          | -           | -          | 2021-08-31
        """,
    },
    [
        Case("Not vaccinated", "t.person.sex.is_known() & ~t.dose_summary.exists()", [5]),
        Case("Complete without booster", "t.dose_summary.complete_on.is_known() & ~t.dose_summary.booster_on.is_known()", [2]),
        Case("At most two doses", '(t.dose_summary.dose_count <= 2) & (t.person.sex == "F")', [2]),
        Case("Six months after 28 February is 28 August", "t.dose_summary.complete_on.months_on(date(2021, 8, 27)) >= 6", [1]),
        Case("… on the day", "t.dose_summary.complete_on.months_on(date(2021, 8, 28)) >= 6", [1, 2]),
        Case("31 August and six months: the last of February", "t.dose_summary.last_on.months_on(date(2022, 2, 28)) == 6", [3]),
        Case("Days", "t.dose_summary.last_on.days_on(date(2021, 9, 1)) < 2", [1, 3]),
    ],
)

CHAPTERS = [ROWS, PERIODS, SUMMARY]
