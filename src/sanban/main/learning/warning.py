"""Which cases are told anew how likely they are to miss their due time, and by which days that is reckoned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from sanban.handling.risk.record import Record, Week
from sanban.handling.risk.shelf import is_learned, judged
from sanban.handling.risk.stored import Standing, standings, told_anew
from sanban.ledger.port import Reader, Submission

MICROSECOND = dt.timedelta(microseconds=1)


def week_of(zone: ZoneInfo, now: int) -> Week:
    """The district's days, as the risk counts them; `now` in microseconds UTC."""
    offset = dt.datetime.fromtimestamp(now // 1_000_000, zone).utcoffset() or dt.timedelta()
    return Week(offset=offset // MICROSECOND)


def advice_of(reader: Reader, models: Path, zone: ZoneInfo, now: int) -> list[Submission]:
    """Commands for the open cases whose risk has moved since it was told last; only a learned risk reads those done.

    Cases are read a page at a time, and of the done ones nothing but numbers is kept.
    """
    waiting: list[Standing] = []
    found = judged(models, _records(reader, now, waiting, done=is_learned(models)), now, week_of(zone, now))
    return told_anew(waiting, found, now)


def _records(reader: Reader, now: int, waiting: list[Standing], *, done: bool) -> Iterator[Record]:
    """Every record; the standing of those still open is put aside."""
    for one in standings(reader, now, done=done):
        if one.record.closed_at is None or one.record.closed_at >= now:
            waiting.append(one)
        yield one.record
