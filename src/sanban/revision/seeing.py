"""What a viewer sees of proposals: the list, and one with its evidence, a page of cases that the viewer may know of."""

from __future__ import annotations

from typing import Final

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import Missing, phrase
from sanban.revision.aggregate import DECIDERS, GROUNDS, Revision, State, stream_of
from sanban.revision.effect import Effect
from sanban.revision.opening import SIDES, Number, Part
from sanban.revision.ports import Evidence, Needs, Standing
from sanban.revision.replay.result import Named, Replayed
from sanban.revision.round import RoundMade, last_round
from sanban.revision.share import Share

ROLES: Final[frozenset[Role]] = frozenset({*DECIDERS, "leader", "coordinator", "dispatcher", "auditor"})
NO_REVISION: Final = Missing(phrase("Proposal"), "limit.noise.resolve.10working_day")
PAGE: Final = 20
_DIGITS: Final = 9
_NEWEST: Final = (
    "SELECT revision FROM revision_view WHERE district = :district "
    "ORDER BY proposed_at DESC, chance, revision LIMIT :most OFFSET :start"
)
_RIVALS: Final = (
    "SELECT revision FROM revision_view WHERE district = :district AND place = :place AND revision <> :revision "
    "AND state IN ('proposed', 'approved') ORDER BY proposed_at DESC, chance, revision LIMIT :most"
)
_WAITING: Final = "SELECT COUNT(*) FROM revision_view WHERE district = :district AND state IN ('proposed', 'approved')"


class RevisionLine(msgspec.Struct, frozen=True):
    """One proposal in the list. Instants in microseconds UTC; `seen` is the share that speaks for it."""

    id: str
    kind: str
    state: State
    matter: Title
    change: Title
    seen: Share
    proposed_at: int
    from_day: str = ""


class RevisionView(msgspec.Struct, frozen=True):
    """One proposal. `chance`: per million; `cases`: a page of the evidence, `next` at which it goes on, '' at the end.

    `hidden`: cases of this page that the viewer may not know of, none of them about the viewer. `rivals`: other pending
    proposals for the same place. What is approved and not in force may be so again.
    """

    line: RevisionLine
    since: int
    until: int
    tests: int
    threshold: int
    chance: int
    differences: tuple[Title, ...]
    diff: str
    standing: Standing
    rivals: tuple[RevisionLine, ...]
    cases: tuple[Evidence, ...]
    hidden: int
    next: str
    results: tuple[Replayed, ...]
    effects: tuple[Effect, ...]
    may_approve: bool
    may_refuse: bool
    decided_by: str = ""
    decided_at: int = 0
    ground: Title | None = None


class ReplayedCase(msgspec.Struct, frozen=True):
    """A case behind a number of a replay, with its part in it."""

    case: Evidence
    part: Part


class ReplayedCases(msgspec.Struct, frozen=True):
    """A page of them; `hidden`: cases of this page that the viewer may not know of, `next` at which it goes on."""

    cases: tuple[ReplayedCase, ...]
    hidden: int
    next: str


class RevisionLines(msgspec.Struct, frozen=True):
    """A page of the proposals, of one pass the surest first; `next` at which it goes on, '' at the end.

    `round`: the last by which the ledger looked by itself.
    """

    items: tuple[RevisionLine, ...]
    next: str = ""
    round: RoundMade | None = None


def lines(needs: Needs, after: str = "", limit: int = PAGE) -> RevisionLines:
    """A page of the newest proposals."""
    start = _start(after)
    rows = needs.reader.query(_NEWEST, {"most": limit + 1, "start": start})
    found = (revision_of(needs, revision_id) for (revision_id,) in rows[:limit])
    items = tuple(line_of(needs, one) for one in found if one is not None)
    return RevisionLines(items, str(start + limit) if len(rows) > limit else "", last_round(needs.reader))


def waiting(needs: Needs) -> int:
    """How many proposals wait for a decision, or approved for their file."""
    return int(needs.reader.query(_WAITING)[0][0])


