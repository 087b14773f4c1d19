"""Which cases are told anew how likely they are to miss their due time, and by which days that is reckoned."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from sanban.handling.risk.record import Week
from sanban.handling.risk.shelf import is_learned, judged
from sanban.handling.risk.stored import standings, told_anew
from sanban.ledger.port import Reader, Submission

MICROSECOND = dt.timedelta(microseconds=1)


def week_of(zone: ZoneInfo, now: int) -> Week:
    """The district's days, as the risk counts them; `now` in microseconds UTC."""
    offset = dt.datetime.fromtimestamp(now // 1_000_000, zone).utcoffset() or dt.timedelta()
    return Week(offset=offset // MICROSECOND)


def advice_of(reader: Reader, models: Path, zone: ZoneInfo, now: int) -> list[Submission]:
    """Commands for the open cases whose risk has moved since it was told last; only a learned risk reads those done."""
    standing = standings(reader, now, done=is_learned(models))
    return told_anew(standing, judged(models, standing, now, week_of(zone, now)), now)
