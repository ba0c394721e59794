"""Rebuild the state of the replay from the doses already given, in any batches as long as days do not go back."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allant.country.official.series import VACCINES
from allant.country.replay.doses import SERIES
from allant.country.replay.queues import Queue
from allant.country.replay.steps import ONE, TWO, ClassSteps

NO_DOSE, OUT = 0, 1  # no dose yet; had everything the replay gives
PENDING = 2
SINGLE = PENDING + len(VACCINES)
DOUBLE = SINGLE + len(VACCINES)
THIRD = DOUBLE + TWO
BOOSTED_AT_TWO = THIRD + TWO
BOOSTED = BOOSTED_AT_TWO + 1
BOOSTED_TWICE_AT_THREE = BOOSTED + TWO
BOOSTED_TWICE_AT_FOUR = BOOSTED_TWICE_AT_THREE + 1
NEEDED = ("person_id", "occurred_on", "vaccine", "dose_number", "series", "series_doses")
_NAMED = {"vaccine": VACCINES, "series": SERIES}


class UnknownDoses(ValueError):
    """The history holds doses the replay cannot continue from; the message is in French."""


def restore(steps: list[ClassSteps], history: Iterable[pa.Table | pa.RecordBatch], first_day: np.datetime64) -> None:
    """Bring new `steps` to the state after these doses (columns `NEEDED`, sorted by day across batches).

    Raises `UnknownDoses` for a person of no class, or a vaccine or series the replay does not know.
    """
    places = [np.zeros(one.ids.size, dtype=np.int8) for one in steps]
    last_days = [np.zeros(one.ids.size, dtype=np.int16) for one in steps]
    for batch in history:
        person_id, day, place = _read(batch, first_day)
        found = 0
        for one, class_places, class_days in zip(steps, places, last_days, strict=True):
            here, slots = one.ids.find(person_id)
            class_places[slots], class_days[slots] = place[here], day[here]
            found += len(slots)
        if found != len(person_id):
            raise UnknownDoses(f"{len(person_id) - found} doses appartiennent à des personnes absentes du pays rejoué.")
    for one, class_places, class_days in zip(steps, places, last_days, strict=True):
        _settle(one, class_places, class_days)


def _read(batch: pa.Table | pa.RecordBatch, first_day: np.datetime64) -> tuple[NDArray[np.int64], ...]:
    """person_id, day index and place of each dose, oldest first."""
    batch = batch.select(NEEDED)
    day = pc.cast(batch["occurred_on"], pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    number, doses = (batch[name].to_numpy(zero_copy_only=False).astype(np.int64) for name in ("dose_number", "series_doses"))
    vaccine, series = (_positions(batch, name) for name in ("vaccine", "series"))
    order = np.lexsort((number, day))
    place = _places(number, series, doses, vaccine)
    days = (day - first_day).astype(np.int64)
    return batch["person_id"].to_numpy(zero_copy_only=False)[order], days[order], place[order]


def _positions(batch: pa.Table | pa.RecordBatch, name: str) -> NDArray[np.int64]:
    texts = pc.cast(batch[name], pa.string())
    positions = pc.index_in(texts, pa.array(_NAMED[name]))
    if positions.null_count:
        unknown = pc.unique(texts.filter(pc.is_null(positions))).to_pylist()
        raise UnknownDoses(f"{name} inconnu du rejeu : {unknown}. Attendu : {', '.join(_NAMED[name])}.")
    return np.asarray(positions.to_numpy(zero_copy_only=False), dtype=np.int64)


def _places(number: np.ndarray, series: np.ndarray, doses: np.ndarray, vaccine: np.ndarray) -> NDArray[np.int64]:
    """Where each dose, if the last, leaves the person."""
    primary, booster, second_booster = (series == SERIES.index(name) for name in SERIES[:3])
    doses = np.minimum(doses, TWO)
    first = np.where(doses == ONE, SINGLE, PENDING) + vaccine
    cases = (
        (primary & (number == 1), first),
        (primary & (number == 2), DOUBLE + doses - ONE),
        (primary & (number == 3), THIRD + doses - ONE),
        (booster & (number == 2), np.full_like(number, BOOSTED_AT_TWO)),
        (booster & (number == 3), BOOSTED + doses - ONE),
        (second_booster & (number == 3), np.full_like(number, BOOSTED_TWICE_AT_THREE)),
        (second_booster & (number == 4), BOOSTED_TWICE_AT_FOUR + doses - ONE),
    )
    conditions, places = zip(*cases, strict=True)
    return np.select(conditions, places, OUT)


def _settle(steps: ClassSteps, places: NDArray[np.int8], days: NDArray[np.int16]) -> None:
    steps.newcomers.mark(np.flatnonzero(places != NO_DOSE).astype(np.int32))
    for at in range(len(VACCINES)):
        _fill(steps.pending[at], np.flatnonzero(places == PENDING + at), days)
        _fill(steps.single[at], np.flatnonzero(places == SINGLE + at), days)
    for doses in (ONE, TWO):
        both = np.flatnonzero(places == DOUBLE + doses - ONE)
        frail = steps.immunodepressed[both]
        _fill(steps.double[doses, True], both[frail], days)
        _fill(steps.double[doses, False], both[~frail], days)
        _fill(steps.third[doses], np.flatnonzero(places == THIRD + doses - ONE), days)
        _fill(steps.boosted[doses], np.flatnonzero(places == BOOSTED + doses - ONE), days)
        _fill(steps.boosted_twice[4][doses], np.flatnonzero(places == BOOSTED_TWICE_AT_FOUR + doses - ONE), days)
    _fill(steps.boosted_at_two, np.flatnonzero(places == BOOSTED_AT_TWO), days)
    _fill(steps.boosted_twice[3][ONE], np.flatnonzero(places == BOOSTED_TWICE_AT_THREE), days)


def _fill(queue: Queue, slots: NDArray[np.int64], days: NDArray[np.int16]) -> None:
    """Push the persons by day of their last dose."""
    entered = days[slots]
    order = np.argsort(entered, kind="stable")
    starts = np.flatnonzero(np.diff(entered[order], prepend=np.int16(-1)))
    for part in np.split(slots[order].astype(np.int32), starts[1:]):
        if len(part):
            queue.push(int(days[part[0]]), part)