def _start(after: str) -> int:
    """Where a page begins; a cursor that is none begins at the first."""
    return int(after) if after.isdecimal() and len(after) <= _DIGITS else 0


def revision_of(needs: Needs, revision_id: str) -> Revision | None:
    """A proposal by its id."""
    found = needs.reader.state(stream_of(revision_id))
    return found if isinstance(found, Revision) else None


def line_of(needs: Needs, revision: Revision) -> RevisionLine:
    """The proposal as the list shows it."""
    change = revision.change
    return RevisionLine(
        revision.id,
        change.kind,
        revision.state,
        needs.matter(change.matter),
        needs.words(change),
        revision.finding.share,
        revision.proposed_at,
        revision.from_day,
    )


def view_of(needs: Needs, viewer: Actor, revision: Revision, after: str = "") -> RevisionView:
    """The proposal with a page of its evidence."""
    finding = revision.finding
    start = _start(after)
    about = frozenset(needs.about(viewer))
    known = [one for one in finding.cases if one not in about]
    page, end = known[start : start + PAGE], start + PAGE
    seen = [needs.case(viewer, one) for one in page]
    cases = tuple(one for one in seen if one is not None)
    return RevisionView(
        line=line_of(needs, revision),
        since=revision.since,
        until=revision.until,
        tests=revision.tests,
        threshold=finding.limit,
        chance=finding.chance,
        differences=needs.differences(revision),
        diff=needs.diff(revision),
        standing=needs.standing(revision),
        rivals=_rivals(needs, revision),
        cases=cases,
        hidden=len(page) - len(cases),
        next=str(end) if end < len(known) else "",
        results=tuple(_as_seen(needs, viewer, one) for one in revision.results),
        effects=revision.effects,
        may_approve=revision.state in ("proposed", "approved") and viewer.role in DECIDERS,
        may_refuse=revision.state == "proposed" and viewer.role in DECIDERS,
        decided_by=revision.decided_by,
        decided_at=revision.decided_at,
        ground=GROUNDS.get(revision.ground),
    )


def replayed_cases(needs: Needs, viewer: Actor, revision: Revision, number: Number, after: str = "") -> ReplayedCases:
    """A page of the cases behind a number of its replays or of its effect. Raises SanbanError without its rules."""
    page = needs.behind(revision, number, after, needs.about(viewer))
    seen = [(needs.case(viewer, one.case), one.part) for one in page.cases]
    cases = tuple(ReplayedCase(case, part) for case, part in seen if case is not None)
    return ReplayedCases(cases, len(page.cases) - len(cases), page.next)


def opened(needs: Needs, viewer: Actor, revision: Revision, number: Number, after: str = "") -> ReplayedCases | Refused:
    """The same, or why a number cannot be opened: no effect was told yet, or files of its rules are gone."""
    if number.of in SIDES and not revision.effects:
        return Refused("no_effect", "nothing has been told yet of what came of it", "of: changed")
    try:
        return replayed_cases(needs, viewer, revision, number, after)
    except SanbanError as error:
        return Refused("no_rules", error.message, error.example)


def _rivals(needs: Needs, revision: Revision) -> tuple[RevisionLine, ...]:
    """The other pending proposals that change the same place otherwise, a page of them at most."""
    asked = {"place": revision.change.place, "revision": revision.id, "most": PAGE}
    rivals = (revision_of(needs, one) for (one,) in needs.reader.query(_RIVALS, asked))
    return tuple(line_of(needs, one) for one in rivals if one is not None)


def _as_seen(needs: Needs, viewer: Actor, result: Replayed) -> Replayed:
    """The result with the numbers of those cases alone that the viewer may know of; all are counted."""

    def seen(several: tuple[Named, ...]) -> tuple[Named, ...]:
        known = [tuple(number for number in one.numbers if needs.knows(viewer, number)) for one in several]
        return tuple(msgspec.structs.replace(one, numbers=few) for one, few in zip(several, known, strict=True))

    return msgspec.structs.replace(result, lost=seen(result.lost), unmapped=seen(result.unmapped))
