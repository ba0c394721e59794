"""The sweep: makes every deadline that took effect by a day, over millions of cases.

Each chunk is one transaction: killed anywhere, a sweep run again goes on where it was; a chunk half done is not done at all.
Sweepers take chunks from the same list, each its own (SKIP LOCKED), so that several machines share one sweep. Sweeping daily,
weekly or after an outage brings every case to the same state with the same legal dates: a deadline acts on its day, whenever
the sweep comes by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum

from allant import clock
from allant.casework.models import Sweep, SweepChunk
from allant.casework.moving import retime, take
from allant.casework.registry import process_of
from allant.casework.statements import Chosen, Written
from allant.casework.terms import terms_of
from allant.casework.work_list import CHUNK, is_due, next_round
from allant.doctrine import RuleBook

Progress = Callable[[int, int], None]
"""Called after each chunk with the cases done and listed in this round."""


class SweepIncomplete(RuntimeError):
    """Chunks that failed and were left, the others done; says in French how many and why. The same sweep run again takes them
    up."""


@dataclass
class SweepReport:
    """What one call did."""

    on: date
    moved: int = 0
    rounds: int = 0
    failures: dict[int, str] = field(default_factory=dict)
    "Chunk → why, without any person's data."


def sweep(
    on: date, *, by: str, book: RuleBook, scope: str = "", at: datetime | None = None, size: int = CHUNK,
    progress: Progress | None = None, stop: Callable[[], bool] = lambda: False,
) -> SweepReport:  # fmt: skip
    """Make what is due by a day, of one process (`scope`) or of all. Raises SweepIncomplete when chunks failed.

    `stop` is asked between chunks: what is done is committed, and the same call goes on later.
    """
    report = SweepReport(on)
    if not is_due(on, scope, book):
        return report
    sweeper = _Sweeper(_opened(on, scope, by, at or clock.now()), by, at, book, report, progress)
    if sweeper.do_all(size, stop):
        sweeper.end()
    if report.failures:
        reasons = ", ".join(sorted(set(report.failures.values())))
        raise SweepIncomplete(
            f"{len(report.failures)} part(s) du passage du {on:%d/%m/%Y} ont échoué ({reasons}) ; les autres sont faites. "
            "Corrigez la cause, puis relancez la même commande."
        )
    return report


@dataclass
class _Sweeper:
    sweep: Sweep
    by: str
    at: datetime | None
    book: RuleBook
    report: SweepReport
    progress: Progress | None

    def instant(self) -> datetime:
        return self.at or clock.now()

    def do_all(self, size: int, stop: Callable[[], bool]) -> bool:
        """Every round until nothing is due; False when it was stopped, or chunks failed. Raises SweepIncomplete when nothing
        moves."""
        number, still = 0, 0
        while not stop():
            following = next_round(self.sweep, number, size, self.book)
            if following is None:
                return True
            number = following
            if not self.do_round(number, stop) or self.report.failures:
                return False
            self.report.rounds += 1
            # What is listed may all have been moved by agents meanwhile: once is no fault, twice in a row is one.
            still = 0 if SweepChunk.objects.filter(sweep=self.sweep, round=number, moved__gt=0).exists() else still + 1
            if still == 2:
                self.end()
                raise SweepIncomplete(f"Des dossiers échus au {self.sweep.on:%d/%m/%Y} n'avancent pas : prévenez l'assistance.")
        return False

    @transaction.atomic
    def end(self) -> None:
        """Nothing is left: keep what was moved, forget the list."""
        chunks = SweepChunk.objects.filter(sweep=self.sweep)
        moved = chunks.aggregate(sum=Sum("moved"))["sum"] or 0
        Sweep.objects.open().filter(pk=self.sweep.pk).update(ended_at=self.instant(), moved=moved)
        chunks.delete()

    def do_round(self, number: int, stop: Callable[[], bool]) -> bool:
        """Take chunks until none is left, others' ones included; False when it was stopped before."""
        while not stop():
            with transaction.atomic():
                chunk = self._claimed(number)
                if chunk is None:
                    return True
                self._do(chunk)
            self._tell(number)
        return False

    def _claimed(self, number: int) -> SweepChunk | None:
        """A chunk nobody works on; else wait for one that somebody does, who may be dead by then; None when all are done."""
        left = SweepChunk.objects.filter(sweep=self.sweep, round=number, done_at=None).exclude(pk__in=self.report.failures)
        free = left.select_for_update(skip_locked=True).order_by("pk").first()
        return free or left.select_for_update().order_by("pk").first()

    def _do(self, chunk: SweepChunk) -> None:
        try:
            with transaction.atomic():
                chunk.moved, chunk.done_at = self._moved(chunk), self.instant()
                chunk.save(update_fields=["moved", "done_at"])
        except Exception as error:  # one bad effect must not keep millions of other deadlines
            self.report.failures[chunk.pk] = f"{chunk.process} : {type(error).__name__}"
        else:
            self.report.moved += chunk.moved

    def _moved(self, chunk: SweepChunk) -> int:
        process, at, key = process_of(chunk.process), self.instant(), str(self.sweep.pk)
        on = self.sweep.on
        if chunk.new_rule_id:
            chosen = Chosen(process, chunk.case_ids, chunk.state, chunk.rule_id)
            return retime(chosen, terms_of(process, chunk.new_rule_id, self.book), by=self.by, at=at, sweep=key)
        chosen = Chosen(process, chunk.case_ids, chunk.state, chunk.rule_id, chunk.deadline, on)
        transitions = process.transitions_on(chunk.state, chunk.deadline)
        terms = terms_of(process, chunk.rule_id, self.book)
        written = Written(self.by, at, chunk.deadline, sweep=key)
        return take(chosen, transitions, terms, written, today=on, book=self.book)

    def _tell(self, number: int) -> None:
        if self.progress:
            chunks = SweepChunk.objects.filter(sweep=self.sweep, round=number)
            done = chunks.filter(done_at__isnull=False).aggregate(sum=Sum("size"))["sum"] or 0
            self.progress(done, chunks.aggregate(sum=Sum("size"))["sum"] or 0)


def _opened(on: date, scope: str, by: str, at: datetime) -> Sweep:
    """The open sweep of this day, taken up where it was left; a former day's is ended: this one lists what it left."""
    Sweep.objects.open().filter(scope=scope, on__lt=on).update(ended_at=at)
    found, _ = Sweep.objects.open().get_or_create(on=on, scope=scope, defaults={"started_at": at, "started_by": by})
    return found
