"""What a replay comes to: plain values for pages, JSON and a proposal's stream, all of them whole numbers and codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.revision.replay.playing import SENT_ELSEWHERE, Lost, Response
from sanban.revision.replay.tally import AFTER, BEFORE, MOST_NAMED, Sums, Tally
from sanban.revision.share import Share

UNKNOWN: Final[Mapping[Response, Title]] = {
    "kept": Title(
        "回放不知道人会怎么做：人的每一步都按记录的时间，仿佛没人理会新规则。这是一端的界。",
        "A replay cannot know what people would have done: every step of theirs is kept at its recorded time, as if "
        "nobody heeded the new rule. This is one bound.",
    ),
    "shifted": Title(
        "回放不知道人会怎么做：停钟的步骤随时限移动，与到期时间的距离不变，其后的步骤随之移动，仿佛人人都按时限安排。这是另一端的界。",
        "A replay cannot know what people would have done: a step that stops a clock keeps its distance to the due "
        "time and later steps move along, as if everybody worked towards the limit. This is the other bound.",
    ),
}
REDIRECTED: Final = Title(
    "改派的单位会不会退单、办得快慢，记录里没有：按签收、按原速度计。",
    "Whether another unit would have returned the order, and how fast it would have worked, no record says: it is "
    "taken to sign, and to work as fast as the unit of the record.",
)

JOINED: Final = Title(
    "哪些来件会并案，回放不推算：各案按记录分开办理。",
    "Which requests would have joined one case is not replayed: every case runs apart, as in the record.",
)


class Moved(msgspec.Struct, frozen=True):
    """Clocks of one limit. `earlier`, `later`: due times that move; `hours`: by how much, at the median of those."""

    limit: str
    recorded: int
    replayed: int
    gone: int
    added: int
    earlier: int
    later: int
    hours: int

    @property
    def differs(self) -> bool:
        """Whether anything moves, goes or comes."""
        return bool(self.earlier or self.later or self.gone or self.added)


class Compared(msgspec.Struct, frozen=True):
    """A share as recorded and as replayed; what it is of, by code."""

    code: str
    recorded: Share
    replayed: Share

    @property
    def differs(self) -> bool:
        """Whether the two shares are not of the same things, or not as many of them hold."""
        return self.recorded != self.replayed

    @property
    def certain(self) -> bool:
        """Whether the two intervals lie apart."""
        (low, high), (under, over) = self.recorded.interval, self.replayed.interval
        return high < under or over < low


class Sent(msgspec.Struct, frozen=True):
    """First orders that go to another unit; '' is nobody."""

    unit: str
    instead: str
    cases: int


class Load(msgspec.Struct, frozen=True):
    """Orders and tasks that a unit had, and would have."""

    unit: str
    recorded: int
    replayed: int

    @property
    def differs(self) -> bool:
        """Whether it is another number."""
        return self.recorded != self.replayed


class Named(msgspec.Struct, frozen=True):
    """Cases whose record cannot be followed at a step, with the engine's reason; the first of them by number.

    `message`, `example`: of cases that cannot be opened, what the engine says and a valid answer.
    """

    step: str
    reason: str
    cases: int
    numbers: tuple[str, ...] = ()
    message: str = ""
    example: str = ""

    @property
    def why(self) -> Refused:
        """The engine's reason as it is told."""
        if self.reason == SENT_ELSEWHERE:
            return Refused("sent_elsewhere", "the unit that gave it back never gets it")
        return Refused(self.reason, self.message or self.reason.replace("_", " "), self.example)


class Replayed(msgspec.Struct, frozen=True):
    """One replay. `touched`: cases that the change can reach; `changed`: those that come out otherwise.

    `unmapped`: cases that cannot be opened under the new rules at all; `lost`: steps that the new rules do not take.
    """

    response: Response
    since: int
    until: int
    cases: int
    events: int
    touched: int
    changed: int
    moved: tuple[Moved, ...] = ()
    overdue: tuple[Compared, ...] = ()
    dispatches: tuple[Sent, ...] = ()
    workload: tuple[Load, ...] = ()
    figures: tuple[Compared, ...] = ()
    lost: tuple[Named, ...] = ()
    unmapped: tuple[Named, ...] = ()
    redirected: bool = False
    joined: bool = False

    @property
    def not_replayed(self) -> int:
        """Cases that cannot be opened under the new rules."""
        return sum(one.cases for one in self.unmapped)

    @property
    def unknown(self) -> tuple[Title, ...]:
        """What this replay does not know, in words."""
        more = ((self.redirected, REDIRECTED), (self.joined, JOINED))
        return (UNKNOWN[self.response], *(title for holds, title in more if holds))


def replayed(tally: Tally, response: Response, since: int, until: int, *, redirected: bool) -> Replayed:
    """The sums as a result, in a fixed order."""
    counts, limits = tally.counts, tally.limits()
    return Replayed(
        response=response,
        since=since,
        until=until,
        cases=counts["cases"],
        events=counts["events"],
        touched=counts["replayed"],
        changed=counts["changed"],
        moved=tuple(_moved(limit, sums) for limit, sums in sorted(limits.items(), key=_code)),
        overdue=_compared(limits),
        dispatches=tuple(Sent(*units, cases) for units, cases in sorted(tally.dispatches.items(), key=_most)),
        workload=tuple(Load(unit, *counted) for unit, counted in sorted(tally.workload.items())),
        figures=_compared(tally.figures()),
        lost=_named(tally.lost, tally.lost_counts),
        unmapped=_named(tally.unmapped, tally.unmapped_counts),
        redirected=redirected,
    )


def _compared(every: Mapping[str, Sums]) -> tuple[Compared, ...]:
    return tuple(
        Compared(code, sums.share(BEFORE), sums.share(AFTER)) for code, sums in sorted(every.items(), key=_code)
    )


def _moved(limit: str, sums: Sums) -> Moved:
    hours = {by: count for by, count in sums.hours.items() if by}
    earlier = sum(count for by, count in hours.items() if by < 0)
    later = sum(count for by, count in hours.items() if by > 0)
    return Moved(limit, sums.recorded, sums.replayed, sums.gone, sums.added, earlier, later, _median(hours))


def _code(pair: tuple[str, Sums]) -> str:
    return pair[0]


def _median(counts: Mapping[int, int]) -> int:
    """The lower median of values that come so many times; 0 of none."""
    left = (sum(counts.values()) + 1) // 2
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0


def _named(named: Mapping[Lost, list[str]], counts: Mapping[Lost, int]) -> tuple[Named, ...]:
    return tuple(
        Named(why.step, why.reason, counts[why], tuple(sorted(named[why])[:MOST_NAMED]), why.message, why.example)
        for why in sorted(counts, key=lambda one: (-counts[one], one))
    )


def _most(pair: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    return -pair[1], pair[0]
