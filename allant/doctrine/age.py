"""Age in whole years: one turns a year older on the birthday, and on 1 March when born on a 29 February that the year has not."""

from datetime import date


def age_on(born_on: date, on: date) -> int:
    """Whole years from a birth to a day; negative before it."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def born_by(age: int, on: date) -> date:
    """The latest birth date of someone aged `age` whole years on a day: `age_on(born, on) >= age` for it and those before."""
    try:
        return on.replace(year=on.year - age)
    except ValueError:  # `on` is 29 February and that year has none
        return date(on.year - age, 2, 28)
