"""Make a country: chunk after chunk, in this process or in several, resumable anywhere."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import pyarrow as pa

from allant.country.official.facts import load_population
from allant.country.population.chunk import Recipe
from allant.country.population.files import Manifest, begin, finish, is_whole, write_part
from allant.country.population.layout import CHUNK, layout
from allant.country.population.parameters import CLASSES, UNKNOWN, parameters
from allant.site import home

Progress = Callable[[int, int], None]
LARGEST_SEED = 2**63 - 1
# Below this many chunks a second process costs more than it brings.
FEWEST_CHUNKS_FOR_POOL = 6
ORPHAN_CHECK_SECONDS = 1.0


class InvalidSeed(ValueError):
    """A seed out of range; the message is in French."""


def make_country(
    directory: Path | str,
    people: int,
    seed: int,
    progress: Progress,
    *,
    population: Mapping[str, int] | None = None,
    jobs: int = 2,
    resume: bool = True,
) -> Manifest:
    """Write the country of `people` persons to Parquet, and return its manifest.

    The bytes depend on (people, seed, population, parameters) alone, whatever `jobs` and interruptions. `population`: inhabitants
    of each official age class, without the total; the doctrine's when not given. `progress(done, total)` is called with numbers
    of persons. With `resume=False` every part is written again. Raises `InvalidSize`, `InvalidSeed`, `BadCountry` (the directory
    holds another country).
    """
    directory = Path(directory)
    population = population or official_population()
    manifest = describe(people, seed, population)
    if begin(directory, manifest) and resume:
        progress(manifest.total, manifest.total)
        return manifest
    todo = [part for part in range(manifest.parts) if not (resume and is_whole(directory, part, manifest))]
    done = manifest.total - sum(_persons(part, manifest) for part in todo)
    progress(done, manifest.total)
    for part in _work(directory, todo, manifest, population, jobs):
        done += _persons(part, manifest)
        progress(done, manifest.total)
    finish(directory, manifest)
    return manifest


def official_population() -> dict[str, int]:
    """Inhabitants of each official age class in 2021, without the total: whole persons, unlike the doctrine's denominators."""
    return {code: people for code, people in load_population().items() if code in CLASSES}


def default_directory() -> Path:
    """Where the country of this installation lies."""
    return home.folder() / "country"


def describe(people: int, seed: int, population: Mapping[str, int]) -> Manifest:
    """The manifest such a country will have. Raises `InvalidSize`, `InvalidSeed`."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidSeed(f"Graine : {seed}. Attendu : un entier de 0 à {LARGEST_SEED}.")
    known = parameters()
    plan = layout(people, population, known.value("people.unknown_birth_date"))
    material = json.dumps([known.digest, sorted(population.items())]).encode()
    return Manifest(
        people=people,
        unknown_birth_date=plan.sizes[UNKNOWN],
        seed=seed,
        parameters=hashlib.sha256(material).hexdigest(),
        classes=dict(zip(CLASSES, plan.sizes, strict=True)),
        parts=plan.chunks,
    )


def _persons(part: int, manifest: Manifest) -> int:
    return min(CHUNK, manifest.total - part * CHUNK)


def _work(directory: Path, todo: list[int], manifest: Manifest, population: Mapping[str, int], jobs: int) -> Iterator[int]:
    """Parts as they are finished."""
    if jobs <= 1 or len(todo) < FEWEST_CHUNKS_FOR_POOL:
        recipe = Recipe(manifest.people, manifest.seed, population)
        for part in todo:
            write_part(directory, part, recipe.tables(part), manifest)
            yield part
        return
    arguments = (directory, manifest, dict(population), os.getpid())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=arguments) as pool:
        futures = [pool.submit(_write_in_worker, part) for part in todo]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_worker: dict[str, object] = {}


def _start_worker(directory: Path, manifest: Manifest, population: Mapping[str, int], parent: int) -> None:
    # one thread a process: jobs decide how many cores are used
    pa.set_cpu_count(1)
    _worker.update(directory=directory, manifest=manifest, recipe=Recipe(manifest.people, manifest.seed, population))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _write_in_worker(part: int) -> int:
    recipe, directory, manifest = _worker["recipe"], _worker["directory"], _worker["manifest"]
    assert isinstance(recipe, Recipe) and isinstance(directory, Path) and isinstance(manifest, Manifest)
    write_part(directory, part, recipe.tables(part), manifest)
    return part


def _end_with(parent: int) -> None:
    """End this worker when the command was killed: a pool does not notice."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_SECONDS)
    os._exit(1)
