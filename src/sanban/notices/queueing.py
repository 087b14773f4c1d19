"""The reaction: an event that has to be told of is followed by one command that queues every notice about it.

The texts go into the vault under the key of the person they are for; the outbox gets refs, codes and instants. Who
cannot be reached gets a notice without a channel, which the desk sees as somebody to call; a newer one about the same
case takes its place. An erasure withdraws what was still waiting for the person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID, uuid5

from sanban.kernel.case.state import Case
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Stored, Submission
from sanban.notices.addresses import Reader, parties_of, readers_of
from sanban.notices.aggregate import stream_of
from sanban.notices.composing import (
    NEWS,
    TOLD_CASE_EVENTS,
    TOLD_REQUEST_EVENTS,
    Draft,
    draft_of_request,
    drafts_of,
)
from sanban.notices.ports import Asker, Needs
from sanban.notices.reach import Reach
from sanban.notices.reach import stream_of as reach_stream

SYSTEM = Actor("system", "system")
NOTICES = UUID("c2b0d9b6-7a0e-5c51-9d0c-3d7b0e6a4f21")
ERASED = "person.erased"
TYPES = TOLD_CASE_EVENTS | frozenset(TOLD_REQUEST_EVENTS) | {ERASED}

MOBILE = re.compile(r"(\+?86)?1[3-9][0-9]{9}")
"""A number that takes messages. Source: numbering plan of the Chinese mainland, 11 digits from 13 to 19."""
ONLINE = frozenset({"web", "app", "wechat"})
"""Who came this way can follow a link; who phoned, wrote or came in person is sent none."""
NEEDS_A_CALL = frozenset({"dispatched", "lengthened", "closed", "reopened"})
FOLLOW = {"zh": "查询进度：{link}", "en": "Follow it: {link}"}

_WAITING_FOR = (
    "SELECT notice FROM notice_outbox WHERE district = :district AND recipient = :recipient AND state IN "
    "(:waiting, :failed, :unreachable) LIMIT 1000"
)
_TO_CALL = (
    "SELECT notice FROM notice_outbox WHERE district = :district AND recipient = :recipient AND state = :unreachable "
    "AND case_id = :case LIMIT 100"
)


def follow(needs: Needs, event: Stored) -> Sequence[Submission]:
    """What follows an event: at most one submission."""
    parts: list[Part] = []
    secrets: list[Secret] = []
    if event.type == ERASED:
        parts = _withdrawn(needs, event.stream)
    elif event.recorded_at >= needs.clock() - NEWS:
        drafts = _living(needs, _drafts(needs, event), event.recorded_at)
        for draft in drafts:
            _queue(needs, event, draft, parts, secrets)
    return (Submission("", SYSTEM, tuple(parts), secrets=tuple(secrets)),) if parts else ()


def _drafts(needs: Needs, event: Stored) -> Sequence[Draft]:
    kind = TOLD_REQUEST_EVENTS.get(event.type)
    stream_id = event.stream.partition(":")[2]
    if kind is not None:
        asker = needs.askers([stream_id]).get(stream_id)
        return draft_of_request(needs, kind, asker) if asker else ()
    case = needs.reader.state(event.stream, at=event.recorded_at)
    return drafts_of(needs, needs.decode(event), case, event.recorded_at) if isinstance(case, Case) else ()


def _living(needs: Needs, drafts: Sequence[Draft], at: int) -> list[Draft]:
    """Without the erased, records taken over from elsewhere, people whom nothing reaches, and units without address."""
    gone = needs.erased([draft.recipient for draft in drafts if draft.asker])
    reaches_people = bool(needs.policy.channels)
    return [
        draft
        for draft in drafts
        if (
            readers_of(needs, draft.recipient, at)
            if draft.asker is None
            else reaches_people and draft.recipient not in gone and not draft.asker.taken_over
        )
    ]


def _queue(needs: Needs, event: Stored, draft: Draft, parts: list[Part], secrets: list[Secret]) -> None:
    if draft.asker is None:
        for reader in readers_of(needs, draft.recipient, event.recorded_at):
            if not _is_about(needs, draft, reader.recipient, event.recorded_at):
                _queue_for(needs, event, draft, reader, "", parts, secrets)
        return
    channel, address = _reach(needs, draft.asker)
    if not channel and draft.kind not in NEEDS_A_CALL:
        return
    if draft.case:
        parts.extend(_overtaken(needs, draft))
    _queue_for(needs, event, draft, Reader(draft.recipient, channel), address, parts, secrets)


def _is_about(needs: Needs, draft: Draft, recipient: str, at: int) -> bool:
    """Whether the case is about an officer of the unit, or whom they stand for."""
    case = needs.reader.state(f"case:{draft.case}")
    parties = needs.links().stands_for(parties_of(needs, recipient), at)
    return isinstance(case, Case) and not case.subjects.isdisjoint(parties)


def _queue_for(
    needs: Needs, event: Stored, draft: Draft, reader: Reader, address: str, parts: list[Part], secrets: list[Secret]
) -> None:
    """One notice for one who reads it."""
    key = f"{event.position}\n{event.stream}\n{event.seq}\n{draft.kind}\n{reader.recipient}"
    notice_id = str(uuid5(NOTICES, key))
    ref = f"v:{uuid5(NOTICES, f'text {notice_id}').hex}"
    args = {
        "kind": draft.kind,
        "channel": reader.channel,
        "recipient": reader.recipient,
        "text": ref,
        "address": address,
        "case": draft.case,
        "request": draft.asker.request if draft.asker else "",
        "position": event.position,
        "after": draft.after,
        "urgent": draft.urgent,
        "clock": draft.clock,
    }
    parts.append(Part(stream_of(notice_id), "queue", args))
    person = draft.recipient if draft.asker else f"unit:{draft.recipient}"
    secrets.append(Secret(ref, person, "notice", _with_link(needs, draft)))


def _reach(needs: Needs, asker: Asker) -> tuple[str, str]:
    """The channel that reaches a person and the ref of their address; '' and '' when there is none, or not wanted."""
    if "sms" not in needs.policy.channels or not asker.phone or _wish(needs, asker) == "no_notices":
        return "", ""
    phone = re.sub(r"[\s\-()]", "", needs.reader.open_secrets([asker.phone]).get(asker.phone, ""))
    return ("sms", asker.phone) if MOBILE.fullmatch(phone) else ("", "")


def _wish(needs: Needs, asker: Asker) -> str:
    known = needs.reader.state(reach_stream(asker.person))
    return known.wish if isinstance(known, Reach) else "usual"


def _with_link(needs: Needs, draft: Draft) -> str:
    """The text; for those who filed online, with where to follow their request."""
    policy, asker = needs.policy, draft.asker
    if asker is None or not policy.link or asker.channel not in ONLINE or _wish(needs, asker) != "usual":
        return draft.text
    return f"{draft.text} {FOLLOW[policy.language].replace('{link}', policy.link)}"


def _overtaken(needs: Needs, draft: Draft) -> list[Part]:
    """Calls about the case that nobody made yet: the newer notice says more."""
    rows = needs.reader.query(
        _TO_CALL, {"recipient": draft.recipient, "unreachable": "unreachable", "case": draft.case}
    )
    return [Part(stream_of(notice), "withdraw", {"ground": "overtaken"}) for (notice,) in rows]


def _withdrawn(needs: Needs, person: str) -> list[Part]:
    states = {"waiting": "waiting", "failed": "failed", "unreachable": "unreachable"}
    rows = needs.reader.query(_WAITING_FOR, {"recipient": person, **states})
    return [Part(stream_of(notice), "withdraw", {"ground": "erased"}) for (notice,) in rows]
