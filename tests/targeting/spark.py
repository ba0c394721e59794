"""One local Spark session for the long tests."""

from functools import cache
from typing import Any

import pytest

leaves_sockets = pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
"""py4j leaves its sockets to the garbage collector."""


@cache
def session() -> Any:
    """Two workers on this machine, loopback only."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("allant-tests")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.memory": "1g",
    }.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
