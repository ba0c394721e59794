"""Every check with the day before, of and after its boundary."""

from typing import Any

from . import Case, Chapter

JANSSEN = {"vaccine": "janssen", "series_doses": 1}
LEAPLING = JANSSEN | {"birth_date": "2004-02-29"}
AT_40 = {"birth_date": "1981-05-01"}
AT_15 = {"birth_date": "2006-05-01", "vaccine": "comirnaty"}
AT_70 = {"birth_date": "1951-10-01", "today": "2022-08-01"}
AT_80 = {"birth_date": "1941-05-01"}
AFTER_VAXZEVRIA = {"first_vaccine": "vaxzevria", "previous_vaccine": "vaxzevria", "previous_on": "2021-02-15"}
DEPRESSED = {"situations": ",ald,immunodepressed,"}


def on(day: str, **others: Any) -> dict[str, Any]:
    """The act of that day."""
    return {"occurred_on": day, **others}


def infected(day: str, **others: Any) -> dict[str, Any]:
    """One dose said to be enough, after an infection of that day."""
    return {"series_doses": 1, "infected_on": day, **others}


def after(day: str, act_day: str, **others: Any) -> dict[str, Any]:
    """The act of a day, the former dose having been given on another."""
    return {"previous_on": day, "occurred_on": act_day, **others}


