"""What the index knows of a request, and the columns it keeps it in.

An `Entry` is what is known when the request comes in, codes and numbers but for address and text, of which only
sketches are kept. Columns are arrays by slot: a slot is a row that is free again once its request was removed.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.duplicates.sketch import SIGNS, sketch
from sanban.kernel.errors import SanbanError

STILL_OPEN = 2**62
"""`closed_at` of a request whose problem is still being worked on."""

POINT_LIMITS = (900_000_000, 1_800_000_000)


class Entry(msgspec.Struct, frozen=True):
    """A request as duplicates see it.

    `opened_at` and `closed_at` in microseconds UTC, `closed_at` None while its problem is open; `point` is (latitude,
    longitude) in 1e-7 degree WGS-84, None where nothing is known; `matter` and `unit` are codes, '' where not known.
    """

    id: str
    opened_at: int
    matter: str = ""
    unit: str = ""
    point: tuple[int, int] | None = None
    address: str = ""
    text: str = ""
    closed_at: int | None = None

    def __post_init__(self) -> None:
        """Raises `SanbanError` for a point that is none."""
        if self.point and any(abs(part) > limit for part, limit in zip(self.point, POINT_LIMITS, strict=True)):
            message = "a point is (latitude, longitude) in 1e-7 degree"
            raise SanbanError(message, 'Entry("r1", opened_at=0, point=(312700000, 1214900000))')


class Codes:
    """Codes as small numbers, in order of first sight; '' is 0."""

    def __init__(self) -> None:
        self.names: list[str] = [""]
        self._number = {"": 0}

    def number(self, code: str) -> int:
        """The number of a code, a new one if it was never seen."""
        found = self._number.setdefault(code, len(self.names))
        if found == len(self.names):
            self.names.append(code)
        return found

    def known(self, code: str) -> int:
        """The number of a code; -1 for one never seen."""
        return self._number.get(code, -1)


class Columns:
    """The entries' fields by slot; grows by half when it is full. `placed`: has a point; `tells`: it tells of place."""

    def __init__(self, room: int = 1024) -> None:
        self.ids: list[str | None] = []
        self.slot_of: dict[str, int] = {}
        self.matters = Codes()
        self.units = Codes()
        self.opened: NDArray[np.int64] = np.zeros(room, np.int64)
        self.closed: NDArray[np.int64] = np.zeros(room, np.int64)
        self.lat: NDArray[np.int32] = np.zeros(room, np.int32)
        self.lon: NDArray[np.int32] = np.zeros(room, np.int32)
        self.placed: NDArray[np.bool_] = np.zeros(room, np.bool_)
        self.tells: NDArray[np.bool_] = np.zeros(room, np.bool_)
        self.matter: NDArray[np.int32] = np.zeros(room, np.int32)
        self.unit: NDArray[np.int32] = np.zeros(room, np.int32)
        self.address: NDArray[np.uint32] = np.zeros((room, SIGNS), np.uint32)
        self.text: NDArray[np.uint32] = np.zeros((room, SIGNS), np.uint32)
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self.slot_of)

    def put(self, entry: Entry) -> int:
        """Keeps an entry; returns its slot. Raises `SanbanError` for an id that is there already."""
        if entry.id in self.slot_of:
            raise SanbanError(f"{entry.id} is in the index already; remove it first", "index.remove(id)")
        slot = self._free.pop() if self._free else len(self.ids)
        if slot == len(self.ids):
            self.ids.append(None)
        if slot >= len(self.opened):
            self._grow()
        self.ids[slot] = entry.id
        self.slot_of[entry.id] = slot
        self.opened[slot] = entry.opened_at
        self.closed[slot] = STILL_OPEN if entry.closed_at is None else entry.closed_at
        self.lat[slot], self.lon[slot] = entry.point or (0, 0)
        self.placed[slot] = entry.point is not None
        self.tells[slot] = False
        self.matter[slot] = self.matters.number(entry.matter)
        self.unit[slot] = self.units.number(entry.unit)
        self.address[slot] = sketch(entry.address)
        self.text[slot] = sketch(entry.text)
        return slot

    def drop(self, slot: int) -> None:
        """Frees a slot."""
        name = self.ids[slot]
        assert name is not None, f"slot {slot} is free"
        del self.slot_of[name]
        self.ids[slot] = None
        self._free.append(slot)

    def name(self, slot: int) -> str:
        """The id of the request in a slot."""
        name = self.ids[slot]
        assert name is not None, f"slot {slot} is free"
        return name

    def moment(self, slot: int) -> tuple[int, str]:
        """What slots are ordered by in every bucket: opened, then id."""
        return self.opened.item(slot), self.ids[slot] or ""

    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(one.nbytes for one in vars(self).values() if isinstance(one, np.ndarray))

    def _grow(self) -> None:
        room = len(self.opened) + max(len(self.opened) // 2, 1024)
        for name, old in list(vars(self).items()):
            if isinstance(old, np.ndarray):
                new = np.zeros((room, *old.shape[1:]), old.dtype)
                new[: len(old)] = old
                setattr(self, name, new)
