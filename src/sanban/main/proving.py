"""`sanban verify`: the proof that nothing was altered, and the head that proves it later."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sanban.ledger.proof.findings import Report
from sanban.main.house import House


def prove(house: House, head: Path | None, write_head: Path | None) -> Report:
    """Verifies the ledger, against a head kept elsewhere if given, and writes the head down if asked to."""
    report = house.verify(head)
    found = house.head()
    if write_head is not None and found is not None:
        write_head.write_bytes(msgspec.json.encode(found) + b"\n")
    return report
