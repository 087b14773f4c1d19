"""Which subscribers hear of an event, and the parcel that tells them.

An event is queued for each subscriber that was there when it was recorded and whose types and unit fit; when its turn
comes, everything is asked again: is it still a subscriber, and is the case about anyone it listens for? A case that
turns out to be about the subscriber is withdrawn even though it was queued before.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid5

from sanban.kernel.case.facts import case_facts
from sanban.kernel.case.state import Case
from sanban.kernel.notice import Parcel
from sanban.ledger.port import Part, Stored, Submission
from sanban.notices.aggregate import stream_of
from sanban.notices.composing import NEWS
from sanban.notices.notice import Notice
from sanban.notices.ports import Needs
from sanban.notices.queueing import NOTICES, SYSTEM
from sanban.notices.sending import WEBHOOK, Wrapped
from sanban.notices.webhooks.signing import event_body
from sanban.notices.webhooks.subscriber import Subscriber
from sanban.notices.webhooks.subscriber import stream_of as subscriber_stream

_SUBSCRIBED = (
    "SELECT subscriber FROM webhook_subscriber WHERE district = :district AND removed_at = :still ORDER BY subscriber "
    "LIMIT 1000"
)


def follow_for_subscribers(needs: Needs, event: Stored) -> Sequence[Submission]:
    """What is queued for subscribers after an event: at most one submission."""
    if event.recorded_at < needs.clock() - NEWS:
        return ()
    subscribers = subscribers_of(needs)
    case = needs.reader.state(event.stream, at=event.recorded_at) if subscribers else None
    if not isinstance(case, Case):
        return ()
    parts = [
        _queued(event, case, one)
        for one in subscribers
        if _wants(one, event) and may_hear(needs, one, case, event.recorded_at)
    ]
    return (Submission("", SYSTEM, tuple(parts)),) if parts else ()


def _wants(subscriber: Subscriber, event: Stored) -> bool:
    """Whether it asked for events of this kind, and had done so when this one was recorded."""
    return event.type in subscriber.added.types and subscriber.added.at <= event.recorded_at


def subscribers_of(needs: Needs) -> tuple[Subscriber, ...]:
    """Everyone subscribed now."""
    found = (needs.reader.state(subscriber_stream(id_)) for (id_,) in needs.reader.query(_SUBSCRIBED, {"still": 0}))
    return tuple(one for one in found if isinstance(one, Subscriber) and not one.removed_at)


def may_hear(needs: Needs, subscriber: Subscriber, case: Case, at: int) -> bool:
    """Whether a case is the subscriber's business: its unit or one below works on it, and it is not about them."""
    if not case.subjects.isdisjoint(needs.links().stands_for(subscriber.parties, at)):
        return False
    unit = subscriber.added.unit
    if not unit:
        return True
    facts = case_facts(case)
    at_work = {facts.lead_unit, *facts.co_units, *facts.inner_units, case.desk}
    return any(unit in needs.duty().line_of(one, at) for one in at_work)


class EventParcels:
    """Makes the parcels of the channel `webhook`."""

    def __init__(self, needs: Needs, district: str) -> None:
        self._needs = needs
        self._district = district

    def wrap(self, notice: Notice, now: int) -> Wrapped:
        """The event as it is told, or why it is not told any more."""
        needs, queued = self._needs, notice.queued
        subscriber = needs.reader.state(subscriber_stream(queued.recipient))
        if not isinstance(subscriber, Subscriber) or subscriber.removed_at:
            return Wrapped(ground="removed")
        case = needs.reader.state(f"case:{queued.case}")
        if not isinstance(case, Case) or not may_hear(needs, subscriber, case, now):
            return Wrapped(ground="not_theirs")
        added = subscriber.added
        opened = needs.reader.open_secrets([added.url, added.key])
        stored = needs.reader.since(queued.position - 1, 1)
        if len(opened) < 2 or not stored or stored[0].position != queued.position:
            return Wrapped(ground="removed")
        body = event_body(self._district, stored[0], _data(needs, stored[0]))
        parcel = Parcel(f"{self._district}-{queued.position}", opened[added.url], "", body.decode(), opened[added.key])
        return Wrapped(parcel)


def _queued(event: Stored, case: Case, subscriber: Subscriber) -> Part:
    id_ = str(uuid5(NOTICES, f"webhook\n{event.position}\n{event.stream}\n{event.seq}\n{subscriber.added.id}"))
    args = {
        "kind": event.type,
        "channel": WEBHOOK,
        "recipient": subscriber.added.id,
        "case": case.id,
        "position": event.position,
    }
    return Part(stream_of(id_), "queue", args)


def _data(needs: Needs, stored: Stored) -> dict[str, object]:
    """The case as it stood after the event: codes, counts, instants, its own ids; of people nothing, not even ids."""
    case = needs.reader.state(stored.stream, at=stored.recorded_at)
    assert isinstance(case, Case), "what was queued was an event of a case"
    event = needs.decode(stored)
    return {
        "case": case.id,
        "number": case.number,
        "matter": case.matter,
        "mechanism": case.mechanism,
        "state": case.state,
        "lead": case.lead,
        "step": event.step,
        "sequence": stored.seq,
        "position": stored.position,
        "recorded_at": stored.recorded_at,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "ending": case.ending,
        "supervised": case.supervised,
        "reopened": case.reopened,
        "missed": sum(clock.missed_at is not None for clock in case.clocks),
        "due_at": min((clock.due_at for clock in case.clocks if clock.running and clock.due_at), default=None),
    }
