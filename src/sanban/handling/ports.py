"""What handling asks of the rest of the house: mechanisms by matter and instant, and by the key a case is pinned to."""

from __future__ import annotations

from typing import Protocol

from sanban.kernel.mechanism import Mechanism


class Mechanisms(Protocol):
    """All versions of all matters, as loaded from files."""

    def mechanism_of(self, matter: str, instant: int) -> Mechanism | None:
        """The version of a matter in force at the instant (microseconds UTC), None when there is none."""
        ...

    def by_key(self, key: str) -> Mechanism | None:
        """The version `matter@version`, in force or not."""
        ...
