"""Buckets of slots under integer keys, each kept in the order of the requests' moments.

A request nearly always comes in later than those before it and is then appended; one that comes late is put where it
belongs. So a bucket depends on what is in it and not on the order of adding, and those of a window of time are a slice.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.uint32]
NO_SLOTS: Slots = np.zeros(0, np.uint32)


class Window:
    """The time looked at: opened from `start` to before `end`, and at most `most` of a bucket, the latest."""

    __slots__ = ("end", "most", "start")

    def __init__(self, start: int, end: int, most: int) -> None:
        self.start = start
        self.end = end
        self.most = most


class Buckets:
    """`key -> slots`, ordered by `moment(slot)`; `opened(slot)` is the first part of it."""

    def __init__(self, moment: Callable[[int], tuple[int, str]], opened: Callable[[int], int]) -> None:
        self._moment = moment
        self._opened = opened
        self._slots: dict[int, array[int]] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, key: int, slot: int) -> None:
        """Puts a slot where it belongs."""
        bucket = self._slots.get(key)
        if bucket is None:
            self._slots[key] = array("I", (slot,))
        elif self._moment(bucket[-1]) < self._moment(slot):
            bucket.append(slot)
        else:
            bucket.insert(bisect_left(bucket, self._moment(slot), key=self._moment), slot)

    def remove(self, key: int, slot: int) -> None:
        """Takes a slot out; it has to be there."""
        bucket = self._slots[key]
        place = bisect_left(bucket, self._moment(slot), key=self._moment)
        assert bucket[place] == slot, f"slot {slot} is not in bucket {key}"
        del bucket[place]
        if not bucket:
            del self._slots[key]

    def all(self, key: int) -> Slots:
        """Every slot of a bucket."""
        bucket = self._slots.get(key)
        return np.array(bucket, np.uint32) if bucket else NO_SLOTS

    def size(self, key: int) -> int:
        """How many slots a bucket has."""
        bucket = self._slots.get(key)
        return len(bucket) if bucket else 0

    def within(self, keys: Iterable[int], window: Window) -> tuple[list[array[int]], int]:
        """The slices of the buckets that lie in a window, and how many slots they have together."""
        found: list[array[int]] = []
        count = 0
        opened, buckets = self._opened, self._slots
        for key in keys:
            bucket = buckets.get(key)
            if bucket is None:
                continue
            end = len(bucket) if opened(bucket[-1]) < window.end else bisect_left(bucket, window.end, key=opened)
            start = max(end - window.most, 0)
            if start < end and opened(bucket[start]) < window.start:
                start = bisect_left(bucket, window.start, start, end, key=opened)
            if start < end:
                found.append(bucket[start:end])
                count += end - start
        return found, count

    def nbytes(self) -> int:
        """Bytes of keys and slots, near enough: an array's head is 80, a place in the dictionary about 100."""
        return sum(180 + bucket.itemsize * len(bucket) for bucket in self._slots.values())


def joined(slices: list[array[int]]) -> Slots:
    """Slices as one array."""
    return np.concatenate([np.frombuffer(one, np.uint32) for one in slices]) if slices else NO_SLOTS
