"""From when the ledger proposes a change: data of the district (`packs.desk.revision`), as one value."""

from __future__ import annotations

import msgspec

from sanban.revision.share import WHOLE


class Thresholds(msgspec.Struct, frozen=True):
    """Shares in basis points, time in microseconds.

    `rate`: how many of the believed findings may be false. `returned`, `missed`, `unused`: the share that must be
    exceeded; `*_of`: of at least so many. `target`: the part of the upheld returns that must go to one unit.
    `units`: the part of the units that must miss the limit as well, so that no single one makes a rule look wrong.
    `used`: the part of its time within which a limit that never binds is done with; `shortest`: of limits as long as
    this. `rare`: words that a rule has which is for dangers, or for what is meant to be rare. `wave`: so many cases of
    one matter and grid within `window`.
    """

    rate: int
    returned: int
    returned_of: int
    target: int
    missed: int
    missed_of: int
    units: int
    used: int
    unbound_of: int
    shortest: int
    unused: int
    unused_of: int
    rare: tuple[str, ...]
    wave: int
    window: int


def part(points: int) -> float:
    """Basis points as a part of one."""
    return points / WHOLE
