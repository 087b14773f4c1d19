"""The courier: takes what is due out of the outbox and carries it, outside any transaction.

    lanes: one for each channel, and for webhooks one for each subscriber; none waits for another
    due rows of a lane --> may it still be told? --no--> withdraw
                        |yes
                        v
              carrier (key = the notice's id) --> send | delay | delay with no attempt left

The outcome is a command with an id of its own for every attempt. A crash between carriage and command means that the
same key is carried again: at least once, and whoever knows the key can drop the repeat. In quiet hours only what is
urgent goes, and only to units whose people are on duty.

A subscriber that does not take an event is left alone for the rest of the round, and afterwards for as long as that
event is delayed: what failed most often is tried first, so that the delay grows for the subscriber as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from uuid import uuid5

import msgspec
import structlog

from sanban.kernel.case.facts import running_clocks
from sanban.kernel.case.state import Case
from sanban.kernel.notice import KINDS, Carried, Parcel
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.notices.addresses import address_of, is_there, parties_of, reader_now
from sanban.notices.aggregate import stream_of
from sanban.notices.composing import own_time_id
from sanban.notices.notice import Notice
from sanban.notices.ports import Carrier, Needs
from sanban.notices.queueing import NOTICES

COURIER = Actor("courier", "system")
PAGE = 100
MOST_LANES = 8
NEVER = 1 << 62
WEBHOOK = "webhook"
TITLES = {"zh": "接诉快办通知", "en": "Notice about a request"}

_DUE = (
    "SELECT -attempts, next_at, position, notice, kind, channel, recipient, urgent FROM notice_outbox "
    "WHERE district = :district AND state = :waiting AND next_at <= :now AND channel = :channel "
    "AND (:recipient = '' OR recipient = :recipient) AND (urgent OR channel = :webhook OR :loud = 1) "
    "AND (-attempts, next_at, position, notice) > (:rank, :next_at, :position, :notice) "
    "ORDER BY -attempts, next_at, position, notice LIMIT :limit"
)
_CHANNELS = (
    "SELECT DISTINCT channel FROM notice_outbox WHERE district = :district AND state = :waiting AND next_at <= :now "
    "AND channel <> :webhook ORDER BY channel"
)
_SUBSCRIBERS = (
    "SELECT recipient || '' FROM notice_outbox WHERE district = :district AND state = :waiting AND channel = :webhook "
    "GROUP BY recipient || '' HAVING MIN(next_at) <= :now "
    "AND MAX(CASE WHEN attempts > 0 THEN next_at ELSE 0 END) <= :now ORDER BY recipient || ''"
)
"""Grouped by the column itself, SQLite would read all that was ever sent, as it comes in that order."""

log = structlog.get_logger("sanban.notices")


class Counted(msgspec.Struct, frozen=True):
    """What one round did. `held`: urgent, and nobody is on duty to read it."""

    sent: int = 0
    delayed: int = 0
    withdrawn: int = 0
    held: int = 0


class Lane(msgspec.Struct, frozen=True):
    """What is carried apart from all else: a channel, or of it what one recipient gets."""

    channel: str
    recipient: str = ""


class Due(msgspec.Struct, frozen=True, array_like=True):
    """A row of the outbox that is due."""

    rank: int
    next_at: int
    position: int
    notice: str
    kind: str
    channel: str
    recipient: str
    urgent: bool


class Wrapped(msgspec.Struct, frozen=True):
    """A notice made ready: the parcel, or why it is withdrawn. `channel`: where it goes now, '' = as it was queued.

    `reader`: who of the unit gets it in place of its recipient, '' = the recipient, or nobody.
    """

    parcel: Parcel | None = None
    ground: str = ""
    channel: str = ""
    reader: str = ""


class Wraps(Protocol):
    """Makes parcels of a channel's notices where they are not texts for people."""

    def wrap(self, notice: Notice, now: int) -> Wrapped:
        """The parcel, or why there is none any more."""
        ...


