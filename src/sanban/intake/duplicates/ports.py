"""What duplicates ask of the rest of intake: earlier requests to fill the index with, and the texts of a few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sanban.intake.duplicates.entry import Entry


class EarlierRequests(Protocol):
    """Reads requests that came in from an instant on, closed ones included, in pages."""

    def since(self, instant: int) -> Iterator[Entry]:
        """Each request opened at or after `instant`, in any order."""
        ...


class ReadsTexts(Protocol):
    """Reads what people said, out of the vault, for those who may see it."""

    def texts(self, requests: Sequence[str]) -> Mapping[str, str]:
        """Text by request; those that were erased or may not be seen are absent."""
        ...