REFUSALS = [
    Chapter(
        "malformed",
        [
            Case("a first dose, complete", "first", {}),
            Case("without a date", "first", {"occurred_on": None}, "malformed"),
            Case("without a vaccine", "first", {"vaccine": None}, "malformed"),
            Case("rank 0", "first", {"dose_number": 0}, "malformed"),
            Case("rank 10", "first", {"dose_number": 10}, "malformed"),
            Case("no dose foreseen", "first", {"series_doses": 0}, "malformed"),
            Case("ten doses foreseen", "first", {"series_doses": 10}, "malformed"),
            Case("a series nobody knows", "first", {"series": "rappel"}, "malformed"),
        ],
    ),
    Chapter(
        "unknown_person",
        [Case("not in the register", "first", {"person_known": False, "birth_date": None}, "unknown_person")],
    ),
    Chapter("unknown_vaccine", [Case("a name that is not in the list", "first", {"vaccine": "pfizer"}, "unknown_vaccine")]),
    Chapter(
        "in_the_future",
        [
            Case("recorded the day after", "first", {"today": "2021-03-02"}),
            Case("recorded the same day", "first", {"today": "2021-03-01"}),
            Case("recorded the day before", "first", {"today": "2021-02-28"}, "in_the_future"),
        ],
    ),
    Chapter(
        "before_birth",
        [
            Case("born the day after", "first", {"birth_date": "2021-03-02"}, "before_birth"),
            Case("born that day: too young, and said so", "first", {"birth_date": "2021-03-01"}, "under_minimum_age"),
            Case("birth date unknown", "first", {"birth_date": None}),
        ],
    ),
    Chapter(
        "after_death",
        [
            Case("died the day before", "first", {"died_on": "2021-02-28"}, "after_death"),
            Case("died that day", "first", {"died_on": "2021-03-01"}),
            Case("died the day after", "first", {"died_on": "2021-03-02"}),
        ],
    ),
    Chapter(
        "same_day",
        [
            Case("the day of the first dose", "second", on("2021-03-01"), "same_day"),
            Case("the day after: another day, and too early", "second", on("2021-03-02"), "interval_too_short"),
        ],
    ),
    Chapter("rank_taken", [Case("rank 1 again, another day", "second", {"dose_number": 1}, "rank_taken")]),
]
BEFORE_AND_AFTER = [
    Chapter("vaccine_not_named", [Case("the source does not say", "first", {"vaccine": "unknown"}, "vaccine_not_named")]),
    Chapter(
        "before_authorisation",
        [
            Case("Janssen, the day before", "first", on("2021-03-10", **JANSSEN), "before_authorisation"),
            Case("Janssen, the day of its authorisation", "first", on("2021-03-11", **JANSSEN)),
            Case("Janssen, the day after", "first", on("2021-03-12", **JANSSEN)),
            Case("Comirnaty, the day before", "first", on("2020-12-20"), "before_authorisation"),
            Case("Comirnaty, the day of its authorisation", "first", on("2020-12-21")),
        ],
    ),
    Chapter(
        "under_minimum_age",
        [
            Case("16 tomorrow", "first", {"birth_date": "2005-03-02"}, "under_minimum_age"),
            Case("16 today", "first", {"birth_date": "2005-03-01"}),
            Case("16 yesterday", "first", {"birth_date": "2005-02-28"}),
            Case("12 years, the day before the opening", "first", on("2021-06-14", birth_date="2009-01-01"), "under_minimum_age"),
            Case("12 years, the day of the opening", "first", on("2021-06-15", birth_date="2009-01-01")),
            Case("12 years, the day after", "first", on("2021-06-16", birth_date="2009-01-01")),
            Case("5 years, the day before the opening", "first", on("2021-12-14", birth_date="2016-01-01"), "under_minimum_age"),
            Case("5 years, the day of the opening", "first", on("2021-12-15", birth_date="2016-01-01")),
            Case("born on 29 February, 18 on 28 February", "first", on("2022-02-28", **LEAPLING), "under_minimum_age"),
            Case("born on 29 February, 18 on 1 March", "first", on("2022-03-01", **LEAPLING)),
        ],
    ),
    Chapter(
        "product_not_foreseen",
        [
            Case("VC-33: Spikevax after Comirnaty", "second", {"vaccine": "spikevax"}, "product_not_foreseen"),
            Case("VC-33: Comirnaty after AstraZeneca at 40 years, the day before it is foreseen", "second",
                 on("2021-04-08", **AFTER_VAXZEVRIA, **AT_40), "product_not_foreseen"),
            Case("VC-33: that day", "second", on("2021-04-09", **AFTER_VAXZEVRIA, **AT_40)),
            Case("VC-33: the day after", "second", on("2021-04-10", **AFTER_VAXZEVRIA, **AT_40)),
            Case("VC-33: 55 tomorrow", "second", on("2021-06-01", **AFTER_VAXZEVRIA, birth_date="1966-06-02")),
            Case("VC-33: 55 today", "second", on("2021-06-01", **AFTER_VAXZEVRIA, birth_date="1966-06-01"),
                 "product_not_foreseen"),
            Case("VC-33: an exception asks for a known age", "second", on("2021-06-01", **AFTER_VAXZEVRIA, birth_date=None),
                 "product_not_foreseen"),
            Case("VC-33: AstraZeneca again, age unknown", "second",
                 on("2021-06-01", **AFTER_VAXZEVRIA | {"vaccine": "vaxzevria"}, birth_date=None)),
            Case("VC-33: nothing follows Janssen as second dose", "second",
                 on("2021-06-01", first_vaccine="janssen", previous_vaccine="janssen"), "product_not_foreseen"),
            Case("VC-33: begun with Janssen before its authorisation, ended with it", "second",
                 on("2021-03-10", first_vaccine="janssen", previous_vaccine="janssen", **JANSSEN), "before_authorisation"),
            Case("VC-33: a third dose follows the first product too", "third",
                 on("2021-05-01", vaccine="spikevax", **DEPRESSED), "product_not_foreseen"),
            Case("VC-33: after a first product that nobody names, any", "second", {"first_vaccine": "unknown"}),
            Case("VC-41: a booster of Spikevax after Comirnaty", "booster", {"vaccine": "spikevax"}),
            Case("VC-41: a booster of AstraZeneca", "booster", {"vaccine": "vaxzevria"}, "product_not_foreseen"),
        ],
    ),
    Chapter(
        "interval_too_short",
        [
            Case("Comirnaty, 20 days", "second", on("2021-03-21"), "interval_too_short"),
            Case("Comirnaty, 21 days", "second", on("2021-03-22")),
            Case("Comirnaty, 22 days", "second", on("2021-03-23")),
            Case("the interval is that of the first vaccine", "second", on("2021-03-28", previous_vaccine="spikevax"),
                 "interval_too_short"),
            Case("Spikevax, 28 days", "second", on("2021-03-29", previous_vaccine="spikevax")),
            Case("the first vaccine is not known: no interval is broken", "second", on("2021-03-05", previous_vaccine="unknown")),
        ],
    ),
    Chapter(
        "rank_skips",
        [
            Case("a second dose, without a first", "first", {"dose_number": 2}, "rank_skips"),
            Case("a third dose after the first", "second", {"dose_number": 3, "series_doses": 3}, "rank_skips"),
        ],
    ),
    Chapter("rank_goes_back", [Case("rank 2, after rank 3", "second", {"previous_number": 3}, "rank_goes_back")]),
    Chapter(
        "beyond_series",
        [
            Case("rank 2 of one", "second", {"series_doses": 1, "infected_on": "2020-04-01"}, "beyond_series"),
            Case("a third dose of a schedule of two", "third", {}, "beyond_series"),
            Case("immunodepressed, the day before the third dose is foreseen", "third", on("2021-04-05", **DEPRESSED),
                 "beyond_series"),
            Case("immunodepressed, that day", "third", on("2021-04-06", **DEPRESSED)),
            Case("immunodepressed, the day after", "third", on("2021-04-07", **DEPRESSED)),
            Case("immunodepressed, a fourth dose", "third", {"previous_number": 3, "dose_number": 4, **DEPRESSED},
                 "beyond_series"),
        ],
    ),
    Chapter(
        "lot_expired",
        [
            Case("the day after the last day", "first", {"lot_expires_on": "2021-02-28"}, "lot_expired"),
            Case("the last day", "first", {"lot_expires_on": "2021-03-01"}),
            Case("the day before the last day", "first", {"lot_expires_on": "2021-03-02"}),
        ],
    ),
    Chapter(
        "lot_recalled",
        [
            Case("the day before the recall", "first", {"lot_recalled_on": "2021-03-02"}),
            Case("the day of the recall", "first", {"lot_recalled_on": "2021-03-01"}, "lot_recalled"),
            Case("the day after", "first", {"lot_recalled_on": "2021-02-28"}, "lot_recalled"),
        ],
    ),
]  # fmt: skip
INFECTIONS = [
    Chapter(
        "series_too_short",
        [
            Case("one dose said to be enough", "first", {"series_doses": 1}, "series_too_short"),
            Case("Janssen: one dose is enough", "first", on("2021-03-11", **JANSSEN)),
            Case("VC-40: infected three months ago less one day", "first", infected("2020-12-02"), "series_too_short"),
            Case("VC-40: infected three months ago", "first", infected("2020-12-01")),
            Case("VC-40: infected three months and one day ago", "first", infected("2020-11-30")),
            Case("VC-40: the day before the infection counts", "first", infected("2020-04-01", occurred_on="2021-02-11"),
                 "series_too_short"),
            Case("VC-40: the day it counts from", "first", infected("2020-04-01", occurred_on="2021-02-12")),
            Case("VC-40: the day after", "first", infected("2020-04-01", occurred_on="2021-02-13")),
            Case("VC-40: it does not count for the immunodepressed", "first", infected("2020-04-01", **DEPRESSED),
                 "series_too_short"),
            Case("VC-40: infected, and two doses all the same", "first", {"infected_on": "2020-04-01"}),
        ],
    ),
]  # fmt: skip
BOOSTERS = [
    Chapter(
        "booster_without_primary",
        [
            Case("VC-41: after a complete schedule", "booster", {}),
            Case("VC-41: the schedule is not complete", "booster", {"previous_complete": False}, "booster_without_primary"),
            Case("VC-41: a second booster too", "second booster", {"previous_complete": False}, "booster_without_primary"),
        ],
    ),
    Chapter(
        "booster_before_opening",
        [
            Case("VC-41: 65 and over, the day before", "booster", on("2021-08-31"), "booster_before_opening"),
            Case("VC-41: 65 and over, the day of the opening", "booster", on("2021-09-01")),
            Case("VC-41: 65 and over, the day after", "booster", on("2021-09-02")),
            Case("VC-41: 40 years, the day before", "booster", on("2021-11-26", **AT_40), "booster_before_opening"),
            Case("VC-41: 40 years, the day of the opening to adults", "booster", on("2021-11-27", **AT_40)),
            Case("VC-41: 40 years, the day after", "booster", on("2021-11-28", **AT_40)),
            Case("VC-41: 15 years, the day before", "booster", on("2022-01-23", **AT_15), "booster_before_opening"),
            Case("VC-41: 15 years, the day of the opening", "booster", on("2022-01-24", **AT_15)),
            Case("VC-41: 40 years, at risk", "booster", {**AT_40, "situations": ",ald,ald:C92,"}),
            Case("VC-41: 40 years, situations not known: it does not refuse", "booster", {**AT_40, "situations": None}),
            Case("VC-41: 40 years, after Janssen", "booster",
                 {**AT_40, "previous_vaccine": "janssen", "previous_number": 1, "dose_number": 2}),
            Case("VC-41: a second booster, 40 years: not open", "second booster", {**AT_40}, "booster_before_opening"),
            Case("VC-41: a second booster, 40 years, in an EHPAD", "second booster",
                 {**AT_40, "situations": ",institution,institution:ehpad,"}),
            Case("VC-41: a second booster, 71 years, the day before", "second booster", on("2022-04-06"),
                 "booster_before_opening"),
            Case("VC-41: a second booster, 71 years, the day of the opening", "second booster", on("2022-04-07")),
            Case("VC-41: a third booster: the doctrine opens none", "second booster",
                 {"series": "third_booster", "previous_number": 4, "dose_number": 5}, "booster_before_opening"),
        ],
    ),
    Chapter(
        "booster_too_early",
        [
            Case("VC-41: six months less one day", "booster", after("2021-04-02", "2021-10-01"), "booster_too_early"),
            Case("VC-41: six months", "booster", after("2021-04-01", "2021-10-01")),
            Case("VC-41: six months and one day", "booster", after("2021-03-31", "2021-10-01")),
            Case("VC-41: five months from 27 November", "booster", after("2021-06-27", "2021-11-27")),
            Case("VC-41: five months, the day before that", "booster", after("2021-06-26", "2021-11-26"), "booster_too_early"),
            Case("VC-41: 152 days, from 3 December", "booster", after("2021-07-06", "2021-12-05"), "booster_too_early"),
            Case("VC-41: 153 days, five months of 30.5", "booster", after("2021-07-06", "2021-12-06")),
            Case("VC-41: 154 days", "booster", after("2021-07-06", "2021-12-07")),
            Case("VC-41: 122 days, the day before four months are enough", "booster", after("2021-08-23", "2021-12-23"),
                 "booster_too_early"),
            Case("VC-41: 122 days, that day", "booster", after("2021-08-24", "2021-12-24")),
            Case("VC-41: 92 days, the day before three months are enough", "booster", after("2021-09-26", "2021-12-27"),
                 "booster_too_early"),
            Case("VC-41: 92 days, that day", "booster", after("2021-09-27", "2021-12-28")),
            Case("VC-41: a month after Janssen less one day", "booster",
                 after("2021-09-02", "2021-10-01", previous_vaccine="janssen", previous_number=1, dose_number=2),
                 "booster_too_early"),
            Case("VC-41: a month after Janssen", "booster",
                 after("2021-09-01", "2021-10-01", previous_vaccine="janssen", previous_number=1, dose_number=2)),
            Case("VC-41: immunodepressed, 27 days", "booster", after("2021-09-04", "2021-10-01", **DEPRESSED),
                 "booster_too_early"),
            Case("VC-41: immunodepressed, four weeks", "booster", after("2021-09-03", "2021-10-01", **DEPRESSED)),
            Case("VC-41: a second booster", "second booster", {}),
            Case("VC-41: a second booster, too early", "second booster", {"previous_on": "2022-02-01"}, "booster_too_early"),
            Case("VC-41: a second booster, 70 years, 182 days", "second booster",
                 after("2022-01-10", "2022-07-11", **AT_70), "booster_too_early"),
            Case("VC-41: a second booster, 70 years, six months of 30.5", "second booster",
                 after("2022-01-10", "2022-07-12", **AT_70)),
            Case("VC-41: a second booster, 80 years, 91 days", "second booster",
                 after("2022-01-10", "2022-04-11", **AT_80), "booster_too_early"),
            Case("VC-41: a second booster, 80 years, three months of 30.5", "second booster",
                 after("2022-01-10", "2022-04-12", **AT_80)),
            Case("VC-41: a second booster, 70 years, immunodepressed: the shortest of the two delays", "second booster",
                 after("2022-01-10", "2022-04-12", **AT_70, situations=",immunodepressed,")),
            Case("VC-41: six months after the last dose, not after the infection", "booster",
                 after("2021-03-01", "2021-10-01", infected_on="2021-04-02", last_infected_on="2021-04-02"), "booster_too_early"),
            Case("VC-41: six months after the infection", "booster",
                 after("2021-03-01", "2021-10-01", infected_on="2021-04-01", last_infected_on="2021-04-01")),
            Case("VC-41: an infection before the last dose delays nothing", "booster",
                 after("2021-04-01", "2021-10-01", infected_on="2020-03-01", last_infected_on="2021-03-31")),
            Case("VC-41: a second booster waits after an infection", "second booster",
                 {"last_infected_on": "2022-01-10"}, "booster_too_early"),
        ],
    ),
]  # fmt: skip
CHAPTERS = [*REFUSALS, *BEFORE_AND_AFTER, *INFECTIONS, *BOOSTERS]
CASES = [case for chapter in CHAPTERS for case in chapter.cases]
