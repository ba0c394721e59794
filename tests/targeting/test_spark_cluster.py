"""FG-09: the workshop's definitions on executors of their own process, beside DuckDB on the same files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection

from allant.campaigns.workshop import catalogue
from allant.campaigns.workshop import tree as trees
from allant.facts import snapshot
from allant.targeting import Definition, engine_duckdb
from tests.pages import small_country

DAY = date(2021, 2, 21)
MASTER = "local-cluster[2,1,1024]"
ASK = """
import json, os, sys
from pathlib import Path
import django
django.setup()
from allant.targeting import Definition
from allant.targeting.engine_spark import Engine
from allant.targeting.spark_session import opened

def backends():
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and b"CoarseGrainedExecutorBackend" in (process / "cmdline").read_bytes():
                if os.environ["ALLANT_LOG"].encode() in (process / "environ").read_bytes():  # ours, not another run's
                    found.append(int(process.name))
        except OSError:
            pass
    return found

master, folder, *asked = json.load(sys.stdin)
options = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": "file://" + os.environ["ALLANT_LOG"],
           "spark.eventLog.compress": "false", "spark.sql.shuffle.partitions": "4", "spark.driver.memory": "1g"}
with opened(master, options=options) as session:
    engine = Engine(Path(folder), session)
    answers = [engine.people(Definition.from_json(definition))["person_id"].to_pylist() for definition in asked]
    pids = backends()
print(json.dumps({"answers": answers, "pids": pids, "own": os.getpid()}))
"""


def leaf(code: str, **values: object) -> trees.Tree:
    return catalogue.node(catalogue.KINDS[code], values, DAY)


def asked() -> list[Definition]:
    """Targets as a manager builds them: each kind of join that the language makes."""
    old = leaf("age", lowest=60, highest=None)
    every: list[trees.Tree] = [
        {"and": [old]},
        {"and": [old, {"not": leaf("vaccinated")}, leaf("mobile")]},
        {"and": [old, {"not": leaf("situation", values=["institution"])}, {"or": [leaf("landline"), leaf("mobile")]}]},
        {"and": [leaf("complete_since", months=0), {"not": leaf("boosted")}]},
        {"or": [leaf("vaccinated"), leaf("epci", values=["200071751"]), leaf("situation", values=["ald"])]},
        {"and": [old, {"not": leaf("invited_by", values=["essai"])}, {"not": leaf("deceased")}]},
    ]  # fmt: skip
    return [trees.to_definition(tree) for tree in every]


def in_parts(folder: Path) -> None:
    """Each table in several files, so that there is work for several executors."""
    for file in folder.glob("*/part-0.parquet"):
        rows = pq.read_table(file)
        size = -(-max(rows.num_rows, 1) // 4)
        for number in range(4):
            pq.write_table(rows.slice(number * size, size), file.with_name(f"part-{number}.parquet"))


def on_two_executors(folder: Path, definitions: list[Definition], log: Path) -> dict[str, Any]:
    """What Spark answers in a process of its own, and the process numbers of its executors while they ran."""
    log.mkdir()
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "ALLANT_LOG": str(log), "TMPDIR": str(log.parent)}
    question = json.dumps([MASTER, str(folder), *(definition.to_json() for definition in definitions)])
    done = subprocess.run(
        [sys.executable, "-c", ASK], input=question, capture_output=True, text=True, timeout=900, env=environ, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def tasks_by_executor(log: Path) -> dict[str, int]:
    """How many tasks each executor ended, from Spark's own journal."""
    ended: dict[str, int] = defaultdict(int)
    for file in log.rglob("*"):
        for line in file.read_text().splitlines() if file.is_file() else ():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("Event") == "SparkListenerTaskEnd" and event["Task End Reason"]["Reason"] == "Success":
                ended[event["Task Info"]["Executor ID"]] += 1
    return ended


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.django_db
def test_fg_09_two_executors_of_their_own_process_select_the_same_people(tmp_path: Path) -> None:
    """FG-09, PF-01 at scale: PySpark in local-cluster mode, results equal to DuckDB's on the same snapshot."""
    small_country.settle()
    folder = tmp_path / "snapshot"
    snapshot(connection, folder, as_of=DAY)
    in_parts(folder)
    with engine_duckdb.Engine(folder) as duckdb:
        expected = [duckdb.people(definition)["person_id"].to_pylist() for definition in asked()]
    found = on_two_executors(folder, asked(), tmp_path / "log")
    assert found["answers"] == expected and all(expected)
    assert len(set(found["pids"]) - {found["own"]}) == 2, "two executors, each a process"
    tasks = tasks_by_executor(tmp_path / "log")
    assert set(tasks) == {"0", "1"} and min(tasks.values()) > 0, "both did some of the work"
