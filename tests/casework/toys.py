"""Two small processes, and a doctrine of their own: what the engine can do, without any programme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allant.casework import registry
from allant.casework.process import Deadline, Flag, Process, Signal, State, Transition
from allant.doctrine import Rules

RULES = """
tests.loan:
  label: Prêt
  unit: record
  fields: {lending: delay, grace: delay, non_working_day: text, paused_in: texts, restarted_by: texts, open_cases: text}
  versions:
    - in_force: 2021-01-01
      known_from: 2021-01-01
      value: {lending: {months: 1}, grace: {days: 10}, non_working_day: next, paused_in: [repaired], restarted_by: [renew],
              open_cases: keep}
      assumption: un jouet des tests
    - in_force: 2022-01-01
      known_from: 2021-12-01
      value: {lending: {days: 20}, grace: {days: 10}, non_working_day: next, paused_in: [repaired], restarted_by: [renew],
              open_cases: change}
      assumption: un jouet des tests
    - in_force: 2023-01-01
      known_from: 2022-12-01
      value: {lending: {days: 5}, grace: {days: 10}, non_working_day: next, paused_in: [repaired], restarted_by: [renew],
              open_cases: keep}
      assumption: un jouet des tests

tests.permit:
  label: Permis
  unit: record
  fields: {notice: delay, answer: delay, reminder: delay, non_working_day: text, paused_in: texts, restarted_by: texts,
           open_cases: text}
  versions:
    - in_force: 2021-01-01
      known_from: 2021-01-01
      value: {notice: {months: 2}, answer: {days: 15}, reminder: {days: 7}, non_working_day: same, paused_in: [], restarted_by:
      [],         open_cases: keep}
      assumption: un jouet des tests
"""

WARNED, NOT_WARNED = Flag("warned", "déjà averti"), Flag("warned", "déjà averti", held=False)

LOAN = Process(
    slug="loan",
    label="Prêt de matériel",
    rule="tests.loan",
    states=(
        State("lent", "Prêté"),
        State("repaired", "En réparation"),
        State("late", "En retard"),
        State("back", "Rendu", final=True),
        State("lost", "Perdu", final=True),
    ),
    deadlines=(
        Deadline("due_back", "Retour attendu", "lending"),
        Deadline("grace_over", "Fin du délai de grâce", "grace", counts_from="entered"),
    ),
    signals=(
        Signal("breaks", "Panne signalée"), Signal("repaired_now", "Réparé"), Signal("asks_renewal", "Renouvellement demandé"),
        Signal("returns", "Retour"),
    ),
    transitions=(
        Transition("remind", "Rappel", ("lent",), "late", on="due_back", sets=(("warned", True),), effects=("write",)),
        Transition("declare_lost", "Déclaré perdu", ("late",), "lost", on="grace_over", effects=("write",)),
        Transition("send_to_repair", "Envoi en réparation", ("lent",), "repaired", on="breaks"),
        Transition("give_again", "Remis après réparation", ("repaired",), "lent", on="repaired_now"),
        Transition("renew", "Renouvelé", ("lent", "late"), "lent", on="asks_renewal", given=(NOT_WARNED,)),
        Transition("renew_late", "Renouvelé malgré le rappel", ("late",), "late", on="asks_renewal", given=(WARNED,)),
        Transition("give_back", "Rendu", ("lent", "late", "repaired"), "back", on="returns"),
    ),
)  # fmt: skip

PERMIT = Process(
    slug="permit",
    label="Permis à durée fixée",
    rule="tests.permit",
    states=(State("valid", "Valide"), State("renewing", "À renouveler"), State("over", "Expiré", final=True)),
    deadlines=(
        Deadline("notice", "Préavis", "notice", counts_from="ends", before=True),
        Deadline("expiry", "Expiration", "answer", counts_from="ends"),
        Deadline("again", "Relance", "reminder", counts_from="entered"),
    ),
    signals=(Signal("extends", "Prolongation"), Signal("notes", "Remarque")),
    transitions=(
        Transition("give_notice", "Préavis donné", ("valid",), "renewing", on="notice"),
        Transition("remind_again", "Relance", ("renewing",), "renewing", on="again"),
        Transition("expire", "Expiré", ("renewing",), "over", on="expiry"),
        Transition("extend", "Prolongé", ("valid", "renewing"), "valid", on="extends"),
        Transition("note", "Remarque notée", ("valid", "renewing"), None, on="notes"),
    ),
    dates={"ends": "fin du permis"},
)

TOYS = (LOAN, PERMIT)


def rules_in(folder: Path, text: str = RULES) -> Rules:
    """The toys' doctrine, written to a folder."""
    (folder / "tests.yaml").write_text(text, "utf-8")
    return Rules(folder)


@contextmanager
def registered(*processes: Process, effects: dict[str, registry.Effect] | None = None) -> Iterator[None]:
    """The processes known to the engine inside, alone; those of the product are back at the end."""
    kept = registry._processes.copy(), registry._effects.copy()
    registry._processes.clear()
    for process in processes:
        named = {name for each in process.transitions for name in each.effects}
        registry.register(process, {name: (effects or {}).get(name, nothing) for name in named})
    try:
        yield
    finally:
        registry._processes.clear()
        registry._effects.clear()
        registry._processes.update(kept[0])
        registry._effects.update(kept[1])


def nothing(moved: registry.Moved) -> None:
    """An effect that does nothing."""
