"""The twin of every channel: keeps in memory what it carried, and drops a key that comes again, as a provider may."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sanban.kernel.notice import SENT, Carried, Parcel

MOST_KEPT = 1000


class MemoryCarrier:
    """`carried` holds the last parcels by their key. `answers`: what the next carriages come to, then all succeed."""

    def __init__(self, answers: Callable[[], Iterator[Carried]] = lambda: iter(())) -> None:
        self.carried: dict[str, Parcel] = {}
        self.asked = 0
        self._answers = answers()

    def carry(self, parcel: Parcel) -> Carried:
        """Keeps the parcel, unless the next answer is another."""
        self.asked += 1
        answer = next(self._answers, SENT)
        if answer.outcome == "sent":
            self.carried.setdefault(parcel.key, parcel)
            while len(self.carried) > MOST_KEPT:
                self.carried.pop(next(iter(self.carried)))
        return answer
