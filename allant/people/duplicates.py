"""Two records that may be one person (VC-63): proposed by exact rules, decided by somebody, and a merge can be undone.

A merge is a pointer (`actions.merge`): acts stay where they were recorded, so undoing it brings back exactly what was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pghistory
from django.db import connection, transaction

from allant.people.actions import MergeRefused, merge, unmerge
from allant.people.duplicate_rules import FORGET, IDENTITIES, INDEXES, NUMBERS, RULES, proposal_sql
from allant.people.models import DuplicateCandidate, DuplicateVerdict, Person

LINKAGE = "linkage"
LABELS = {rule.code: rule.label for rule in RULES} | {
    LINKAGE: "Rapprochement probable : la somme des indices désigne une même personne"
}

__all__ = ["LABELS", "LINKAGE", "MergeRefused", "decide_different", "decide_later", "decide_merge", "find", "undo_merge"]


def find(*, at: datetime, progress: Callable[[str, int], None] = lambda code, found: None) -> dict[str, int]:
    """Propose every pair a rule names, once; gives the pairs added by each rule (its code).

    Each rule commits alone: killed, the same call goes on. A pair proposed before, decided or not, is left as it is.
    """
    added = {}
    with connection.cursor() as cursor:
        cursor.execute(f"{FORGET};{IDENTITIES};{NUMBERS};{INDEXES}")
        for rule in RULES:
            cursor.execute(proposal_sql(rule), {"rule": rule.code, "at": at})
            added[rule.code] = cursor.rowcount
            progress(rule.code, added[rule.code])
        cursor.execute(FORGET)
    return added


@transaction.atomic
def decide_merge(*, pair: DuplicateCandidate, survivor: Person, by: str, reason: str, at: datetime) -> None:
    """Merge the pair into `survivor`, one of the two. The same decision again changes nothing. Raises MergeRefused."""
    pair = _locked(pair)
    if survivor.pk not in (pair.first_id, pair.second_id):
        raise MergeRefused("La fiche à garder n'est pas l'une des deux : choisissez l'une des fiches de la paire.")
    if pair.verdict == DuplicateVerdict.DIFFERENT:
        raise MergeRefused("Cette paire a été jugée « personnes différentes » : revenez d'abord sur cette décision.")
    duplicate = pair.second if survivor.pk == pair.first_id else pair.first
    merge(duplicate=duplicate, into=survivor, by=by, reason=reason)
    if pair.verdict != DuplicateVerdict.MERGED:
        _decide(pair, DuplicateVerdict.MERGED, by=by, reason=reason, at=at)


@transaction.atomic
def decide_different(*, pair: DuplicateCandidate, by: str, reason: str, at: datetime) -> None:
    """Say that the two records are two persons: the pair is never proposed again. Raises MergeRefused when it is merged."""
    pair = _locked(pair)
    if pair.verdict == DuplicateVerdict.MERGED:
        raise MergeRefused("Ces deux fiches sont fusionnées : annulez d'abord la fusion.")
    if not pair.verdict:
        _decide(pair, DuplicateVerdict.DIFFERENT, by=by, reason=reason, at=at)


@transaction.atomic
def decide_later(*, pair: DuplicateCandidate, until: date, by: str, reason: str) -> None:
    """Put a pair off until a day. Raises MergeRefused when it is decided."""
    pair = _locked(pair)
    if pair.verdict:
        raise MergeRefused("Cette paire est déjà décidée : revenez d'abord sur cette décision.")
    with pghistory.context(by=by, reason=reason):
        pair.postponed_until = until
        pair.save(update_fields=["postponed_until"])


@transaction.atomic
def undo_merge(*, pair: DuplicateCandidate, by: str, reason: str) -> None:
    """Undo what was decided of the pair: a merge is taken back, and the pair waits for a decision again.

    Doing it again changes nothing. Raises MergeRefused when the merge can no longer be taken back.
    """
    pair = _locked(pair)
    if pair.verdict == DuplicateVerdict.MERGED:
        merged = pair.first if pair.first.merged_into_id == pair.second_id else pair.second
        if merged.merged_into_id not in (pair.first_id, pair.second_id):
            raise MergeRefused("Ces deux fiches ne sont plus fusionnées l'une dans l'autre : il n'y a rien à annuler.")
        unmerge(duplicate=merged, by=by, reason=reason)
    if pair.verdict:
        _decide(pair, "", by="", reason=reason, at=None)


def _locked(pair: DuplicateCandidate) -> DuplicateCandidate:
    """The pair as it is now; two decisions on it wait for each other."""
    return DuplicateCandidate.objects.select_for_update(of=("self",)).select_related("first", "second").get(pk=pair.pk)


def _decide(pair: DuplicateCandidate, verdict: str, *, by: str, reason: str, at: datetime | None) -> None:
    with pghistory.context(by=by, reason=reason):
        pair.verdict, pair.decided_by, pair.decided_at = verdict, by[:100], at
        pair.save(update_fields=["verdict", "decided_by", "decided_at"])
