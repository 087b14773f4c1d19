"""Work in a process apart: it comes back as if it had been done here, and no process outlives who started it."""

from __future__ import annotations

import operator
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from sanban.jobs.apart import WAITING, Apart, WorkFailedError
from sanban.jobs.errand import Errand
from sanban.kernel.errors import BusyError, FaultsFound, SanbanError
from sanban.ledger.owning.wire import LIMIT
from sanban.ledger.stores.store import identifier
from sanban.main.serving import COMMAND
from sanban.packs.figures.loading import load_figures

SERVED = """
import sys, time
from pathlib import Path
from litestar import Litestar, get
from sanban.main import serving
from sanban.main.house import open_house
from sanban.main.setup import init
from sanban.web import server

server.GRACE_SECONDS = 1
init(Path(sys.argv[1]), code="demo", title="示范区", mode="trial")
with open_house(Path(sys.argv[1])) as house:

    @get("/", sync_to_thread=True)
    def long() -> None:
        house.apart(time.sleep, 60)

    serving.application = lambda _house: Litestar([long])
    serving.serve(house, int(sys.argv[2]), lambda url: print(url, flush=True))
"""
LEFT_ALONE = """
import os, time
from sanban.jobs.apart import Apart
apart = Apart()
print(apart(os.getpid), flush=True)
time.sleep(60)
"""
SENT = """
import sys
from sanban.jobs.errand import Errand
bound = "from sanban.jobs.errand import bound; bound()"
script = f"import os, sys, time; {bound}; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(60)"
Errand((sys.executable, "-c", script)).run()
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
    with ThreadPoolExecutor(WAITING + 1) as threads:
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


class Unreadable:
    """Can be sent and not be read."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("nothing",)


def test_what_cannot_be_read_there_is_an_error_and_the_process_lives_on(apart: Apart) -> None:
    process = apart(os.getpid)
    for unread in (lambda: apart(str, Unreadable()), lambda: apart(partial(str, Unreadable()))):
        with pytest.raises(WorkFailedError, match="ValueError"):
            unread()
    assert apart(partial(operator.add, 1), 2) == 3
    assert apart(os.getpid) == apart.process == process


def test_any_other_error_says_its_kind_and_nothing_that_was_sent(apart: Apart) -> None:
    with pytest.raises(WorkFailedError, match=r"^ValueError$"):
        apart(int, "张三")
    assert apart(int, "7") == 7


def test_work_that_takes_too_long_is_put_off_and_goes_on_in_the_same_process(tmp_path: Path) -> None:
    laid_out = tmp_path / "laid-out"
    apart = Apart(patience=0.5)
    try:
        process = apart.at_leisure(os.getpid)
        late = f"sleep 1.2; touch {laid_out}"
        with pytest.raises(BusyError):
            apart(subprocess.call, late, shell=True)
        with pytest.raises(BusyError):
            apart(os.getpid)
        assert comes_about(laid_out.exists)
        assert apart(os.getpid) == process, "the late answer is dropped, and none is taken for another's"
    finally:
        apart.close()


def test_only_work_without_an_end_is_ended() -> None:
    apart = Apart(patience=0.1, idle=0.0, longest=0.5)
    try:
        process = apart.at_leisure(os.getpid)
        with pytest.raises(BusyError):
            apart(time.sleep, 60)
        apart.rest()
        assert apart.process == process, "it is at work, however idle it seems"
        time.sleep(0.5)
        apart.rest()
        assert not is_there(process)
        assert apart.at_leisure(os.getpid) != process
    finally:
        apart.close()


def test_what_a_server_begins_with_may_take_longer_than_a_page() -> None:
    apart = Apart(patience=0.1)
    try:
        assert apart.at_leisure(time.sleep, 0.5) is None
    finally:
        apart.close()


def test_few_wait_for_their_turn_and_all_others_are_told_at_once() -> None:
    apart = Apart(patience=1.5)
    told: list[float] = []

    def work() -> None:
        began = time.monotonic()
        with pytest.raises(BusyError):
            apart(time.sleep, 60)
        told.append(time.monotonic() - began)

    try:
        apart.at_leisure(os.getpid)
        threads = [threading.Thread(target=work) for _ in range(WAITING + 4)]
        for thread in threads:
            thread.start()
        assert comes_about(lambda: len(told) == 3, 1)
        assert max(told) < 1
        for thread in threads:
            thread.join(10)
        assert sum(seconds > 1 for seconds in told) == WAITING + 1
    finally:
        apart.close()


def test_a_process_that_is_gone_is_begun_anew(apart: Apart) -> None:
    first = apart(os.getpid)
    os.kill(first, signal.SIGKILL)
    assert comes_about(lambda: apart.process is None)
    assert apart(os.getpid) != first


def test_an_answer_that_cannot_be_sent_is_told_as_the_error_that_it_is(apart: Apart) -> None:
    process = apart(os.getpid)
    with pytest.raises(WorkFailedError, match="TypeError"):
        apart(threading.Lock)
    with pytest.raises(SanbanError, match="too large"):
        apart(bytes, LIMIT)
    assert apart(os.getpid) == process


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


def test_a_server_ends_within_seconds_while_work_is_under_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVED, str(tmp_path / "home"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline()
            with socket.create_connection(("127.0.0.1", port)) as asked:
                asked.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
                time.sleep(1)
                server.terminate()
                assert server.wait(10) == 0
        finally:
            server.kill()


def test_the_process_ends_by_itself_when_its_server_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", LEFT_ALONE], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        process = int(server.stdout.readline())
        assert is_there(process)
        server.kill()
    assert comes_about(lambda: not is_there(process))


def test_no_process_of_a_server_takes_modules_from_the_folder_it_was_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    apart = Apart()
    try:
        assert apart(operator.add, 1, 2) == 3
    finally:
        apart.close()
    Errand((*COMMAND, "--help")).run()


def test_an_errand_ends_by_itself_when_its_server_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", SENT], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        process = int(server.stderr.readline())
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
