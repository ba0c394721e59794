"""Charts of the pages, as SVG files for an `<img>`. Each says the same in its description; a table stands beside it.

Matplotlib is imported where it draws: most processes that know these pages never draw, and it costs a second to import.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from allant.figures import svg
from allant.figures.key_figures import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
# Told apart without colour: dashes and thickness change from one curve to the next, and each bears its name.
DASHES: tuple[tuple[int, tuple[float, ...]], ...] = ((0, ()), (0, (6, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
INKS = ("#000091", "#a558a0", "#c9191e", "#18753c", "#465f9d", "#716043", "#161616")  # all at 4.5:1 or more on white
LABEL_STEP = 4.2  # percentage points between two labels, for 9-point text
STYLE: Any = {
    "svg.fonttype": "path",  # a picture loads no font: outlines look the same everywhere
    "svg.hashsalt": "allant",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def render_curves(curves: Sequence[Curve], title: str) -> bytes:
    """Coverage by age, one curve a class, named at its right end. Returns an SVG file; the same curves give the same bytes.

    Raises ValueError without a curve or without a day.
    """
    if not curves or not curves[0].days:
        raise ValueError("Aucune courbe à tracer : choisissez une date de la campagne.")
    with drawing(4.8) as (figure, axes):
        for curve, ink, dashes in zip(curves, cycle(INKS), cycle(DASHES), strict=False):
            axes.plot(np.array(curve.days, dtype="datetime64[D]"), curve.percent, color=ink, linestyle=dashes, linewidth=1.6)
        _frame(axes, curves)
        _name_curves(axes, curves)
        return written(figure, title, describe_curves(curves))


@contextmanager
def drawing(height: float) -> Iterator[tuple[Figure, Axes]]:
    """An empty figure in the style of the pages, 8.4 inches wide and this high."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, height), layout="constrained")
        yield figure, figure.add_subplot()


def written(figure: Figure, title: str, description: str) -> bytes:
    """The SVG file of a figure; the same figure gives the same bytes."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    file = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(file.getvalue())
    svg.without_styles(root)
    svg.describe(root, title, description)
    return svg.written(root)


def describe_curves(curves: Sequence[Curve]) -> str:
    """The last values in words: the text alternative of the chart."""
    last = ", ".join(f"{curve.label} : {french_percent(curve.percent[-1])} %" for curve in reversed(curves))
    return f"Du {curves[0].days[0]:%d/%m/%Y} au {curves[0].days[-1]:%d/%m/%Y}. Au dernier jour : {last}."


def _frame(axes: Axes, curves: Sequence[Curve]) -> None:
    from matplotlib.dates import MonthLocator
    from matplotlib.ticker import FuncFormatter

    axes.set_ylim(0, max(100.0, max(float(curve.percent.max()) for curve in curves)))
    axes.set_ylabel("% de la population de la classe")
    axes.grid(axis="y", color="#ddd", linewidth=0.6)
    axes.xaxis.set_major_locator(MonthLocator(interval=max(1, len(curves[0].days) // 300)))
    axes.xaxis.set_major_formatter(FuncFormatter(_french_month))
    axes.margins(x=0)


def _name_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """Labels at the right end, spread so that none covers another."""
    ends = [float(curve.percent[-1]) for curve in curves]
    for curve, ink, end, place in zip(curves, cycle(INKS), ends, spread(ends, LABEL_STEP), strict=False):
        axes.annotate(
            f"{curve.label}  {french_percent(end)} %",
            xy=(1, end), xycoords=axes.get_yaxis_transform(), xytext=(1.03, place), textcoords=axes.get_yaxis_transform(),
            color=ink, va="center", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": ink, "linewidth": 0.6, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip


def spread(positions: Sequence[float], step: float) -> list[float]:
    """Positions as near as possible to those given, in the same order, no two nearer than `step`, none below zero."""
    order = np.argsort(positions, kind="stable")
    ranks = np.arange(len(order)) * step
    # pool neighbours until the positions less their ranks never fall: the nearest spread in the sense of least squares
    blocks: list[list[float]] = []
    for value in np.asarray(positions, float)[order] - ranks:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            value, size = blocks.pop()
            total = blocks[-1][1] + size
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + value * size) / total, total]
    placed = np.concatenate([np.full(int(size), max(value, 0.0)) for value, size in blocks]) + ranks
    spread_out = np.empty(len(order))
    spread_out[order] = placed
    return [float(value) for value in spread_out]


def french_percent(percent: float) -> str:
    """One decimal, a comma."""
    return f"{percent:.1f}".replace(".", ",")


def _french_month(at: float, rank: int | None = 0) -> str:
    """Month names in French whatever the locale of the server; the year under January and under the first month."""
    from matplotlib.dates import num2date

    day = num2date(at)
    name = MONTHS[day.month - 1]
    return f"{name}\n{day.year}" if rank == 0 or day.month == 1 else name
