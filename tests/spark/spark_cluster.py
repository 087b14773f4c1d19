"""A Spark cluster on the loopback: one master and two workers, processes of their own, ended with the test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
WORKERS = 2
PATIENCE = 60
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For processes that live for a minute: no time goes into compiling what runs once."""
CLASSES = "org.apache.spark.deploy"


@contextmanager
def cluster(folder: Path) -> Iterator[Any]:
    """A session of a cluster whose logs and work lie in the folder."""
    port = _free_port()
    url = f"spark://{LOOPBACK}:{port}"
    master = ["master.Master", "--host", LOOPBACK, "--port", str(port), "--webui-port", "0"]
    worker = ["worker.Worker", "--host", LOOPBACK, "--cores", "1", "--memory", "1g", "--webui-port", "0", url]
    started = []
    try:
        for number, words in enumerate((master, *[worker] * WORKERS)):
            started.append(_start(folder / f"spark-{number}", words))
        _wait_for(folder / "spark-0" / "log", "Registering worker", WORKERS)
        yield _session(url, folder)
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(PATIENCE)


def _session(url: str, folder: Path) -> Any:
    settings = {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.executor.extraJavaOptions": QUICK_START,
        "spark.driver.extraJavaOptions": QUICK_START,
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
    }
    builder = import_module("pyspark.sql").SparkSession.builder.master(url).appName("figures")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _start(folder: Path, words: list[str]) -> subprocess.Popen[bytes]:
    home = Path(import_module("pyspark").__file__ or "").parent
    folder.mkdir()
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_DAEMON_JAVA_OPTS": QUICK_START,
    }
    command = [str(home / "bin" / "spark-class"), f"{CLASSES}.{words[0]}", *words[1:]]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def _wait_for(log: Path, words: str, times: int) -> None:
    end = time.monotonic() + PATIENCE
    while (text := log.read_text(encoding="utf-8", errors="replace")).count(words) < times:
        if time.monotonic() > end:
            raise TimeoutError(f"the cluster did not come up: {text[-2000:]}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        return int(listening.getsockname()[1])