class Courier:
    """Carries notices. `carriers` by channel; `wraps` makes parcels of channels that are not texts for people."""

    def __init__(self, needs: Needs, carriers: Mapping[str, Carrier], wraps: Mapping[str, Wraps] | None = None) -> None:
        self._needs = needs
        self._carriers = carriers
        self._wraps = wraps or {}

    def round(self, now: int, patience: int = 0) -> Counted:
        """Carries everything due at `now` (microseconds UTC), each notice once.

        `patience`: after so many microseconds a lane leaves the rest to the next round; 0 = it ends when it is done.
        """
        lanes = self._lanes(now)
        until = self._needs.clock() + patience if patience else NEVER
        with ThreadPoolExecutor(MOST_LANES, "sanban-courier") as pool:
            carried = list(pool.map(lambda lane: self._carry_lane(lane, now, until), lanes))
        taken = Counter(step for steps in carried for step in steps)
        return Counted(taken["send"], taken["delay"], taken["withdraw"], taken[""])

    def _lanes(self, now: int) -> list[Lane]:
        """Those with something due; channels that people wait on come first."""
        given = {"waiting": "waiting", "now": now, "webhook": WEBHOOK}
        channels = [Lane(str(channel)) for (channel,) in self._needs.reader.query(_CHANNELS, given)]
        return [*channels, *(Lane(WEBHOOK, str(name)) for (name,) in self._needs.reader.query(_SUBSCRIBERS, given))]

    def _carry_lane(self, lane: Lane, now: int, until: int) -> list[str]:
        """The steps that were taken of a lane's notices."""
        steps = []
        for due in self._due(lane, now):
            if self._needs.clock() >= until:
                break
            steps.append("" if self._is_held(due, now) else self._take(due, now))
            if steps[-1] == "delay" and lane.recipient:
                break
        return steps

    def _due(self, lane: Lane, now: int) -> Iterator[Due]:
        place = {"rank": -(2**31), "next_at": -1, "position": -1, "notice": ""}
        given = {"waiting": "waiting", "now": now, "limit": PAGE, "webhook": WEBHOOK, "loud": int(self._is_loud(now))}
        asked = {**given, "channel": lane.channel, "recipient": lane.recipient}
        while rows := self._needs.reader.query(_DUE, {**asked, **place}):
            for row in rows:
                yield msgspec.convert((*row[:-1], bool(row[-1])), Due)
            place = dict(zip(place, rows[-1], strict=False))

    def _take(self, due: Due, now: int) -> str:
        """The step that was taken; '' when it has to wait."""
        notice = self._needs.reader.state(stream_of(due.notice))
        if not isinstance(notice, Notice) or notice.state != "waiting":
            return ""
        wrapped = self._wrap(notice, now)
        other: dict[str, object] = {"reader": wrapped.reader} if wrapped.reader else {}
        if wrapped.parcel is None:
            return self._submit(notice, "withdraw", {"ground": wrapped.ground, **other})
        carried = self._carry(wrapped.channel or notice.queued.channel, wrapped.parcel)
        if carried.outcome == "sent":
            return self._submit(notice, "send", other)
        most = self._needs.policy.attempts if carried.outcome == "later" else 0
        log.warning("notice_not_carried", notice=due.notice, channel=due.channel, code=carried.code)
        return self._submit(notice, "delay", {"code": carried.code or "no_reason", "most": most})

    def _is_held(self, due: Due, now: int) -> bool:
        """Whether even what is urgent has to wait for somebody to be there."""
        return due.channel != WEBHOOK and not self._is_loud(now) and not is_there(self._needs, due.recipient, now)

    def _is_loud(self, now: int) -> bool:
        """Whether it is no quiet hour."""
        return not self._needs.policy.quiet.holds(self._needs.calendar.time_of_day(now))

    def _wrap(self, notice: Notice, now: int) -> Wrapped:
        other = self._wraps.get(notice.queued.channel)
        if other is not None:
            return other.wrap(notice, now)
        return wrapped_text(self._needs, notice, now)

    def _carry(self, channel: str, parcel: Parcel) -> Carried:
        carrier = self._carriers.get(channel)
        if carrier is None:
            return Carried("later", "channel_missing")
        try:
            return carrier.carry(parcel)
        except Exception as error:  # whatever a provider's library does, the next notice must go on
            log.error("carrier_failed", channel=channel, kind=type(error).__name__)
            return Carried("later", "carrier_failed")

    def _submit(self, notice: Notice, step: str, args: dict[str, object]) -> str:
        stream = stream_of(notice.queued.id)
        attempt = f"{notice.attempts}\n{notice.next_at}\n{step}"
        command_id = str(uuid5(NOTICES, f"{stream}\n{attempt}"))
        self._needs.ledger.submit(Submission(command_id, COURIER, (Part(stream, step, args),)))
        return step


def wrapped_text(needs: Needs, notice: Notice, now: int) -> Wrapped:
    """A text for a person or a unit, unless there is nobody to read it, nothing to tell, or they may not know it."""
    queued = notice.queued
    kind = KINDS.get(queued.kind)
    is_unit = kind is not None and kind.audience == "unit"
    reader = reader_now(needs, queued, now) if is_unit else queued.recipient
    other = "" if reader == queued.recipient else reader
    ground = _settled(needs, notice, reader, now)
    if ground:
        return Wrapped(ground=ground, reader=other)
    opened = needs.reader.open_secrets([ref for ref in (queued.text, queued.address) if ref])
    address = address_of(needs, reader) if is_unit and reader else None
    to = opened.get(queued.address, "") if not is_unit else address.to if address else ""
    text = opened.get(queued.text, "")
    if not text or not to:
        return Wrapped(ground="no_address" if is_unit else "erased")
    parcel = Parcel(queued.id, to, TITLES[needs.policy.language], text)
    return Wrapped(parcel, channel=address.channel if address else "", reader=other)


def _settled(needs: Needs, notice: Notice, reader: str, now: int) -> str:
    """Why it need not, or may not, be told to the reader any more; '' when it still stands."""
    queued = notice.queued
    case = needs.reader.state(f"case:{queued.case}") if queued.case else None
    if not isinstance(case, Case):
        return ""
    if not case.subjects.isdisjoint(needs.links().stands_for(parties_of(needs, reader), now)):
        return "subject"
    running = {clock.id for clock in running_clocks(case)} | {own_time_id(task) for task in case.open_tasks}
    return "settled" if queued.clock and queued.clock not in running else ""
