"""The map of départements: shades that stay in order without colour, a legend with the bounds, and its text alternative."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from allant.figures import svg
from allant.figures.charts import french_percent
from allant.geography import departement_paths, map_view_box
from allant.geography.shapes import ATTRIBUTION

SIMULATED = "Distribution simulée"
SHADES = ("#f0f0fb", "#c1c3f0", "#8b8fdc", "#5054b8", "#1d1f78")  # lightness falls in equal steps: readable in grey
HIDDEN_SHADE = "url(#secret)"
OUTLINE = "#3a3a3a"


@dataclass(frozen=True)
class Scale:
    """Five classes of equal width between the lowest and the highest value."""

    bounds: tuple[float, ...]  # six, rising

    @classmethod
    def of(cls, values: Mapping[str, float | None]) -> "Scale":
        """Bounds rounded outwards to a tenth. Raises ValueError when no value is known."""
        known = [value for value in values.values() if value is not None]
        if not known:
            raise ValueError("Aucune valeur à porter sur la carte.")
        low, high = int(min(known) * 10) / 10, int(max(known) * 10 + 1) / 10
        return cls(tuple(round(low + (high - low) * step / len(SHADES), 1) for step in range(len(SHADES) + 1)))

    def shade(self, value: float | None) -> str:
        """The fill of a value; dots where it is covered by secrecy."""
        if value is None:
            return HIDDEN_SHADE
        return SHADES[min(sum(value >= bound for bound in self.bounds[1:-1]), len(SHADES) - 1)]


def render_map(values: Mapping[str, float | None], title: str, national: float) -> bytes:
    """A percentage by département code (None: covered by secrecy), as an SVG file; the same values give the same bytes.

    `national` is the mean shown under the legend. Départements without a value or a shape are left out. Raises ValueError
    when no value is known.
    """
    scale = Scale.of(values)
    left, top, width, height = (float(part) for part in map_view_box().split())
    unit = width / 100  # lengths of the legend
    root = ET.Element(svg.tag("svg"), viewBox=f"{left:g} {top:g} {width:g} {height + 30 * unit:g}")
    _pattern(root, unit)
    for code, shape in departement_paths().items():
        if code in values:
            path = ET.SubElement(root, svg.tag("path"), {"d": shape.path, "fill": scale.shade(values[code])})
            path.set("stroke", OUTLINE)
            path.set("stroke-width", f"{unit / 10:g}")
            ET.SubElement(path, svg.tag("title")).text = f"{shape.name} ({code}) : {_words(values[code])}"
    _legend(root, scale, national, (left, top + height + 3 * unit, unit))
    svg.describe(root, title, describe_map(values, national))
    return svg.written(root)


def describe_map(values: Mapping[str, float | None], national: float) -> str:
    """The map in words: mean, lowest, highest."""
    known = sorted((value, code) for code, value in values.items() if value is not None)
    names = {code: shape.name for code, shape in departement_paths().items()}
    lowest, highest = (f"{french_percent(value)} % ({names.get(code, code)})" for value, code in (known[0], known[-1]))
    return (
        f"{SIMULATED}. Moyenne nationale : {french_percent(national)} %. De {lowest} à {highest}. "
        "Le détail est dans le tableau qui suit."
    )


def _words(value: float | None) -> str:
    return "secret statistique" if value is None else f"{french_percent(value)} %"


def _pattern(root: ET.Element, unit: float) -> None:
    side = f"{unit:g}"
    definitions = ET.SubElement(root, svg.tag("defs"))
    pattern = ET.SubElement(definitions, svg.tag("pattern"), id="secret", width=side, height=side, patternUnits="userSpaceOnUse")
    ET.SubElement(pattern, svg.tag("rect"), width=side, height=side, fill="#ffffff")
    ET.SubElement(pattern, svg.tag("circle"), cx=f"{unit / 2:g}", cy=f"{unit / 2:g}", r=f"{unit / 5:g}", fill=OUTLINE)


def _legend(root: ET.Element, scale: Scale, national: float, corner: tuple[float, float, float]) -> None:
    left, top, unit = corner
    texts = (f"{french_percent(low)} à {french_percent(high)} %" for low, high in pairwise(scale.bounds))
    rows = [*zip(SHADES, texts, strict=True), (HIDDEN_SHADE, "secret")]
    for column, (shade, text) in enumerate(rows):
        x = left + column * 16.5 * unit
        box = {"x": f"{x:g}", "y": f"{top:g}", "width": f"{4 * unit:g}", "height": f"{3 * unit:g}"}
        ET.SubElement(root, svg.tag("rect"), {**box, "fill": shade, "stroke": OUTLINE, "stroke-width": f"{unit / 8:g}"})
        _text(root, x, top + 6 * unit, 1.9 * unit, text)
    mean = f"Moyenne nationale : {french_percent(national)} %"
    _text(root, left, top + 12 * unit, 3.2 * unit, mean)
    _text(root, left, top + 16.5 * unit, 3.2 * unit, f"{SIMULATED} entre départements.")
    _text(root, left, top + 21 * unit, 3.2 * unit, "Outre-mer hors échelle, à gauche.")
    _text(root, left, top + 25 * unit, 2.3 * unit, ATTRIBUTION)


def _text(root: ET.Element, x: float, y: float, size: float, words: str) -> None:
    look = {"font-size": f"{size:g}", "font-family": "Marianne, Arial, sans-serif", "fill": "#161616"}
    ET.SubElement(root, svg.tag("text"), {"x": f"{x:g}", "y": f"{y:g}", **look}).text = words
