"""Keys of programs: shown once, kept as digests, read again when the file changes."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.open311.keys import FILE_NAME, MINUTE, Keys, Pace
from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.main.setup import init
from stories.test_main_job import sanban


def test_a_key_is_found_by_itself_alone_and_stands_in_no_file(tmp_path) -> None:
    keys = Keys(tmp_path)
    assert (keys.all(), keys.find("")) == ((), None)
    key = keys.issue("city-app", 7)
    found = Keys(tmp_path).find(key)
    assert found is not None
    assert (found.name, found.issued_at, found.withdrawn) == ("city-app", 7, False)
    text = (tmp_path / FILE_NAME).read_text()
    assert key not in text
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [keys.find(wrong) for wrong in (key[:-1], key + "x", key.lower(), "\ud800")] == [None] * 4


def test_a_running_server_sees_what_another_process_wrote(tmp_path) -> None:
    running, other = Keys(tmp_path), Keys(tmp_path)
    first = other.issue("city-app", 1)
    assert running.find(first) is not None
    other.withdraw("city-app")
    found = running.find(first)
    assert found is not None
    assert found.withdrawn


@pytest.mark.parametrize("name", ["", "x", "City App", "-a", "a" * 33, "名字"])
def test_a_name_that_is_none_is_refused_with_an_example(tmp_path, name) -> None:
    with pytest.raises(SanbanError, match="sanban open311 key"):
        Keys(tmp_path).issue(name, 0)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_file_that_is_no_book_of_keys_says_so(tmp_path) -> None:
    (tmp_path / FILE_NAME).write_text("[[key]]\nname = 5\n")
    with pytest.raises(FaultsFound, match="not_keys"):
        Keys(tmp_path).find("x")


@given(st.lists(st.integers(0, 3 * MINUTE), max_size=60).map(sorted), st.integers(1, 5))
def test_no_minute_ever_has_more_than_its_share(instants: list[int], share: int) -> None:
    pace = Pace(share)
    taken = [at for at in instants if pace.allows("app", at)]
    assert all(sum(at - MINUTE < one <= at for one in taken) <= share for at in taken)
    assert len(taken) >= min(len(instants), share)


def test_many_at_once_get_no_more_than_the_share() -> None:
    pace, got = Pace(10), []
    threads = [threading.Thread(target=lambda: got.append(pace.allows("app", 0))) for _ in range(40)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(got) == 10


def test_the_command_gives_a_key_and_withdraws_it(tmp_path) -> None:
    home = tmp_path / "home"
    init(home, code="demo", title="示范区", mode="trial")
    key = sanban("open311", "key", "city-app", home=home).strip()
    found = Keys(home).find(key)
    assert found is not None
    sanban("open311", "withdraw", "city-app", home=home)
    found = Keys(home).find(key)
    assert found is not None
    assert found.withdrawn
    assert "for example" in sanban("open311", "key", "City App", home=home, code=2)
