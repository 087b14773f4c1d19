"""Earlier requests that may be the same problem, as the desk compares them: what was said, how far apart, and why.

The index finds them; the desk is told of those alone that this viewer may see, with the words that they may read: a
request without a case if it waits at their desk, one with a case as far as the case shows it. What is left out is not
counted either. When the desk decides, what was suggested is kept with the name of what suggested it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.desk.deciding import command_of
from sanban.intake.desk.excerpt import excerpt
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import ACT_ROLES, may_see, titles_of
from sanban.intake.duplicates.online import Alike
from sanban.intake.duplicates.ports import Stands, refs_of, telling
from sanban.intake.ports import Behind, Like, Needs
from sanban.intake.request import Request
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import DAMAGED
from sanban.ledger.port import Part, Submission

KEPT_AT_MOST = 5
NOTHING = Behind()


class Visible:
    """The requests that one viewer may see, and what of their words; each is looked at once."""

    def __init__(self, needs: Needs, viewer: Actor, now: int) -> None:
        self._needs = needs
        self._viewer = viewer
        self._now = now
        self._known: dict[str, Request | None] = {}
        self._cases: dict[str, Behind] = {}

    def request(self, request_id: str) -> Request | None:
        """The request; None for those whose business it is not."""
        if request_id not in self._known:
            self._known[request_id] = self._looked(request_id)
        return self._known[request_id]

    def texts(self, requests: Sequence[str]) -> Mapping[str, str]:
        """See `duplicates.ports.ReadsTexts`. What has no case yet is read by those who decide on it."""
        seen = [one for one in map(self.request, requests) if one is not None]
        self.look({one.case for one in seen if one.case})
        acts = self._viewer.role in ACT_ROLES
        refs = {one.received.text: one.id for one in seen if acts and not one.case}
        opened = self._needs.reader.open_secrets(list(refs))
        waiting = {refs[ref]: text for ref, text in opened.items() if text != DAMAGED}
        return waiting | {one.id: text for one in seen if one.case and (text := self._in_case(one))}

    def _looked(self, request_id: str) -> Request | None:
        found = request_of(self._needs, request_id)
        return found if found is not None and may_see(self._viewer, self._needs, found, self._now) else None

    def behind(self, case: str) -> Behind:
        """What the viewer may know of the requests in a case."""
        self.look((case,))
        return self._cases[case]

    def look(self, cases: Collection[str]) -> None:
        """Looks at all these cases at once, for `behind` to say."""
        if unknown := [case for case in cases if case not in self._cases]:
            found = self._needs.joins.behind(self._viewer, unknown, self._now)
            self._cases |= {case: found.get(case, NOTHING) for case in unknown}

    def same_person(self, one: Request, other: Request) -> bool | None:
        """Whether one person made both; None where the viewer may not know."""
        may_know = not one.case or self.behind(one.case).persons
        return one.received.requester == other.received.requester if may_know else None

    def _in_case(self, request: Request) -> str:
        return self.behind(request.case).words.get(request.id, "")


def likes(needs: Needs, viewer: Actor, request: Request, now: int, seen: Visible | None = None) -> tuple[Like, ...]:
    """Earlier requests that may be the same problem, likeliest first. `seen`: what of them was looked at already."""
    seen, titles = seen or Visible(needs, viewer, now), titles_of(needs.matters(now))
    found = [(one, seen.request(one.request)) for one in _suggested(needs, request, now, seen)]
    texts = seen.texts([one.request for one, known in found if known is not None])
    return tuple(
        msgspec.structs.replace(_like(one, known, texts, titles), same_person=seen.same_person(known, request))
        for one, known in found
        if known is not None
    )


def keep(needs: Needs, viewer: Actor, command_id: str, request: Request, now: int) -> None:
    """Keeps what is suggested beside what the desk is about to decide. Advice: a refusal of it stops nothing."""
    found = _suggested(needs, request, now, None)[:KEPT_AT_MOST]
    if not needs.earlier.model:
        return
    alike = [
        {"request": one.request, "share": one.share, "reasons": [why.code for why in one.reasons]} for one in found
    ]
    part = Part(stream_of(request.id), "compare", {"model": needs.earlier.model, "alike": alike})
    needs.ledger.submit(Submission(command_of(command_id, "compare"), viewer, (part,)))


def _suggested(needs: Needs, request: Request, now: int, texts: Visible | None) -> Sequence[Alike]:
    stands = Stands(request.best.matter if request.best else "", request.received.desk)
    told = telling(request, stands, needs.reader.open_secrets(refs_of(request)), needs.duty.grids)
    return needs.earlier.suggest(told, now, texts)


def _like(found: Alike, request: Request, texts: Mapping[str, str], titles: Mapping[str, Title]) -> Like:
    matter = request.best.matter if request.best else ""
    return Like(
        request=request.id,
        number=request.received.number,
        received_at=request.received.received_at,
        matter=titles.get(matter, Title(matter, matter)),
        case=request.case,
        text=excerpt(texts.get(request.id, "")),
        share=found.share,
        reasons=found.reasons,
        grid=request.grid,
    )
