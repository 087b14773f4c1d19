"""The events of a notice, in the stream `notice:<id>`.

Codes, instants, ids and refs alone: what the notice says and where it goes stand in the vault under the key of the
person it is for. Fields are only ever added, with defaults. `at` is the instant of recording, microseconds UTC.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef


class NoticeEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int


class NoticeQueued(NoticeEvent, frozen=True, tag="notice.queued"):
    """Somebody has to be told something.

    `kind`: of notice, or of event for a subscriber. `channel` '' = there is none: the desk has to call. `recipient`: a
    person's id, a unit's code or a subscriber's id. `address`: ref of where to, '' where settings say it. `position`:
    of the event it tells of. `next_at`: not sent before. `urgent`: does not wait for the end of quiet hours. `clock`:
    what a reminder is about.
    """

    id: Id
    kind: Code
    channel: Code
    recipient: Id
    text: TextRef = ""
    address: TextRef = ""
    case: Id = ""
    request: Id = ""
    position: int = 0
    next_at: int = 0
    urgent: bool = False
    clock: Id = ""


class NoticeSent(NoticeEvent, frozen=True, tag="notice.sent"):
    """The channel took it: from now on it counts as told. `attempt` counts from 1.

    `reader`: who of the unit got it in place of the recipient, '' = the recipient.
    """

    attempt: int
    reader: Id = ""


class NoticeDelayed(NoticeEvent, frozen=True, tag="notice.delayed"):
    """An attempt failed for the moment; the next is due at `next_at`."""

    attempt: int
    code: Code
    next_at: int


class NoticeFailed(NoticeEvent, frozen=True, tag="notice.failed"):
    """No further attempt by itself; the desk sees it."""

    attempt: int
    code: Code


class NoticeWithdrawn(NoticeEvent, frozen=True, tag="notice.withdrawn"):
    """Not sent and not needed any more: the person was erased, the work was done, the recipient may not know.

    `reader`: who of the unit would have got it in place of the recipient, '' = the recipient, or nobody.
    """

    ground: Code
    reader: Id = ""


class NoticeRetried(NoticeEvent, frozen=True, tag="notice.retried"):
    """The desk wants it tried again; attempts count anew. `by`: its account."""

    by: Code


class NoticeTold(NoticeEvent, frozen=True, tag="notice.told"):
    """The desk told the person itself, by phone for instance. `by`: its account."""

    by: Code


Event = NoticeQueued | NoticeSent | NoticeDelayed | NoticeFailed | NoticeWithdrawn | NoticeRetried | NoticeTold
