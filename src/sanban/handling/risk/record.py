"""What the risk is learned from: the bare facts of a request with a due time, codes and instants only."""

from __future__ import annotations

import msgspec

from sanban.kernel.errors import SanbanError


class Record(msgspec.Struct, frozen=True):
    """One request or task with a due time; instants in microseconds UTC, codes '' where not known.

    `area`: the street or quarter; `place`: a finer one, a road or an estate. `closed_at` is None while it is open; all
    else is known when it opens.
    """

    id: str
    opened_at: int
    due_at: int
    matter: str = ""
    unit: str = ""
    area: str = ""
    place: str = ""
    closed_at: int | None = None

    def __post_init__(self) -> None:
        """Raises `SanbanError` for one that is due or closed before it opens."""
        if self.due_at <= self.opened_at or (self.closed_at is not None and self.closed_at < self.opened_at):
            raise SanbanError(f"{self.id}: it is due and closed after it opens", 'Record("r1", opened_at=0, due_at=1)')

    def missed(self, as_of: int) -> bool | None:
        """Whether it missed its due time, as known at an instant; None while that is open.

        Open past its due time is a miss. Open before it is unknown, which is not the same as kept.
        """
        if self.closed_at is not None and self.closed_at < as_of:
            return self.closed_at > self.due_at
        return True if self.due_at < as_of else None


class Week(msgspec.Struct, frozen=True):
    """The district's days: microseconds from UTC to local time, and the days of rest (0 is Monday)."""

    offset: int = 8 * 3_600_000_000
    rest: tuple[int, ...] = (5, 6)
