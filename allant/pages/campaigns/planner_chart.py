"""The weeks of a plan as bars: persons to invite, and the queue that is left (docs/decisions/0005)."""

from __future__ import annotations

from collections.abc import Sequence

from allant.campaigns.planner.reading import WeekLine
from allant.figures.charts import INKS, drawing, written
from allant.pages.base.numbers import count

TITLE = "Personnes à inviter chaque semaine, et file d'attente après la semaine"
WIDTH = 0.4


def render_weeks(weeks: Sequence[WeekLine]) -> bytes:
    """An SVG file: two bars a week, told apart by their hatching as well. The same weeks give the same bytes."""
    from matplotlib.ticker import FuncFormatter

    with drawing(4.2) as (figure, axes):
        places = range(len(weeks))
        left, right = ([at + shift for at in places] for shift in (-WIDTH / 2, WIDTH / 2))
        axes.bar(left, [week.invited for week in weeks], WIDTH, color=INKS[0], label="à inviter")
        hatched = {"color": "#fff", "edgecolor": INKS[2], "hatch": "///"}
        axes.bar(right, [week.queue for week in weeks], WIDTH, label="attendent encore", **hatched)
        axes.set_xticks(list(places), [f"{week.week:%d/%m}" for week in weeks], rotation=90 if len(weeks) > 12 else 0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
        axes.set_ylim(0, max(1, *(max(week.invited, week.queue) for week in weeks)) * 1.05)
        axes.set_ylabel("personnes")
        axes.grid(axis="y", color="#ddd", linewidth=0.6)
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return written(figure, TITLE, describe_weeks(weeks))


def describe_weeks(weeks: Sequence[WeekLine]) -> str:
    """The first and last weeks in words: the text alternative of the chart."""
    invited, last = sum(week.invited for week in weeks), weeks[-1]
    return (
        f"Du {weeks[0].week:%d/%m/%Y} à la semaine du {last.week:%d/%m/%Y}, {count(invited)} personnes à inviter ; "
        f"{count(last.queue)} attendent encore à la fin. Le tableau donne chaque semaine."
    )
