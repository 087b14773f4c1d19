"""The twin of every channel: keeps in memory what it carried, and drops a key that comes again, as a provider may."""

from __future__ import annotations

from collections.abc import Iterable

from sanban.kernel.notice import SENT, Carried, Parcel

MOST_KEPT = 1000


class MemoryCarrier:
    """`carried` holds the last parcels by their key, `asked` counts carriages."""

    def __init__(self) -> None:
        self.carried: dict[str, Parcel] = {}
        self.asked = 0
        self._answers: list[Carried] = []

    def answer_next(self, answers: Iterable[Carried]) -> None:
        """What the next carriages come to; all others succeed."""
        self._answers.extend(answers)

    def carry(self, parcel: Parcel) -> Carried:
        """Keeps the parcel, unless the next answer is another."""
        self.asked += 1
        answer = self._answers.pop(0) if self._answers else SENT
        if answer.outcome == "sent":
            self.carried.setdefault(parcel.key, parcel)
            while len(self.carried) > MOST_KEPT:
                self.carried.pop(next(iter(self.carried)))
        return answer
