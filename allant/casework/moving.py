"""Moving cases along their process: many at a deadline, or one at a signal, by the same statements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime

from allant.casework.process import RETIMED, Process, Transition
from allant.casework.registry import Moved, apply_effects
from allant.casework.statements import Chosen, Plan, Written, branch_sql, distinct_timings, move
from allant.casework.terms import Terms
from allant.casework.timing import Timing, moved, next_due
from allant.doctrine import RuleBook

DUE_DAY = "c.due_on"


def take(
    chosen: Chosen,
    transitions: Sequence[Transition],
    terms: Terms,
    written: Written,
    *,
    today: date,
    book: RuleBook,
    on: date | None = None,
) -> int:
    """Let the cases chosen take the first transition whose conditions hold, with its effects; how many did.

    Each moves on the day of its deadline, or all `on` a given day. `today`: what their effects are dated.
    """
    process, branch = chosen.process, branch_sql(transitions)
    day = DUE_DAY if on is None else f"'{on.isoformat()}'::date"
    plans = [
        _plan(process, terms, transitions[rank], rank, chosen.state, timing, on_day)
        for rank, timing, on_day in distinct_timings(chosen, branch, day)
        if rank is not None
    ]
    by_name = {each.name: each for each in transitions}
    done = move(chosen, plans, written, branch=branch, day=day, told=any(each.effects for each in transitions))
    for name, (_, event_ids) in sorted(done.items()):
        if by_name[name].effects:
            apply_effects(Moved(process, by_name[name], event_ids, written.by, written.at, today, book))
    return sum(count for count, _ in done.values())


def _plan(process: Process, terms: Terms, transition: Transition, rank: int, state: str, before: Timing, day: date) -> Plan:
    target = transition.target_from(state)
    after = moved(before, terms, transition, target, day)
    sets = json.dumps(dict(transition.sets))
    ended = process.state_names[target].final
    return Plan(
        rank,
        before,
        day,
        transition.name,
        target,
        after,
        next_due(process, terms, target, after, day),
        ended,
        terms.rule_id,
        sets,
    )


def retime(chosen: Chosen, terms: Terms, *, by: str, at: datetime, sweep: str | None) -> int:
    """Let the cases chosen follow a new version of their rule: state and clock stay, deadlines are counted again; how many.

    A deadline that the new rule brings forward falls on the day the rule comes in force at the earliest: nobody is late for a
    rule that was not there.
    """
    process, day = chosen.process, f"greatest('{terms.in_force.isoformat()}'::date, c.entered_on)"
    plans = [
        Plan(
            0, timing, on, RETIMED, chosen.state, timing, next_due(process, terms, chosen.state, timing, on), False, terms.rule_id
        )
        for _, timing, on in distinct_timings(chosen, "0", day)
    ]
    written = Written(by, at, terms.rule_id, sweep=sweep)
    return sum(count for count, _ in move(chosen, plans, written, branch="0", day=day, told=False).values())
