"""What people speak of these days: the latest requests alone, however many come at once."""

from __future__ import annotations

from collections import Counter

import pytest

from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.ports import News, Told
from sanban.intake.grouping import stream as module
from sanban.intake.grouping.groups import DAY, Groups, Placed
from sanban.intake.grouping.stream import BACK, Progress, Stream

NOW = 1_780_362_000_000_000
TEXT = "山阴小区停水三天了"


class Follows:
    """Pages of what was told; the position is the number of pages read."""

    def __init__(self, *pages: News) -> None:
        self.pages = list(pages)

    def begin(self, _since: int) -> int:
        return 0

    def after(self, position: int) -> News | None:
        return self.pages[position] if position < len(self.pages) else None

    def tell(self, *entries: Entry, gone: tuple[str, ...] = ()) -> None:
        told = tuple(Told(entry, "") for entry in entries)
        self.pages.append(News(len(self.pages) + 1, told, gone=gone))


def said(number: int, text: str = TEXT) -> Entry:
    """A request of an hour of its own, the first the earliest."""
    return Entry(f"r{number:03}", NOW - DAY + number * 1_000_000, text=text)


def told(count: int) -> Follows:
    follows = Follows()
    for number in range(30):
        follows.tell(Entry(f"old-{number:03}", NOW - BACK, text=f"关于办证和补贴的咨询{number}"))
    for first in range(0, count, 4):
        follows.tell(*map(said, range(first, min(first + 4, count))))
    return follows


def events(stream: Stream, now: int = NOW) -> tuple[tuple[str, ...], ...]:
    """What a look is given when a round beside the pages has been made since the look before."""
    stream.events()
    stream.catch_up(now)
    return stream.events()


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests that were grouped, as they were."""
    found, add = [], Groups.add

    def adding(groups: Groups, message: str, at: int, counts: Counter[int]) -> Placed:
        found.append(message)
        return add(groups, message, at, counts)

    monkeypatch.setattr(Groups, "add", adding)
    return found


@pytest.mark.parametrize("count", [3, 6, 40])
def test_of_a_burst_the_latest_are_grouped_and_no_more_are_ever_added(
    count: int, added: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 6)
    follows = told(count)
    stream = Stream(follows)
    assert events(stream) == (tuple(f"r{number:03}" for number in range(max(count - 6, 0), count)),)
    assert len(added) == min(count, 6)
    follows.tell(said(count))
    (members,) = events(stream)
    assert members == tuple(f"r{number:03}" for number in range(max(count - 5, 0), count + 1))


def test_what_was_erased_or_is_a_week_old_is_spoken_of_no_more() -> None:
    follows = told(6)
    stream = Stream(follows)
    follows.tell(said(6), gone=("r002", "r006"))
    assert events(stream) == (("r000", "r001", "r003", "r004", "r005"),)
    later = NOW - DAY + BACK + 1_000_000
    assert events(stream, later) == (("r003", "r004", "r005"),)


def test_no_look_groups_and_rounds_beside_the_pages_do_once_somebody_has_looked(added: list[str]) -> None:
    follows = told(4)
    stream = Stream(follows)
    stream.catch_up(NOW)
    assert (added, stream.progress) == ([], Progress()), "nobody asked yet, and filing comes first"
    assert (stream.events(), added) == ((), []), "the first look is told that it is being computed"
    stream.catch_up(NOW)
    assert (stream.events(), stream.progress) == ((tuple(f"r{number:03}" for number in range(4)),), Progress(NOW, 100))
    follows.tell(said(4))
    assert len(stream.events()[0]) == 4
    stream.catch_up(NOW + 1, after=2)
    assert len(stream.events()[0]) == 4, "not so soon again"
    stream.catch_up(NOW + 2, after=2)
    assert (len(stream.events()[0]), len(added)) == (5, 5)


def test_whoever_looks_while_it_is_grouped_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    stream, seen = Stream(told(8)), []
    add = Groups.add

    def adding(groups: Groups, message: str, at: int, counts: Counter[int]) -> Placed:
        seen.append((stream.events(), stream.progress))
        return add(groups, message, at, counts)

    monkeypatch.setattr(Groups, "add", adding)
    events(stream)
    assert {found for found, _ in seen} == {()}
    assert [one.percent for _, one in seen] == [0, 0, 25, 25, 50, 50, 75, 75]
