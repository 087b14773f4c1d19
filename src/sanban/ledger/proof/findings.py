"""What verifying says: findings with their place, and the report around them."""

from __future__ import annotations

from typing import Any

import msgspec

MOST = 1000


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it was written. `place` is the table; `key` the row or rows; `what` says the matter.

    `code` is stable: missing, extra, changed, broken, cut.
    """

    place: str
    key: str
    code: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} {self.key}: {self.code}: {self.what}"


class Report(msgspec.Struct):
    """The outcome: whole when there are no findings. After `MOST` findings the rest is only counted.

    `sealed`: secrets that the chain knows of; `erased`: those of them that went with their person.
    """

    district: str
    events: int = 0
    streams: int = 0
    batches: int = 0
    commands: int = 0
    sealed: int = 0
    erased: int = 0
    position: int = 0
    batch_no: int = 0
    hash: str = ""
    findings: list[Finding] = []
    more: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was written."""
        return not self.findings

    @property
    def is_full(self) -> bool:
        """Whether further findings are only counted."""
        return len(self.findings) >= MOST

    def add(self, place: str, key: Any, code: str, what: str) -> None:
        """Records a finding."""
        if self.is_full:
            self.more += 1
        else:
            self.findings.append(Finding(place, str(key), code, what))
