"""A Spark session for the engine: on this machine, on executors of their own process here, or on a cluster.

Needs the extra `spark`, and Java 17 or later. docs/how-to/spark.md says when it is worth it.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

HERE = ("local", "local[", "local-cluster[")
OPTIONS: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    # Work begins when all executors are there: a query of seconds would else be done by the first.
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
}
LOOPBACK: Mapping[str, str] = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


@contextmanager
def opened(
    master: str = "local[*]", *, scratch: Path | None = None, options: Mapping[str, str] | None = None
) -> Iterator[SparkSession]:
    """A session on `master` (`local[cores]`, `local-cluster[executors,cores,MiB]`, `spark://…`, `yarn`…), stopped at the end.

    `scratch` is the folder for what does not fit in memory (default: a temporary one, removed at the end); `options` are Spark's
    own, by name. A master on this machine listens on the loopback address only.
    """
    here = master.startswith(HERE)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="spark-", ignore_cleanup_errors=True) as folder:
        if here:
            os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": folder}
        if master.startswith("local-cluster["):
            os.environ["SPARK_HOME"] = str(_home(Path(folder)))
        builder = SparkSession.builder.master(master).appName("allant")
        for name, value in {**OPTIONS, "spark.local.dir": folder, **(LOOPBACK if here else {}), **(options or {})}.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            yield session
        finally:
            session.stop()


def _home(folder: Path) -> Path:
    """What executors are launched from: the package's own files. They write their logs under it, so it is a folder of links."""
    home = folder / "home"
    home.mkdir()
    for name in ("bin", "jars"):
        (home / name).symlink_to(Path(pyspark.__file__).parent / name)
    return home
