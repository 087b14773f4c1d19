"""Pages of revision: what the ledger proposes, and one proposal with its evidence, its replay and the decision.

/revisions               every proposal, the newest first
/revisions/{id}          the change in words, the cases behind it, what a replay says, what came of it; the two forms
/revisions/{id}/replayed the cases behind a number of a replay, or a side of its effect
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import quote, urlencode

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import (
    PageAnswer,
    Pager,
    PageRequest,
    PageRoute,
    Redirected,
    Shown,
    Waiting,
    phrase,
)
from sanban.revision.aggregate import DECIDERS, GROUNDS, Revision
from sanban.revision.deciding import approve, refuse
from sanban.revision.opening import NUMBERS, RESPONSES, Number
from sanban.revision.ports import Approval, Called, Needs
from sanban.revision.replay.result import Replayed
from sanban.revision.round import RoundMade
from sanban.revision.seeing import (
    NO_REVISION,
    ROLES,
    ReplayedCases,
    RevisionLine,
    RevisionView,
    line_of,
    lines,
    opened,
    revision_of,
    view_of,
    waiting,
)

LIST = "/revisions"
DONE = {
    "approve": phrase("Approved: the new version is in force from its day."),
    "refuse": phrase("Refused: this change is not proposed again."),
}


class ListContext(msgspec.Struct, frozen=True):
    """`revision/revisions.html`. `round`: the last by which the ledger looked by itself."""

    lines: tuple[RevisionLine, ...]
    pager: Pager
    round: RoundMade | None


class RevisionContext(msgspec.Struct, frozen=True):
    """`revision/revision.html`. `units`, `called`: what the codes of the replays are called; `typed`: a form that was
    not taken, and its `fault`.
    """

    revision: RevisionView
    pager: Pager
    units: Mapping[str, Title]
    called: Mapping[str, Title]
    grounds: Mapping[str, Title]
    typed: Mapping[str, str] = {}
    fault: Refused | None = None


class ReplayedContext(msgspec.Struct, frozen=True):
    """`revision/replayed.html`. `about`, `instead`: what the number is of, and to whom its orders go instead."""

    line: RevisionLine
    number: Number
    about: Title | None
    instead: Title | None
    found: ReplayedCases
    pager: Pager


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The two pages and the targets of the forms."""
    one = f"{LIST}/{{revision_id}}"
    return (
        PageRoute(
            "GET", LIST, "revision.list", partial(_list, needs), roles=ROLES, menu=phrase("Revisions"), icon="edit",
            order=45,
        ),
        PageRoute("GET", one, "revision.show", partial(_show, needs), roles=ROLES),
        PageRoute("GET", f"{one}/replayed", "revision.replayed", partial(_replayed, needs), roles=ROLES),
        PageRoute("POST", f"{one}/approve", "revision.approve", partial(_decide, needs, "approve"), roles=DECIDERS),
        PageRoute("POST", f"{one}/refuse", "revision.refuse", partial(_decide, needs, "refuse"), roles=DECIDERS),
    )  # fmt: skip


def waits(needs: Needs, viewer: Actor, _now: int) -> Waiting | None:
    """Proposals that wait for a decision of the viewer's."""
    count = waiting(needs) if viewer.role in DECIDERS else 0
    return Waiting(phrase("Revisions"), LIST, "edit", count, 0, phrase("overdue")) if count else None


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    page = lines(needs, asked.asked("after"))
    return Shown("revision/revisions.html", ListContext(page.items, _pager(LIST, asked, page.next), page.round))


def _pager(here: str, asked: PageRequest, following: str) -> Pager:
    return Pager(here if asked.asked("after") else "", f"{here}?after={following}" if following else "")


def _show(needs: Needs, asked: PageRequest) -> PageAnswer:
    revision = revision_of(needs, asked.path["revision_id"])
    return NO_REVISION if revision is None else _shown(needs, asked, revision)


def _replayed(needs: Needs, asked: PageRequest) -> PageAnswer:
    revision, number = revision_of(needs, asked.path["revision_id"]), _number(asked)
    if revision is None or number is None:
        return NO_REVISION
    found = opened(needs, asked.viewer, revision, number, asked.asked("after"))
    if isinstance(found, Refused):
        return found
    query = urlencode({"as": number.response, "of": number.of, "code": number.code, "other": number.other})
    here = f"{LIST}/{quote(revision.id)}/replayed?{query}"
    pager = Pager(here if asked.asked("after") else "", f"{here}&after={quote(found.next)}" if found.next else "")
    about, instead = _about(needs, number), needs.unit(number.other) if number.of == "sent" and number.other else None
    return Shown(
        "revision/replayed.html", ReplayedContext(line_of(needs, revision), number, about, instead, found, pager)
    )


def _number(asked: PageRequest) -> Number | None:
    """The number that the address names; None where no replay has one called so."""
    response = next((one for one in RESPONSES if one == asked.asked("as")), None)
    of = next((one for one in NUMBERS if one == asked.asked("of")), None)
    return None if response is None or of is None else Number(response, of, asked.asked("code"), asked.asked("other"))


def _about(needs: Needs, number: Number) -> Title | None:
    """What a number is of; None of the cases themselves, and of nobody's orders."""
    if number.of in ("sent", "load"):
        return needs.unit(number.code) if number.code else None
    kind: Called = "figure" if number.of == "figure" else "step" if number.of in ("lost", "unmapped") else "limit"
    return needs.called(kind, number.code) if number.code else None


def _decide(needs: Needs, step: str, asked: PageRequest) -> PageAnswer:
    revision = revision_of(needs, asked.path["revision_id"])
    if revision is None:
        return NO_REVISION
    if step == "approve":
        approval = Approval(asked.given("day"), asked.given("authority"), asked.given("document"))
        fault = approve(needs, asked.viewer, asked.now, asked.command_id, revision, approval)
    else:
        fault = refuse(needs, asked.viewer, asked.command_id, revision, asked.given("ground"))
    if fault is not None:
        return _shown(needs, asked, revision, fault)
    return Redirected(f"{LIST}/{quote(revision.id)}", DONE[step])


def _shown(needs: Needs, asked: PageRequest, revision: Revision, fault: Refused | None = None) -> Shown:
    view = view_of(needs, asked.viewer, revision, asked.asked("after"))
    pager = _pager(f"{LIST}/{quote(revision.id)}", asked, view.next)
    units = {code: needs.unit(code) for one in view.results for code in _units_of(one)}
    called = {f"{kind}.{code}": needs.called(kind, code) for one in view.results for kind, code in _codes_of(one)}
    typed = {name: asked.given(name) for name in asked.form} if fault else {}
    context = RevisionContext(view, pager, units, called, GROUNDS, typed, fault)
    return Shown("revision/revision.html", context, 422 if fault else 200)


def _units_of(result: Replayed) -> Iterator[str]:
    """The units that a replay speaks of."""
    for sent in result.dispatches:
        yield from filter(None, (sent.unit, sent.instead))
    yield from (load.unit for load in result.workload)


def _codes_of(result: Replayed) -> Iterator[tuple[Called, str]]:
    """The limits, figures and steps that a replay counts by."""
    yield from (("limit", one.limit) for one in result.moved)
    yield from (("limit", one.code) for one in result.overdue)
    yield from (("figure", one.code) for one in result.figures)
    yield from (("step", one.step) for one in (*result.lost, *result.unmapped))
