"""What the scorecard is lent by the rest of the house: the figures, the volume of work, and where the ledger stands.

Everything asks with a viewer first. `Counts` is bound in `main`; what it counts lies in other slices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.clock.span import Span
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.share import interval, per_cent, tenths
from sanban.kernel.view import Language
from sanban.ledger.port import Ledger, Reader
from sanban.packs.desk.assessment import Assessment

ALL = ""
"""In place of a unit: the whole district."""
Better = Literal["high", "low", "neither"]


class Share(msgspec.Struct, frozen=True):
    """A figure of a unit, or of the district: `holds` of `n`."""

    figure: str
    title: Title
    better: Better
    unit: str
    unit_title: Title
    holds: int
    n: int

    @property
    def share(self) -> str:
        """Per cent with one decimal; `n/a` of nothing."""
        return per_cent(self.holds, self.n)

    @property
    def interval(self) -> str:
        """Wilson's 95 % interval: `52.9 % – 97.8 %`; '' of nothing."""
        found = interval(self.holds, self.n)
        return "" if found is None else f"{tenths(found[0])} – {tenths(found[1])}"


class Behind(msgspec.Struct, frozen=True):
    """One case behind a figure. `part`: the task of it, '' for the whole case; `at`: from when it counts."""

    case: str
    number: str
    unit: str
    unit_title: Title
    part: str
    at: int
    holds: bool
    requests: int


class Volume(msgspec.Struct, frozen=True):
    """Of a span: requests received, cases opened and closed; and at its end: cases open, and those late among them.

    Requests and cases both, so that merging never looks like falling demand.
    """

    requests: int
    opened: int
    closed: int
    open: int
    late: int


class Portion(msgspec.Struct, frozen=True):
    """So many cases of a matter, a grid, or an age; `before`: in the span before."""

    code: str
    title: Title
    count: int
    before: int = 0


class Source(msgspec.Struct, frozen=True):
    """Where the ledger stood: its position, and the hash of its last batch in hexadecimal."""

    position: int
    head: str


class Counts(Protocol):
    """What is counted. A span is cut at `now`."""

    def shares(self, viewer: Actor, span: Span, now: int) -> tuple[Share, ...] | Refused:
        """Every figure of every unit that the viewer may compare, those of one figure together."""
        ...

    def behind(
        self, viewer: Actor, span: Span, now: int, figure: str, unit: str, page: int
    ) -> tuple[Share, tuple[Behind, ...], bool] | Refused:
        """A figure of a unit or of `ALL`, a page of its cases, what speaks against them first; whether more come."""
        ...

    def volume(self, viewer: Actor, span: Span, now: int) -> Volume:
        """How much came in, was opened, closed, and is open at the end."""
        ...

    def matters(self, viewer: Actor, span: Span, before: Span) -> tuple[Portion, ...]:
        """Cases opened by matter, the most first."""
        ...

    def ages(self, viewer: Actor, now: int) -> tuple[Portion, ...]:
        """Open cases by how many days they have been open, the youngest first; codes are the days from which."""
        ...

    def grids(self, viewer: Actor, now: int) -> tuple[Portion, ...]:
        """Open cases by grid."""
        ...


class Needs(msgspec.Struct, frozen=True):
    """Everything the scorecard works with. `source`: fills what is filled later, then says where the ledger stands.

    `say`: a message in a language; `issuer`: who issues a brief; `district`: whose it is.
    """

    ledger: Ledger
    reader: Reader
    calendar: Calendar
    counts: Counts
    source: Callable[[], Source]
    terms: Assessment
    say: Callable[[Language, str], str]
    issuer: Title
    district: str


def of_district(shares: tuple[Share, ...], title: Title) -> tuple[Share, ...]:
    """Each figure over all units, in the order given."""
    found: dict[str, Share] = {}
    for one in shares:
        sum_ = found.get(one.figure)
        holds, n = (sum_.holds, sum_.n) if sum_ else (0, 0)
        found[one.figure] = msgspec.structs.replace(
            one, unit=ALL, unit_title=title, holds=holds + one.holds, n=n + one.n
        )
    return tuple(found.values())
