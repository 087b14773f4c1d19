"""Groups by average link, online: a message joins the group it is most like on average, or starts one.

    likeness(message, group) = mean of the cosines with its members x 0.5 ^ (silence / half life)

The mean costs one product, since the members' vectors are kept as a sum; who leaves is taken off it. Silence is the
time from the group's latest message to this one, so an event that goes on stays alive and an old one fades. After a
join, the group and the next likest one become one if the mean over all their pairs is above the threshold too: order of
arrival then matters less.

Single link (the likest member decides) chains everything into one heap at a threshold only a little too low; the mean
does not. Which groups are looked at is found by the heaviest grams they share with the message, the `looked_at` likest
by these. Every message is in exactly one group; a group has the id of its first message for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import nlargest

import msgspec

from sanban.intake.grouping.vectors import Packed, Vector, Weighing
from sanban.kernel.errors import SanbanError

DAY = 86_400_000_000
NOTHING = 1e-9
"""What rounding may leave of a gram that no member has any more; less than any likeness needs."""


class Linking(msgspec.Struct, frozen=True):
    """How alike is enough (0 to 1), how fast a silent group fades, and how far is looked."""

    threshold: float = 0.12
    half_life_days: int = 180
    heavy_grams: int = 30
    looked_at: int = 24


class Placed(msgspec.Struct, frozen=True):
    """Where a message went: its group, how like it is (0 for a group of its own), and groups that became part of it."""

    group: str
    likeness: float
    merged: tuple[str, ...] = ()


class Group(msgspec.Struct):
    """Messages that speak of one event. `total`: the sum of their vectors; `latest` in microseconds UTC."""

    id: str
    total: Vector
    members: list[str]
    first: int
    latest: int


class Groups:
    """All groups of a district; `linking` says when two messages are alike."""

    def __init__(self, linking: Linking | None = None, weighing: Weighing | None = None) -> None:
        self.linking = linking or Linking()
        self.weighing = weighing or Weighing()
        self._groups: dict[str, Group] = {}
        self._group_of: dict[str, str] = {}
        self._vectors: dict[str, Packed] = {}
        self._at: dict[str, int] = {}
        self._with: dict[int, Counter[str]] = {}

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def group_of(self, message: str) -> str | None:
        """The id of a message's group; None for a message that is not here."""
        return self._group_of.get(message)

    def add(self, message: str, at: int, counts: Counter[int]) -> Placed:
        """Puts a message into its group. Raises `SanbanError` for one that is there already."""
        if message in self._group_of:
            raise SanbanError(f"{message} is in a group already; remove it first", "groups.remove(id)")
        self.weighing.see(counts)
        vector = self.weighing.weigh(counts)
        ranked = self._ranked(vector, at)
        self._vectors[message] = Packed(vector)
        self._at[message] = at
        if not ranked or ranked[0][0] < self.linking.threshold:
            self._groups[message] = Group(message, {}, [], at, at)
            self._join(self._groups[message], message, vector, at)
            return Placed(message, 0.0)
        best, group = ranked[0]
        self._join(group, message, vector, at)
        merged = []
        for alike, other in ranked[1:]:
            if alike < self.linking.threshold:
                break
            if self.between(group, other) >= self.linking.threshold:
                group, gone = (group, other) if group.first <= other.first else (other, group)
                self._merge(group, gone)
                merged.append(gone.id)
        return Placed(group.id, best, tuple(one for one in merged if one != group.id))

    def remove(self, *messages: str) -> int:
        """Takes messages out; a group goes with its last one. How many were here."""
        gone: dict[str, list[str]] = {}
        for message in messages:
            name = self._group_of.pop(message, None)
            if name is not None:
                gone.setdefault(name, []).append(message)
        for name, left in gone.items():
            self._leave(self._groups[name], left)
        return sum(map(len, gone.values()))

    def forget(self, before: int) -> int:
        """Lets go of groups silent since before an instant; returns how many messages went."""
        old = [one for group in self._groups.values() if group.latest < before for one in group.members]
        return self.remove(*old)

    def likeness(self, vector: Vector, at: int, group: Group) -> float:
        """Of a message to a group, faded by its silence."""
        total = group.total
        mean = sum(weight * total[gram] for gram, weight in vector.items() if gram in total) / len(group.members)
        return float(mean * self._fading(max(at - group.latest, 0)))

    def between(self, one: Group, other: Group) -> float:
        """The mean over all pairs of two groups, faded by the silence between them; the same both ways."""
        small, large = (one, other) if len(one.total) <= len(other.total) else (other, one)
        total = sum(weight * large.total[gram] for gram, weight in small.total.items() if gram in large.total)
        silence = max(max(one.first, other.first) - min(one.latest, other.latest), 0)
        return float(total / (len(one.members) * len(other.members)) * self._fading(silence))

    def _fading(self, silence: int) -> float:
        return float(0.5 ** (silence / (self.linking.half_life_days * DAY)))

    def _heavy(self, vector: Vector) -> list[int]:
        return nlargest(self.linking.heavy_grams, vector, key=lambda gram: (vector[gram], gram))

    def _ranked(self, vector: Vector, at: int) -> list[tuple[float, Group]]:
        """The groups that share heavy grams, likest first; of two alike the one that began first."""
        shared: Counter[str] = Counter()
        for gram in self._heavy(vector):
            for group in self._with.get(gram, ()):
                shared[group] += 1
        near = nlargest(self.linking.looked_at, shared.items(), key=lambda item: (item[1], item[0]))
        found = [(self.likeness(vector, at, self._groups[name]), self._groups[name]) for name, _ in near]
        return sorted(found, key=lambda item: (-item[0], item[1].first, item[1].id))

    def _join(self, group: Group, message: str, vector: Vector, at: int) -> None:
        group.members.append(message)
        group.first, group.latest = min(group.first, at), max(group.latest, at)
        self._group_of[message] = group.id
        _add(group.total, vector)
        for gram in self._heavy(vector):
            self._with.setdefault(gram, Counter())[group.id] += 1

    def _leave(self, group: Group, left: list[str]) -> None:
        """Costs as much as what leaves: their vectors are taken off the sum, and what stays is looked at once."""
        for message in left:
            vector = self._vectors.pop(message).unpacked()
            del self._at[message]
            self._uncount(group, vector)
            _take_off(group.total, vector)
        group.members = [one for one in group.members if one in self._group_of]
        if not group.members:
            del self._groups[group.id]
            return
        times = [self._at[one] for one in group.members]
        group.first, group.latest = min(times), max(times)

    def _merge(self, group: Group, gone: Group) -> None:
        for message in gone.members:
            vector = self._vectors[message].unpacked()
            self._uncount(gone, vector)
            self._join(group, message, vector, self._at[message])
        del self._groups[gone.id]

    def _uncount(self, group: Group, vector: Vector) -> None:
        for gram in self._heavy(vector):
            holders = self._with[gram]
            holders[group.id] -= 1
            if not holders[group.id]:
                del holders[group.id]
            if not holders:
                del self._with[gram]


def _add(total: Vector, vector: Vector) -> None:
    for gram, weight in vector.items():
        total[gram] = total.get(gram, 0.0) + weight


def _take_off(total: Vector, vector: Vector) -> None:
    for gram, weight in vector.items():
        rest = total.get(gram, 0.0) - weight
        if rest > NOTHING:
            total[gram] = rest
        else:
            total.pop(gram, None)
