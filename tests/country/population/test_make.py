"""The same bytes whatever the processes and the interruptions; a directory is never mixed with another country."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from allant.country.population import BadCountry, Country, make, make_country, read
from allant.country.population.files import UNFINISHED, part_path
from tests.country.population.countries import SEED, THREE_PARTS, contents, silent

MAKE = """
import resource, sys
from allant.country.population import make_country
make_country(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), lambda done, total: None, jobs=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
GIBIBYTE_IN_KIB = 1 << 20


def making(directory: Path) -> list[str]:
    return [sys.executable, "-c", MAKE, str(directory), str(THREE_PARTS), str(SEED)]


def test_two_processes_write_the_same_bytes_as_one(large: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "FEWEST_CHUNKS_FOR_POOL", 2)
    make_country(tmp_path, THREE_PARTS, SEED, silent, jobs=2)
    assert contents(read(tmp_path)) == contents(large)


def test_killed_in_the_middle_it_goes_on_and_ends_with_the_same_bytes(large: Country, tmp_path: Path) -> None:
    first = part_path(tmp_path, "infection", 0)
    with subprocess.Popen(making(tmp_path), env={**os.environ, "PYTHONPATH": "."}) as process:
        while not first.exists() and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(BadCountry, match="un pays inachevé"):
        read(tmp_path)
    written = first.stat().st_mtime_ns

    again = subprocess.run(making(tmp_path), env={**os.environ, "PYTHONPATH": "."}, capture_output=True, text=True, check=True)

    assert first.stat().st_mtime_ns == written
    assert contents(read(tmp_path)) == contents(large)
    assert not (tmp_path / UNFINISHED).exists() and not list(tmp_path.glob("*/.*.tmp"))
    assert int(again.stdout) < GIBIBYTE_IN_KIB, "memory of one process: four must fit in 4 GiB"


def test_no_worker_outlives_a_killed_command(tmp_path: Path) -> None:
    script = MAKE.replace("jobs=1", "jobs=2").replace("make_country(", "make.FEWEST_CHUNKS_FOR_POOL = 2\nmake_country(", 1)
    script = script.replace("import make_country", "import make, make_country")
    command = [sys.executable, "-c", script, str(tmp_path), str(THREE_PARTS), str(SEED)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "."}) as process:
        while not part_path(tmp_path, "person", 0).exists() and process.poll() is None:
            time.sleep(0.005)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL and len(workers) >= 2
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker went on"
        time.sleep(0.1)


def test_a_lost_or_torn_part_is_written_again(large: Country, tmp_path: Path) -> None:
    make_country(tmp_path, 5_000, SEED, silent)
    whole = contents(read(tmp_path))
    (tmp_path / "manifest.json").rename(tmp_path / UNFINISHED)
    torn = part_path(tmp_path, "identity", 0)
    torn.write_bytes(torn.read_bytes()[:1000])
    calls: list[tuple[int, int]] = []
    make_country(tmp_path, 5_000, SEED, lambda done, total: calls.append((done, total)))
    assert contents(read(tmp_path)) == whole
    assert calls == [(0, 5_000), (5_000, 5_000)]


def test_a_finished_country_is_not_written_twice_unless_asked(small: Country) -> None:
    path = part_path(small.directory, "person", 0)
    before, whole = path.stat().st_mtime_ns, contents(small)
    make_country(small.directory, 2_000, SEED, silent)
    assert path.stat().st_mtime_ns == before
    make_country(small.directory, 2_000, SEED, silent, resume=False)
    assert path.stat().st_mtime_ns > before and contents(small) == whole


@pytest.mark.parametrize(("people", "seed"), [(2_000, SEED + 1), (2_001, SEED)])
def test_a_directory_is_never_given_to_another_country(small: Country, people: int, seed: int) -> None:
    whole = contents(small)
    with pytest.raises(BadCountry, match=f"contient un autre pays : 2000 personnes, graine {SEED}"):
        make_country(small.directory, people, seed, silent, resume=False)
    assert contents(small) == whole


def test_another_seed_gives_other_people(small: Country, tmp_path: Path) -> None:
    make_country(tmp_path, 2_000, SEED + 1, silent)
    assert read(tmp_path).manifest.classes == small.manifest.classes
    mine, other = (country.dataset("identity").to_table(["nir"])["nir"].to_pylist() for country in (small, read(tmp_path)))
    assert len(set(mine) & set(other)) < 5


def test_an_empty_directory_holds_no_country(tmp_path: Path) -> None:
    with pytest.raises(BadCountry, match="contient aucun pays"):
        read(tmp_path)


def test_an_unreadable_manifest_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BadCountry, match="illisible"):
        read(tmp_path)


def test_the_command_makes_a_country_and_answers_in_json(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "allant.cli", "country", "make", "--people", "500", "--dir", str(tmp_path)]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["people"] == read(tmp_path).manifest.people == 500
    refused = subprocess.run([*command, "--seed", "2"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "contient un autre pays" in refused.stderr
