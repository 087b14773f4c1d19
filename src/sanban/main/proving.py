"""`sanban verify`: the proof that nothing was altered, the head that proves it later, and what was found last."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sanban.handling.views.proof import Verified
from sanban.kernel.errors import SanbanError
from sanban.ledger.home import Home, write_private
from sanban.ledger.proof.findings import Report
from sanban.main.house import House

FILE = "verified.json"
SHOWN_FAULTS = 20


def prove(house: House, head: Path | None = None, write_head: Path | None = None) -> Report:
    """Verifies ledger and vault, against a head kept elsewhere if given, and writes the head down if asked to."""
    if write_head is not None and not write_head.absolute().parent.is_dir():
        raise _unwritable(write_head, "its folder is not there")
    report = house.verify(head)
    found = house.head()
    if write_head is not None and found is not None:
        try:
            write_head.write_bytes(msgspec.json.encode(found) + b"\n")
        except OSError as error:
            raise _unwritable(write_head, str(error.strerror)) from error
    faults = tuple(f"{one.place}: {one.code}" for one in report.findings[:SHOWN_FAULTS])
    verified = Verified(house.clock(), report.position, report.is_whole, faults)
    write_private(house.home.folder / FILE, msgspec.json.encode(verified))
    return report


def _unwritable(path: Path, why: str) -> SanbanError:
    example = "sanban verify --write-head /media/safe/head.json"
    return SanbanError(f"the head cannot be written to {path}: {why}", example)


def last_verified(home: Home) -> Verified | None:
    """What the last `sanban verify` of this home found; None when there was none."""
    path = home.folder / FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Verified)
    except msgspec.MsgspecError as error:
        raise SanbanError(f"{path} cannot be read: {error}", "sanban verify") from error
