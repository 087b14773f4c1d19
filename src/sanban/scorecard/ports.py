"""What the scorecard is lent by the rest of the house: a view of the facts, and what things are called.

A view is of one position of the ledger, so that all numbers of a page or a brief belong together; whoever looks sees
nothing of cases about themselves in it, neither in a list nor in a sum. It is bound in `main`, since counting needs an
engine that an installation may be without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

import msgspec

from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Language
from sanban.ledger.port import Ledger, Reader
from sanban.packs.desk.assessment import Assessment
from sanban.packs.figures.definition import Better, Index
from sanban.scorecard.figures.spans import Period
from sanban.scorecard.figures.statistics import Interval, Ratio, percent, wilson
from sanban.scorecard.recent import Recent

Given = ParamSpec("Given")
Made = TypeVar("Made")

ALL = ""
"""In place of a unit: the whole district."""
CAME = ("requests", "cases")
"""The figures that count what came in: requests and cases both, so that merging never looks like falling demand."""
OWN_SUMS = 64
"""Texts of which is kept what somebody counts themselves at their position: some 100 KB for each of its periods."""
NO_GRID = "none"
"""In place of a grid: those in none that is known."""


class Source(msgspec.Struct, frozen=True):
    """Where the ledger stood: its position, the hash of the batch that ended there, and when that was written."""

    position: int
    head: str
    at: int


class Measured(msgspec.Struct, frozen=True):
    """A figure of a period, of a unit or of `ALL`: `holds` of `n`, or so many where `n` is None.

    `excluded`: how many do not count; `least`: below so many the interval alone says something; `likeness`: observed
    over what cases like the unit's own would have given elsewhere, None where nothing can be said; `uncompared`: kinds
    of which others have too few, and how many of each the unit has; `assumption`, `source`: of its definition.
    """

    figure: str
    title: Title
    better: Better
    unit: str
    unit_title: Title
    holds: int
    n: int | None
    excluded: int = 0
    least: int = 0
    likeness: Ratio | None = None
    uncompared: tuple[tuple[Title, int], ...] = ()
    assumption: Title | None = None
    source: str = ""

    @property
    def value(self) -> str:
        """`96.16 %`, `n/a` of nothing; the count of a figure that only counts."""
        return str(self.holds) if self.n is None else percent(self.holds, self.n)

    @property
    def of(self) -> str:
        """`22345/24932`; '' of a figure that only counts."""
        return "" if self.n is None else f"{self.holds}/{self.n}"

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of a share, in per cent when written."""
        return None if self.n is None else wilson(self.holds, self.n)

    @property
    def compared(self) -> int:
        """How many of a share's cases are held against others like them."""
        return (self.n or 0) - sum(count for _, count in self.uncompared)

    @property
    def is_few(self) -> bool:
        """Whether there is too little to compare with anything."""
        return self.n is not None and self.n < self.least


class Behind(msgspec.Struct, frozen=True):
    """One thing behind a figure: its case, the task of it ('' for the whole), from when it counts and whether it holds.

    `excluded`: by which exclusion it is left out, '' by none.
    """

    case: str
    number: str
    part: str
    unit: str
    unit_title: Title
    at: int
    holds: bool
    excluded: str


Stocked = Literal["closed", "open", "late", "opened"]
"""What a list of cases is of: closed or opened in a period, or open or late at its end."""


class Stock(msgspec.Struct, frozen=True):
    """Cases closed in a period; cases open at its end, and those late among them."""

    closed: int
    open: int
    late: int


class Portion(msgspec.Struct, frozen=True):
    """So many cases of a matter, a grid or an age; `before`: in the period before."""

    code: str
    title: Title
    count: int
    before: int = 0


class Drawing(Protocol):
    """All grids, in a square of `side` pixels; an area has its code, outline, count, how dark (0 to 3), and x and y."""

    @property
    def side(self) -> int: ...

    @property
    def areas(self) -> Sequence[Any]: ...


class View(Protocol):
    """The facts of one position of the ledger, as one viewer may know them."""

    source: Source

    def figures(self, period: Period, keys: Sequence[str] = ()) -> tuple[Measured, ...]:
        """Figures in force, or those of these keys: each of the district, then of every unit that has something."""
        ...

    def behind(
        self, figure: str, period: Period, unit: str, page: int, *, excluded: bool = False, case: str = ""
    ) -> tuple[tuple[Behind, ...], bool]:
        """A page of what is behind a figure, or of one case of it, what speaks against it first; whether more come."""
        ...

    def stock(self, period: Period) -> Stock:
        """What was closed in it, and was open and late at its end."""
        ...

    def in_stock(self, period: Period, of: Stocked, page: int, matter: str = "") -> tuple[tuple[Behind, ...], bool]:
        """A page of the cases behind a number of the stock, or those of a matter, the oldest first; whether more."""
        ...

    def matters(self, period: Period, before: Period) -> tuple[Portion, ...]:
        """Cases opened by matter, the most first."""
        ...

    def ages(self, now: int) -> tuple[Portion, ...]:
        """Open cases by the days they have been open; codes are the days from which."""
        ...

    def open_cases(
        self, now: int, least: int, most: int | None, grid: str, page: int
    ) -> tuple[tuple[Behind, ...], bool]:
        """A page of open cases of an age in days, in a grid ('' for any), the oldest first; and whether more come."""
        ...

    def grids(self) -> Mapping[str, int]:
        """Open cases by grid."""
        ...


class Opens(Protocol):
    """Opens the facts for a viewer, as they are or were at a position; or says what is missing for that.

    `publishes`: something will rest on them, so they are those of the ledger's very end, and kept.
    """

    def __call__(
        self, viewer: Actor, position: int | None = None, *, publishes: bool = False
    ) -> AbstractContextManager[View] | Refused: ...


class Apart(Protocol):
    """Has work done, here or in a process apart: a function of ours at the top of a module, with its arguments.

    What loads much is such work: drawing charts, printing briefs. Raises what the work raises.
    """

    def __call__(self, work: Callable[Given, Made], *args: Given.args, **options: Given.kwargs) -> Made: ...


class Needs(msgspec.Struct, frozen=True):
    """Everything the scorecard works with.

    `scope`: the one unit whose figures a viewer sees, '' for every unit's; `unadopted`: why periods are not published
    here yet: in production on terms that somebody answers for alone; `indexes`: directions that belong together;
    `unit`: a unit's title at an instant; `figure`: a figure's; `numbers`: of cases by id, without those that a viewer
    may not know of; `kept_from`: the ids of all such for a viewer; `requests`: numbers of requests by id;
    `matters`: names of those in force; `draws`: the grids with so many each; `say`: a message in a language; `issuer`:
    who issues a brief; `district`: whose it is; `own`: what viewers count themselves of published texts, see
    `withholding`.
    """

    ledger: Ledger
    reader: Reader
    calendar: Calendar
    opens: Opens
    apart: Apart
    scope: Callable[[Actor], str | Refused]
    terms: Assessment
    unadopted: Refused | None
    indexes: tuple[Index, ...]
    unit: Callable[[str, int], Title]
    figure: Callable[[str], Title]
    numbers: Callable[[Actor, Sequence[str]], Mapping[str, str]]
    requests: Callable[[Sequence[str]], Mapping[str, str]]
    kept_from: Callable[[Actor], frozenset[str]]
    matters: Callable[[int], Sequence[str]]
    draws: Callable[[Mapping[str, int], int], Drawing]
    say: Callable[[Language, str], str]
    issuer: Title
    district: Title
    own: Recent[Mapping[str, Any]] = msgspec.field(default_factory=lambda: Recent(OWN_SUMS))
