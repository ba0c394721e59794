"""A process is declared once: an impossible one cannot be built, and the docs are drawn from it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from allant.casework.process import Deadline, Flag, ImpossibleProcess, Process, Signal, State, Transition
from allant.casework.registry import processes, register
from allant.casework.terms import BadTerms, all_terms, terms_on
from allant.doctrine import rules
from tests.casework import rendering, toys

SMALL = Process(
    "small", "Petit", "tests.small",
    states=(State("a", "A"), State("b", "B"), State("z", "Z", final=True)),
    deadlines=(Deadline("d", "D", "delay"),),
    signals=(Signal("s", "S"),),
    transitions=(Transition("go", "Va", ("a",), "b", on="d"), Transition("end", "Finit", ("b",), "z", on="s")),
)  # fmt: skip
KNOWN = Flag("known", "connu")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"states": (*SMALL.states, State("lost", "?"))}, "state 'lost' is never reached"),
        ({"transitions": SMALL.transitions[:1], "signals": ()}, "state 'z' is never reached"),
        ({"states": (*SMALL.states[:2], State("z", "Z"))}, "no final state can be reached from 'a'"),
        ({"transitions": (*SMALL.transitions, Transition("x", "X", ("z",), "a", on="s"))}, "state 'z' is final"),
        ({"transitions": (replace(SMALL.transitions[0], given=(KNOWN,)), SMALL.transitions[1])}, "no exit from 'a'"),
        ({"transitions": (*SMALL.transitions, Transition("x", "X", ("a",), "z", on="d"))}, "on 'd' is never taken"),
        ({"transitions": (*SMALL.transitions, Transition("x", "X", ("b",), "a", on="d"))}, "the sweep would never end"),
        ({"transitions": (replace(SMALL.transitions[0], target=None), SMALL.transitions[1])}, "is never reached"),
        ({"transitions": (replace(SMALL.transitions[0], on="q"), SMALL.transitions[1])}, "neither a deadline nor a signal"),
        ({"transitions": (replace(SMALL.transitions[0], target="q"), SMALL.transitions[1])}, "unknown state 'q'"),
        ({"deadlines": (Deadline("d", "D", "delay", counts_from="birth"),)}, "counts from an unknown date 'birth'"),
        ({"deadlines": (Deadline("d", "D", "delay", before=True),)}, "counts backwards"),
        ({"signals": (*SMALL.signals, Signal("idle", "I"))}, "'idle' causes nothing"),
        ({"signals": (Signal("a", "S"),)}, "'a' is declared 2 times"),
        ({"signals": (Signal("it's", "S"),)}, "is not a name"),
        ({"signals": (Signal("opened", "S"),)}, "is a word of the engine"),
    ],
)  # fmt: skip
def test_an_impossible_declaration_says_why(change, fault):
    with pytest.raises(ImpossibleProcess) as refused:
        replace(SMALL, **change)
    assert any(fault in each for each in refused.value.faults), refused.value.faults


def test_an_effect_without_a_function_is_refused():
    with toys.registered(), pytest.raises(ValueError, match="no function for its effects write"):
        register(toys.LOAN, {})


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("paused_in: [repaired]", "paused_in: [broken]", "état inconnu « broken »"),
        ("restarted_by: [renew]", "restarted_by: [returns]", "transition inconnue « returns »"),
        ("non_working_day: next", "non_working_day: before", "non_working_day « before »"),
        ("open_cases: keep", "open_cases: forget", "open_cases « forget »"),
        ("grace: {days: 10}", "grace: {days: 0}", "délai nul"),
    ],
)
def test_terms_that_do_not_fit_the_process_are_refused(tmp_path, was, becomes, fault):
    book = toys.rules_in(tmp_path, toys.RULES.replace(was, becomes, 1)).as_known_on(date(2021, 1, 1))
    with pytest.raises(BadTerms, match=fault):
        terms_on(toys.LOAN, date(2021, 1, 1), book)


def test_the_shipped_processes_fit_every_version_of_their_terms():
    for process in processes():
        assert all_terms(process, rules.as_known_on(rendering.LAST_DAY)), process.slug


@pytest.mark.parametrize(
    ("page", "rendered"), [(rendering.PROCESSES, rendering.processes_page), (rendering.STORIES, rendering.stories_page)]
)
def test_the_docs_are_drawn_from_the_declarations(page: Path, rendered):
    assert page.read_text("utf-8") == rendered(), "run python -m tests.casework.rendering"
