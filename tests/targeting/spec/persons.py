"""Criteria on the person: unknown values, logic, age."""

from . import Case, Chapter

UNKNOWN = Chapter(
    "Unknown",
    "Unknown satisfies no criterion, negated or not. Ask for it by name, with `~….is_known()`.",
    {
        "person": """
            person_id | sex | departement | has_mobile
            1         | F   | 01          | true
            2         | M   | 2A          | false
            3         | -   | 01          | -
            4         | F   | -           | true
        """
    },
    [
        Case("Equality", 't.person.sex == "F"', [1, 4]),
        Case("Its contrary leaves out the unknown too", '~(t.person.sex == "F")', [2]),
        Case("Difference is the contrary of equality", 't.person.sex != "F"', [2]),
        Case("A yes/no fact is a criterion by itself", "t.person.has_mobile", [1, 4]),
        Case("… and its contrary", "~t.person.has_mobile", [2]),
        Case("One of a list", 't.person.departement.is_in(["01", "2A"])', [1, 2, 3]),
        Case("None of a list", '~t.person.departement.is_in(["01", "38"])', [2]),
        Case("A known value", "t.person.sex.is_known()", [1, 2, 4]),
        Case("An unknown value, beside a known one", "~t.person.sex.is_known() & t.person.departement.is_known()", [3]),
    ],
)

LOGIC = Chapter(
    "And, or, not",
    "`&`, `|` and `~`, each comparison in parentheses. An `or` is true as soon as one side is, whatever is unknown beside.",
    {
        "person": """
            person_id | sex | has_mobile | has_email
            1         | F   | true       | true
            2         | F   | false      | -
            3         | M   | -          | true
            4         | -   | -          | -
        """
    },
    [
        Case("Both", '(t.person.sex == "F") & t.person.has_mobile', [1]),
        Case("Either", "t.person.has_mobile | t.person.has_email", [1, 3]),
        Case("Not both: unknown when one side is unknown and the other true", "~(t.person.has_mobile & t.person.has_email)", [2]),
        Case("Neither: one unknown is enough not to know", "~(t.person.has_mobile | t.person.has_email)", []),
        Case("Groups", '(t.person.sex == "M") | ((t.person.sex == "F") & ~t.person.has_mobile)', [2, 3]),
    ],
)

AGE = Chapter(
    "Age on a date",
    "Whole years, reached on the birthday. Someone born on 29 February reaches them on 1 March when the year has no 29 February. "
    "The cut-off is computed once, in Python: `age_on(d) >= 75` is `birth_date <= d minus 75 years`.",
    {
        "person": """
            person_id | birth_date
            1         | 1946-03-30
            2         | 1946-03-31
            3         | 1946-04-01
            4         | 1948-02-29
            5         | 2003-03-01
            6         | -
        """
    },
    [
        Case("75 or more", "t.person.age_on(date(2021, 3, 31)) >= 75", [1, 2]),
        Case("More than 74 is the same", "t.person.age_on(date(2021, 3, 31)) > 74", [1, 2]),
        Case("Under 75: an unknown birth date satisfies neither", "t.person.age_on(date(2021, 3, 31)) < 75", [3, 4, 5]),
        Case("Exactly", "t.person.age_on(date(2021, 3, 31)) == 75", [1, 2]),
        Case("Anything else", "t.person.age_on(date(2021, 3, 31)) != 75", [3, 4, 5]),
        Case("From 18 to 74", "t.person.age_on(date(2021, 3, 31)).between(18, 74)", [3, 4, 5]),
        Case("Born on 29 February: not yet 73 on 28 February", "t.person.age_on(date(2021, 2, 28)) >= 73", [1, 2, 3]),
        Case("… 73 on 1 March", "t.person.age_on(date(2021, 3, 1)) >= 73", [1, 2, 3, 4]),
        Case("… and 72 on 29 February of a leap year", "t.person.age_on(date(2020, 2, 29)) >= 72", [1, 2, 3, 4]),
    ],
)

CHAPTERS = [UNKNOWN, LOGIC, AGE]
