"""Events of a period's figures: the draft with its lines, appeals, their decisions, the final."""

from __future__ import annotations

from typing import Annotated

import msgspec

from sanban.kernel.case.words import Code, GivenCode, GivenId, Id, TextRef
from sanban.packs.figures.definition import Better
from sanban.scorecard.figures.statistics import percent, wilson

Natural = Annotated[int, msgspec.Meta(ge=0)]
PeriodName = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-(\d{2}|Q\d|W\d{2})$(?!\n)")]


class Line(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One figure of one unit: so many of so many, which way is better, and below how many nothing is compared.

    Of the district, `unit` '', are the figures that only count as well: neither way is better, and all things hold.
    """

    figure: GivenCode
    unit: GivenCode
    holds: Natural
    n: Natural
    better: Better
    least: Natural

    @property
    def against(self) -> int:
        """How many speak against the unit."""
        return self.holds if self.better == "low" else self.n - self.holds

    @property
    def is_count(self) -> bool:
        """Whether it is no share."""
        return self.better == "neither"

    @property
    def value(self) -> str:
        """The share, `n/a` of nothing; or the count."""
        return str(self.holds) if self.is_count else percent(self.holds, self.n)

    @property
    def interval(self) -> str:
        """The 95 % interval of a share, in per cent; '' of nothing."""
        return "" if self.is_count else str(wilson(self.holds, self.n) or "")

    def without(self, count: int) -> Line:
        """The same when so many that speak against the unit do not count."""
        held = count if self.better == "low" else 0
        return msgspec.structs.replace(self, holds=self.holds - held, n=self.n - count)


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    v: int = 1
    at: int
    by: Code


class PeriodDrafted(_Event, frozen=True, tag="period.drafted"):
    """The first version. `position` and `head`: where the ledger stood; `cap`: so many per cent may be excluded.

    `district`: the totals, requests and cases among them; none in a draft from before they were kept.
    """

    period: Code
    since: int
    until: int
    appeal_until: int
    cap: int
    position: int
    head: Code
    lines: tuple[Line, ...]
    district: tuple[Line, ...] = ()


class PeriodAppealed(_Event, frozen=True, tag="period.appealed"):
    """A unit says that a case should not count against it. `number` counts from 1; `note`: why, in the vault."""

    number: int
    unit: Code
    figure: Code
    case: Id
    ground: Code
    part: Code = ""
    note: TextRef = ""


class AppealDecided(_Event, frozen=True, tag="period.appeal_decided"):
    """What became of it: an upheld appeal excludes its case from that figure of that unit."""

    number: int
    upheld: bool


class PeriodFinal(_Event, frozen=True, tag="period.final"):
    """The second version: the lines of the draft, and its totals, without what was excluded."""

    lines: tuple[Line, ...]
    district: tuple[Line, ...] = ()


Event = PeriodDrafted | PeriodAppealed | AppealDecided | PeriodFinal


class DraftArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `draft`."""

    period: PeriodName
    since: int
    until: int
    appeal_until: int
    cap: Annotated[int, msgspec.Meta(ge=0, le=50)]
    position: Natural
    head: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=5_000)]
    district: Annotated[tuple[Line, ...], msgspec.Meta(max_length=500)] = ()


class AppealArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `appeal`."""

    unit: GivenCode
    figure: GivenCode
    case: GivenId
    ground: GivenCode
    part: GivenCode = ""
    note: Annotated[str, msgspec.Meta(pattern=r"^(v:[0-9a-f\-]{32,36})?$(?!\n)")] = ""


class DecideArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of `decide`."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    upheld: bool


class FinishArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`finish` has none."""
