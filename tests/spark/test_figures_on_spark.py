"""A Spark cluster computes every figure from the same expression, and gives what DuckDB gives to the last digit."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.columnar.elsewhere import spark_session
from sanban.columnar.session import duckdb_session
from scorecard.figures.every_engine import CAPPED, compare_every_figure, every_table
from scorecard.figures.small_figures import figure
from spark.spark_cluster import WORKERS, cluster

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::FutureWarning")]


def test_a_cluster_of_two_workers_gives_every_figure_to_the_last_digit(tmp_path: Path) -> None:
    made = every_table(tmp_path, 2_000)
    with (
        cluster(tmp_path) as spark,
        duckdb_session(tmp_path, made) as here,
        spark_session(spark, tmp_path, made) as there,
    ):
        compare_every_figure(here, there, [figure(tmp_path, CAPPED)])
        running = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size()
    assert running == WORKERS + 1, "the workers' executors, and the driver that only asks"
