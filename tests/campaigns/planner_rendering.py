"""docs/reference/planner-cases.md from planner_cases.yaml: `python -m tests.campaigns.planner_rendering` rewrites it."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from allant.campaigns.planner.allotment import Group, Problem

CASES: list[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("planner_cases.yaml").read_text("utf-8"))
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "planner-cases.md"
MONDAY = date(2021, 3, 1)
HEAD = """# The planner by example

Generated from `tests/campaigns/planner_cases.yaml`, each worked out by hand and checked by a test. Do not edit: run
`python -m tests.campaigns.planner_rendering`.

Groups stand in their order of priority. Capacities are acts (the smaller of doses and slots) by week and département. Unless said
otherwise a group is open from the first week, everybody invited comes, and one act is enough.
"""


def problem(case: Mapping[str, Any]) -> Problem:
    """What the case asks."""
    capacity = np.array([[cell if isinstance(cell, list) else [cell, cell] for cell in week] for week in case["capacity"]])
    weeks = tuple(MONDAY + timedelta(7 * rank) for rank in range(len(capacity)))
    return Problem(
        weeks=weeks,
        departements=tuple(case["departements"]),
        groups=tuple(_group(name, group) for name, group in case["groups"].items()),
        waiting=np.array([group["waiting"] for group in case["groups"].values()]),
        doses=capacity[:, :, 0],
        slots=capacity[:, :, 1],
        reserve=np.array(case.get("reserve", [0] * len(weeks))),
        promised=1000 * np.array(case.get("promised", np.zeros(capacity.shape[:2], dtype=np.int64))),
    )


def _group(name: str, given: Mapping[str, Any]) -> Group:
    opens, ends = (MONDAY + timedelta(7 * (given[key] - 1)) if key in given else None for key in ("opens", "ends"))
    return Group(name, opens or MONDAY, ends, given.get("uptake", 1000), given.get("follow_up", 0), given.get("after", 1))


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *map(_case, CASES)])


def _case(case: Mapping[str, Any]) -> str:
    places = [code or "unknown" for code in case["departements"]]
    header = ["week", *(f"{place}: acts" for place in places), *(["reserve"] if "reserve" in case else [])]
    header += [f"{name} in {place}" for name in case["groups"] for place in places]
    lines = [_line(case, week) for week in range(len(case["capacity"]))]
    table = "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines])
    why = f"\n{case['why'][0].upper()}{case['why'][1:]}.\n" if "why" in case else ""
    return f"## {case['shows'][0].upper()}{case['shows'][1:]}\n\n{_given(case, places)}\n\n{table}\n{why}"


def _line(case: Mapping[str, Any], week: int) -> list[str]:
    acts = [f"{cell[0]} doses, {cell[1]} slots" if isinstance(cell, list) else str(cell) for cell in case["capacity"][week]]
    if "promised" in case:
        acts = [f"{said}, {taken} promised" for said, taken in zip(acts, case["promised"][week], strict=True)]
    if "limits" in case:
        acts = [f"{said} (held by: {limit})" for said, limit in zip(acts, case["limits"][week], strict=True)]
    reserve = [str(case["reserve"][week])] if "reserve" in case else []
    invited = [str(persons) for name in case["groups"] for persons in case["invited"][name][week]]
    return [str(week + 1), *acts, *reserve, *invited]


def _given(case: Mapping[str, Any], places: list[str]) -> str:
    return "\n".join(f"- {name}: {_told(group, places)}" for name, group in case["groups"].items())


def _told(group: Mapping[str, Any], places: list[str]) -> str:
    told = ", ".join(f"{persons} wait in {place}" for place, persons in zip(places, group["waiting"], strict=True))
    extra = {
        "uptake": lambda value: f"{value} of a thousand come",
        "follow_up": lambda value: f"{value} of a thousand need a second act {group.get('after', 1)} week(s) later",
        "opens": lambda value: f"open from week {value}",
        "ends": lambda value: f"ended when week {value} begins",
    }
    return "; ".join([told, *(say(group[key]) for key, say in extra.items() if key in group)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
