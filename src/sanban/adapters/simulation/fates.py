"""What becomes of a case: a fate dealt from a shuffled deck, so that rare paths are walked as surely as common ones.

A unit's temper says how fast it is and which deck its cases are dealt from. A `Course` remembers, for one case, its
fate and what has been tried already, so that nobody tries the same thing for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from sanban.adapters.simulation.world import OFFICE_DAY, Chance, Wait
from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import Mechanism
from sanban.packs.district import District

Temper = Literal["good", "slow", "shirk"]
TEMPERS: Final[tuple[Temper, ...]] = ("good", "good", "good", "slow", "good", "slow", "shirk", "good", "shirk")

_RARE: Final = (
    "extension_granted", "extension_refused", "suspended", "resumed_early", "shelved", "unshelved", "planned",
    "waived", "summoned", "not_summoned", "vetoed", "failed_check", "unresolved", "unsolved", "explained",
    "explained_at_once", "statutory", "reopened", "recurring", "attached", "repeated", "split", "reclassified",
    "supervised", "lengthened", "unreached", "hard",
)  # fmt: skip
_BAD: Final = (
    "returned", "returned_twice", "silent", "no_contact", "late", "extension_late", "extension_lapsed", "unresolved",
    "failed_check", "unsolved",
)  # fmt: skip
DECKS: Final[Mapping[Temper, Mapping[str, int]]] = MappingProxyType(
    {
        "good": {"plain": 30, **dict.fromkeys(_RARE, 1)},
        "slow": {
            "plain": 12,
            **dict.fromkeys(_RARE, 1),
            "late": 6,
            "silent": 4,
            "no_contact": 3,
            "extension_lapsed": 2,
        },
        "shirk": {"plain": 8, **dict.fromkeys(_RARE, 1), **dict.fromkeys(_BAD, 3), "returned_twice": 5},
    }
)
"""Fates and how many of each are in a deck."""

HARD, EXTENSION_MISSED = "hard", "extension_missed"
FIRST: Final = (HARD, HARD, EXTENSION_MISSED, EXTENSION_MISSED)
"""Fates of the first cases that can have them: within days joint handling is offered for either cause."""

MISSENT: Final[Mapping[str, str]] = MappingProxyType({"street-light": "city-management"})
"""Matters that the directory sends to a unit which is not the one that does the work, and the one that does."""

SIGNS: Final[Mapping[Temper, Wait]] = MappingProxyType(
    {"good": Wait(10, 60), "slow": Wait(45, 180), "shirk": Wait(90, 225)}
)
ACCOUNTS: Final[Mapping[Temper, Wait | None]] = MappingProxyType(
    {"good": Wait(60, 400), "slow": Wait(OFFICE_DAY, 4 * OFFICE_DAY), "shirk": None}
)
"""How a unit that is supervised answers: in time, at leisure, never."""
CONTACTS: Final[Mapping[Temper, Wait]] = MappingProxyType(
    {"good": Wait(20, 150), "slow": Wait(120, 420), "shirk": Wait(240, 900)}
)
WORKS: Final[Mapping[Temper, Wait]] = MappingProxyType(
    {
        "good": Wait(OFFICE_DAY // 4, 2 * OFFICE_DAY),
        "slow": Wait(2 * OFFICE_DAY, 5 * OFFICE_DAY),
        "shirk": Wait(3 * OFFICE_DAY, 8 * OFFICE_DAY),
    }
)


def may_be_offered(fate: str, mechanism: Mechanism) -> bool:
    """Whether a case with the fate comes to an offer of joint handling within days: its time is one of hours."""
    if all(step.verb != "offer_joint" for step in mechanism.steps.values()):
        return False
    extended = (limit for limit in mechanism.limits.values() if limit.extend is not None)
    return fate == HARD or any(isinstance(one.within, Length) and one.within.unit == "hour" for one in extended)


class Course:
    """One case's fate, the temper of who holds it, and what was tried (`tried`) or refused (`refused`)."""

    __slots__ = ("fate", "refused", "temper", "tried")

    def __init__(self, fate: str, temper: Temper) -> None:
        self.fate = fate
        self.temper = temper
        self.tried: set[str] = set()
        self.refused: Counter[str] = Counter()

    def wants(self, fate: str, key: str = "") -> bool:
        """Whether this is the case's fate and it has not been tried yet."""
        return self.fate == fate and (key or fate) not in self.tried


class Fates:
    """Tempers of units and the decks."""

    def __init__(self, district: District, chance: Chance) -> None:
        codes = [unit.code for unit in district.units]
        self._tempers = {code: TEMPERS[number % len(TEMPERS)] for number, code in enumerate(codes)}
        for number, street in enumerate(district.streets):
            self._tempers[street.code] = TEMPERS[number % len(TEMPERS)]
        self._chance = chance
        self._decks: dict[Temper, list[str]] = {}

    def temper(self, unit: str) -> Temper:
        """How a unit works; good where nothing is known."""
        return self._tempers.get(unit, "good")

    def deal(self, unit: str) -> Course:
        """The course of a new case in a unit's area."""
        temper = self.temper(unit)
        deck = self._decks.setdefault(temper, [])
        if not deck:
            deck.extend(fate for fate, count in DECKS[temper].items() for _ in range(count))
            self._chance.shuffle(deck)
        return Course(deck.pop(), temper)
