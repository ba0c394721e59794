"""docs/reference/contact-policy.md from policy_cases.yaml: `python -m tests.outreach.policy_rendering` rewrites it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from allant.clock import PARIS

CASES: list[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("policy_cases.yaml").read_text("utf-8"))
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contact-policy.md"
USUAL = {"kind": "outreach", "channels": ["call", "sms"], "at": "2021-06-14 11:00", "lives": "01"}
HEAD = """# The contact policy by example

Generated from `tests/outreach/policy_cases.yaml`; each line is checked by a test against the one policy of all programmes
(`allant/outreach/policy.py`), and the set-based form is tested equal to it. Do not edit: run
`python -m tests.outreach.policy_rendering`. The values are those of the doctrine of June 2021 (`outreach.*`).

Unless said otherwise: a message of outreach (aller-vers), by call or else by SMS, on Monday 14 June 2021 at 11:00 in Paris,
planned that day, to somebody of the Ain with a postcode. Times are those of Paris.
"""


def instant(said: str | date) -> datetime:
    """A local time of Paris, `YYYY-MM-DD HH:MM`."""
    return datetime.fromisoformat(str(said)).replace(tzinfo=PARIS)


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *map(_table, CASES)])


def _table(rule: Mapping[str, Any]) -> str:
    rows = [[_given(case), " ".join(case["then"].split()), _until(case), case.get("why", "")] for case in rule["cases"]]
    lines = [["given", "contact", "not before", "reason"], ["---"] * 4, *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"## {rule['shows']}\n\n{table}\n"


def _given(case: Mapping[str, Any]) -> str:
    said = [_points(case["has"])]
    said += [f"{key} {value}" for key, value in case.items() if key in ("kind", "at", "lives")]
    said += [f"by {' or '.join(case['channels'])}"] if "channels" in case else []
    said += ["deceased"] if case.get("dead") else []
    said += [" ".join(case["in"]).replace("_", " ")] if "in" in case else []
    said += [_representative(each) for each in case.get("represented", ())]
    said += ["signed in here"] if case.get("signed_in") else []
    said += ["no postcode"] if case.get("postcode") is False else []
    said += [f"planned {case['planned']} days before"] if "planned" in case else []
    if "useful" in case:
        hours = case["useful"]
        said += [f"useful for {hours} h" if hours > 0 else f"useful until {-hours} h ago"]
    said += [f"{hours} h ago {channel}{f' ({outcome})' if outcome else ''}, campaign {campaign}"
             for channel, hours, outcome, campaign in case.get("past", ())]  # fmt: skip
    return "; ".join(said)


def _points(has: list[str]) -> str:
    points = [f"{each[1:]} returned or invalid" if each[0] == "!" else f"{each[1:]} refused" if each[0] == "-" else each
              for each in has]  # fmt: skip
    return ", ".join(points) or "no contact point"


def _representative(said: Mapping[str, Any]) -> str:
    more = ["measure ended"] if "ended" in said else []
    more += ["deceased"] if said.get("dead") else []
    more += [f"in {' '.join(said['in']).replace('_', ' ')}"] if "in" in said else []
    more += [f"lives {said['lives']}"] if "lives" in said else []
    return f"represented by a {said['by']} ({', '.join([_points(said['has']), *more])})"


def _until(case: Mapping[str, Any]) -> str:
    return f"{instant(case['until']) - timedelta(0):%a %d %b %H:%M}" if "until" in case else ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
