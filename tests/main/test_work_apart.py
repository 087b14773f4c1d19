"""Work in a process apart: it comes back as if it had been done here, and no process outlives who started it."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sanban.jobs.apart import Apart, WorkFailedError
from sanban.jobs.errand import Errand
from sanban.kernel.errors import BusyError, FaultsFound, SanbanError
from sanban.ledger.stores.store import identifier
from sanban.packs.figures.loading import load_figures

LEFT_ALONE = """
import os, time
from sanban.jobs.apart import Apart
apart = Apart()
print(apart(os.getpid), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    made = Apart()
    yield made
    made.close()


def is_there(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    path = Path(f"/proc/{process}/stat")
    try:
        return path.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def comes_about(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_work_is_done_in_one_other_process_whoever_asks(apart: Apart) -> None:
    with ThreadPoolExecutor(8) as threads:
        sums = [threads.submit(apart, operator.add, number, number) for number in range(40)]
        processes = {one.result() for one in [threads.submit(apart, os.getpid) for _ in range(8)]}
    assert [one.result() for one in sums] == [2 * number for number in range(40)]
    assert processes == {apart.process}
    assert apart.process != os.getpid()


def test_an_error_of_ours_comes_back_as_it_is(apart: Apart, tmp_path: Path) -> None:
    with pytest.raises(SanbanError) as raised:
        apart(identifier, "no name")
    assert (raised.value.message, raised.value.example) == (
        "'no name' cannot be the name of a table or column",
        "case_queue",
    )
    (tmp_path / "wrong.yaml").write_text("figure: [", encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        apart(load_figures, (tmp_path,))
    with pytest.raises(FaultsFound) as here:
        load_figures((tmp_path,))
    assert found.value.faults == here.value.faults != ()


def test_any_other_error_says_its_kind_and_nothing_that_was_sent(apart: Apart) -> None:
    with pytest.raises(WorkFailedError, match=r"^ValueError$"):
        apart(int, "张三")
    assert apart(int, "7") == 7


def test_work_that_takes_too_long_is_put_off_and_the_next_is_done_anew() -> None:
    apart = Apart(patience=0.5)
    try:
        with pytest.raises(BusyError):
            apart(time.sleep, 30)
        assert apart.process is None
        apart = Apart()
        first = apart(os.getpid)
        os.kill(first, signal.SIGKILL)
        assert comes_about(lambda: apart.process is None)
        assert apart(os.getpid) != first
    finally:
        apart.close()


def test_a_process_that_ends_at_its_work_is_told_as_put_off(apart: Apart) -> None:
    with pytest.raises(BusyError):
        apart(os._exit, 3)
    assert apart(operator.add, 1, 2) == 3


def test_a_process_that_nobody_asks_is_ended_and_one_that_is_asked_stays() -> None:
    apart = Apart(idle=0.2)
    try:
        process = apart(os.getpid)
        apart.rest()
        assert apart.process == process
        time.sleep(0.3)
        apart.rest()
        assert not is_there(process)
        assert apart(operator.add, 1, 2) == 3
    finally:
        apart.close()


def test_closing_ends_the_process_at_its_work_and_begins_none() -> None:
    apart = Apart()
    process = apart(os.getpid)
    put_off: list[BaseException] = []

    def work() -> None:
        try:
            apart(time.sleep, 60)
        except BusyError as error:
            put_off.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    apart.close()
    thread.join(10)
    assert time.monotonic() - began < 10
    assert len(put_off) == 1
    assert not is_there(process)
    with pytest.raises(BusyError):
        apart(os.getpid)


def test_the_process_ends_by_itself_when_its_server_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", LEFT_ALONE], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        process = int(server.stdout.readline())
        assert is_there(process)
        server.kill()
    assert comes_about(lambda: not is_there(process))


def test_an_errand_is_waited_for_and_a_failed_one_says_so() -> None:
    Errand((sys.executable, "-c", "pass")).run()
    with pytest.raises(SanbanError, match="3"):
        Errand((sys.executable, "-c", "raise SystemExit(3)")).run()


def test_an_errand_ends_where_it_is_when_the_server_stops(tmp_path: Path) -> None:
    began = tmp_path / "began"
    script = f"import os, time, pathlib; pathlib.Path({str(began)!r}).write_text(str(os.getpid())); time.sleep(60)"
    errand = Errand((sys.executable, "-c", script))
    thread = threading.Thread(target=errand.run)
    thread.start()
    assert comes_about(lambda: began.is_file() and began.read_text() != "")
    errand.end()
    thread.join(10)
    assert not thread.is_alive()
    assert not is_there(int(began.read_text()))
    began.unlink()
    errand.run()
    assert not began.exists(), "after its end none is begun"
