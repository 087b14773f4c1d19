"""The online index: adds, closes, removes and finds candidates among a million earlier requests.

Three ways lead to a candidate, and what any of them finds is one: near points, the nearest first, in rings of fine
cells; the same matter in coarse cells round the place; and an address or a text that shares one of the smallest hashes
of its sketch, rare hashes first. Each way is bounded by `Search`, so that a query costs the same in a crowd.

**A point may tell nothing of place**: where an address is not found, geocoders answer with a default, and thousands of
requests about everything lie there. A point with many requests of many matters is such a `crowd`: its requests are
found by address and text only. A real hot spot has one matter or two and stays a place.

What is found depends on what is in the index, never on the order in which it came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from sanban.intake.duplicates.buckets import NO_SLOTS, Buckets, Slots, Window, joined
from sanban.intake.duplicates.entry import STILL_OPEN, Columns, Entry
from sanban.intake.duplicates.places import COARSE, FINE, Grid, metres
from sanban.intake.duplicates.sketch import NO_SIGN, sketch

DAY = 86_400_000_000
_MATTERS = 1 << 20

Number = TypeVar("Number", bound=np.generic)


class Search(msgspec.Struct, frozen=True):
    """How far a query looks, in days, cells and requests.

    `rings` of fine cells are opened until `nearest` requests are found; a bucket gives its latest `per_cell` or
    `per_gram`. A point with `crowd_from` requests of `crowd_matters` matters tells nothing of place.
    """

    look_back_days: int = 180
    rings: int = 8
    nearest: int = 80
    same_matter: int = 60
    said_alike: int = 120
    per_cell: int = 400
    per_gram: int = 60
    grams: int = 6
    crowd_from: int = 100
    crowd_matters: int = 10


class Query(msgspec.Struct, frozen=True):
    """A new request made ready: its numbers, its sketches, and whether its point tells of place."""

    entry: Entry
    matter: int
    unit: int
    placed: bool
    address: NDArray[np.uint32]
    text: NDArray[np.uint32]


class DuplicateIndex:
    """Earlier requests by place, matter and words. `latitude`: of the district, in 1e-7 degree; sets the cells."""

    def __init__(self, latitude: int, search: Search | None = None) -> None:
        self.search = search or Search()
        self.columns = Columns()
        self._fine = Grid(FINE, latitude)
        self._coarse = Grid(COARSE, latitude)
        moment, opened = self.columns.moment, self._opened
        self._near = Buckets(moment, opened)
        self._matter = Buckets(moment, opened)
        self._said = Buckets(moment, opened)
        self._crowds: dict[tuple[int, int], set[int]] = {}

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, request: str) -> bool:
        return request in self.columns.slot_of

    def add(self, entry: Entry) -> None:
        """Adds a request. Raises `SanbanError` for one that is there already."""
        slot = self.columns.put(entry)
        for key in self._said_keys(slot):
            self._said.add(key, slot)
        if entry.point is None:
            return
        crowd = self._crowds.get(entry.point)
        if crowd is not None:
            crowd.add(slot)
            return
        self._settle(slot)
        self._look_for_crowd(entry.point)

    def remove(self, request: str) -> bool:
        """Takes a request out; False for one that is not there."""
        slot = self.columns.slot_of.get(request)
        if slot is None:
            return False
        for key in self._said_keys(slot):
            self._said.remove(key, slot)
        if self.columns.placed[slot]:
            point = self._point(slot)
            crowd = self._crowds.get(point)
            if crowd is None:
                self._unsettle(slot)
            else:
                crowd.discard(slot)
                self._thin(point, crowd)
        self.columns.drop(slot)
        return True

    def close(self, request: str, at: int | None) -> None:
        """Notes when a request's problem was closed; None: it is open again. Nothing for one that is not there."""
        slot = self.columns.slot_of.get(request)
        if slot is not None:
            self.columns.closed[slot] = STILL_OPEN if at is None else at

    def change(self, request: str, matter: str, unit: str) -> None:
        """Notes another matter and unit of a request, as if it had come in with them. Nothing for one not there."""
        slot = self.columns.slot_of.get(request)
        if slot is None:
            return
        self.columns.unit[slot] = self.columns.units.number(unit)
        number = self.columns.matters.number(matter)
        if number == self.columns.matter.item(slot):
            return
        crowd = self._crowds.get(self._point(slot)) if self.columns.placed[slot] else None
        settled = bool(self.columns.tells[slot])
        if settled:
            self._unsettle(slot)
        self.columns.matter[slot] = number
        if settled:
            self._settle(slot)
            self._look_for_crowd(self._point(slot))
        elif crowd is not None:
            self._thin(self._point(slot), crowd)

    def forget(self, before: int) -> int:
        """Removes every request opened before an instant; returns how many."""
        old = [name for name, slot in self.columns.slot_of.items() if self._opened(slot) < before]
        for name in old:
            self.remove(name)
        return len(old)

    def query(self, entry: Entry) -> Query:
        """A new request made ready; it is not added."""
        return Query(
            entry,
            self.columns.matters.known(entry.matter) if entry.matter else -1,
            self.columns.units.known(entry.unit) if entry.unit else -1,
            entry.point is not None and entry.point not in self._crowds,
            sketch(entry.address),
            sketch(entry.text),
        )

    def candidates(self, query: Query) -> Slots:
        """Slots of earlier requests that may be the same, ascending; never the request itself."""
        found = [*self._by_place(query), self._by_words(query)] if query.placed else [self._by_words(query)]
        slots = _distinct(np.concatenate(found))
        own = self.columns.slot_of.get(query.entry.id)
        return slots if own is None else slots[slots != own]

    def distance(self, query: Query, slots: Slots) -> NDArray[np.float64]:
        """Metres to each; -1 where either place is not known."""
        known = self.columns.tells[slots]
        if query.entry.point is None or not query.placed or not known.any():
            return np.full(len(slots), -1.0)
        far = metres(query.entry.point, self.columns.lat[slots], self.columns.lon[slots])
        return np.where(known, far, -1.0)

    def nbytes(self) -> int:
        """Bytes held, near enough: columns, buckets, ids and their dictionary."""
        ids = sum(len(name) + 49 + 8 + 100 for name in self.columns.slot_of)
        crowds = sum(64 * len(crowd) for crowd in self._crowds.values())
        return (
            self.columns.nbytes() + sum(one.nbytes() for one in (self._near, self._matter, self._said)) + ids + crowds
        )

    def _by_place(self, query: Query) -> Iterator[Slots]:
        point, search = query.entry.point, self.search
        assert point is not None, "a placed query has a point"
        window = self._window(query, search.per_cell)
        cell = self._fine.cell(*point)
        slices, count = [], 0
        for radius in range(search.rings + 1):
            more, added = self._near.within(self._fine.ring(cell, radius), window)
            slices += more
            count += added
            if count >= search.nearest and radius:
                break
        yield self._nearest(joined(slices), point, search.nearest)
        if query.matter > 0:
            coarse = self._coarse.cell(*point)
            keys = [place * _MATTERS + query.matter for radius in (0, 1) for place in self._coarse.ring(coarse, radius)]
            same, _ = self._matter.within(keys, window)
            yield self._nearest(joined(same), point, search.same_matter)

    def _nearest(self, slots: Slots, point: tuple[int, int], most: int) -> Slots:
        """The nearest; of those equally far the latest. Ties in both are all kept, so that no order decides."""
        if len(slots) <= most:
            return slots
        far = metres(point, self.columns.lat[slots], self.columns.lon[slots])
        edge = np.partition(far, most - 1)[most - 1]
        inside, at_edge = slots[far < edge], slots[far == edge]
        room = most - len(inside)
        if len(at_edge) > room:
            opened = self.columns.opened[at_edge]
            at_edge = at_edge[opened >= np.partition(opened, len(opened) - room)[len(opened) - room]]
        return np.concatenate((inside, at_edge))

    def _by_words(self, query: Query) -> Slots:
        window = self._window(query, self.search.per_gram)
        sized = sorted((self._said.size(key), key) for key in self._keys_of(query.address, query.text))
        slices, count = [], 0
        for size, key in sized:
            if size:
                more, added = self._said.within((key,), window)
                slices += more
                count += added
            if count >= self.search.said_alike:
                break
        return joined(slices) if slices else NO_SLOTS

    def _window(self, query: Query, most: int) -> Window:
        opened = query.entry.opened_at
        return Window(opened - self.search.look_back_days * DAY, opened + 1, most)

    def _opened(self, slot: int) -> int:
        return self.columns.opened.item(slot)

    def _point(self, slot: int) -> tuple[int, int]:
        return self.columns.lat.item(slot), self.columns.lon.item(slot)

    def _said_keys(self, slot: int) -> list[int]:
        return self._keys_of(self.columns.address[slot], self.columns.text[slot])

    def _keys_of(self, address: NDArray[np.uint32], text: NDArray[np.uint32]) -> list[int]:
        most = self.search.grams
        keys = [2 * sign for sign in address[:most].tolist() if sign != NO_SIGN]
        return keys + [2 * sign + 1 for sign in text[:most].tolist() if sign != NO_SIGN]

    def _place_keys(self, slot: int) -> tuple[int, int]:
        point = self._point(slot)
        return self._fine.cell(*point), self._coarse.cell(*point) * _MATTERS + self.columns.matter.item(slot)

    def _settle(self, slot: int) -> None:
        fine, coarse = self._place_keys(slot)
        self._near.add(fine, slot)
        self._matter.add(coarse, slot)
        self.columns.tells[slot] = True

    def _unsettle(self, slot: int) -> None:
        fine, coarse = self._place_keys(slot)
        self._near.remove(fine, slot)
        self._matter.remove(coarse, slot)
        self.columns.tells[slot] = False

    def _look_for_crowd(self, point: tuple[int, int]) -> None:
        """Makes a point a crowd if it is one now."""
        cell = self._fine.cell(*point)
        if self._near.size(cell) < self.search.crowd_from:
            return
        slots = self._near.all(cell)
        there = slots[(self.columns.lat[slots] == point[0]) & (self.columns.lon[slots] == point[1])]
        if self._is_crowd(there):
            for slot in there.tolist():
                self._unsettle(slot)
            self._crowds[point] = set(there.tolist())

    def _thin(self, point: tuple[int, int], crowd: set[int]) -> None:
        """Makes a crowd a place again if it is none any more."""
        if not self._is_crowd(np.fromiter(crowd, np.uint32, len(crowd))):
            del self._crowds[point]
            for slot in crowd:
                self._settle(slot)

    def _is_crowd(self, slots: Slots) -> bool:
        if len(slots) < self.search.crowd_from:
            return False
        return len(_distinct(self.columns.matter[slots])) >= self.search.crowd_matters


def _distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Each value once, ascending. `numpy.unique` alone would load `numpy.ma`, six megabytes of a server."""
    ordered = np.sort(values)
    return np.concatenate((ordered[:1], ordered[1:][ordered[1:] != ordered[:-1]]))
