"""Notices put together: what the slice is given of cases, requests and settings, its reaction, and its courier."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sanban.adapters.carriers import MemoryCarrier, ProviderCarrier, ReceiverCarrier
from sanban.intake.aggregate import stream_of
from sanban.intake.decide import digest
from sanban.intake.request import Request
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.notice import read_quiet
from sanban.ledger.reading.reactions import Reaction
from sanban.ledger.settings import NoticeSettings
from sanban.ledger.vault import erased_persons
from sanban.main.learning.advising import spot_of
from sanban.main.meeting.facts import OFFLINE_LAG
from sanban.main.telling.receipts import receipt_of
from sanban.notices.ports import Asker, Carrier, Needs, OfficerAddress, Policy, UnitAddress
from sanban.notices.queueing import TYPES, follow
from sanban.notices.sending import WEBHOOK, Counted, Courier
from sanban.notices.webhooks.signing import signed_headers
from sanban.notices.webhooks.subscriber import TYPES as SUBSCRIBED
from sanban.notices.webhooks.telling import EventParcels, follow_for_subscribers, subscribers_of
from sanban.web.access.officers import Officers

if TYPE_CHECKING:
    from sanban.main.house import House

NAME = "notices"
WEBHOOKS = "webhooks"
BASE = "seven-steps"
MEMORY = "memory://"
CHANNELS = ("sms", "mail", "wecom")
LOCK = "courier.lock"

__all__ = ["courier_of", "needs_of", "reactions", "receipt_of", "round_of"]


def needs_of(house: House) -> Needs:
    """What notices work with in this deployment."""
    return Needs(
        ledger=house.ledger,
        reader=house.reader,
        policy=policy_of(house.home.settings.notices, house.home.settings.language),
        duty=lambda: house.district.duty,
        links=lambda: house.cases.links_now(house.reader),
        calendar=house.calendar,
        decode=lambda event: house.cases.decode(event.type, event.v, event.payload),
        askers=partial(_askers, house),
        mechanism=house.cases.pinned,
        texts=partial(_text, house),
        clock=house.clock,
        erased=partial(_erased, house),
        desk=house.district.desk,
        officers=partial(_officers, Officers(house.home.folder)),
    )


def _officers(officers: Officers) -> list[OfficerAddress]:
    """Those who have an address and may sign in."""
    told = [one for one in officers.all() if one.notify and not one.disabled]
    return [OfficerAddress(one.account, one.unit, one.party, *one.notify.split(":", 1)) for one in told]


def policy_of(settings: NoticeSettings, language: str) -> Policy:
    """The settings as notices read them."""
    units: dict[str, UnitAddress] = {}
    for line in settings.units:
        unit, _, where = line.partition("=")
        channel, _, to = where.partition(":")
        units[unit] = UnitAddress(channel, to)
    return Policy(
        channels=frozenset(name for name in CHANNELS if getattr(settings, name)),
        units=units,
        quiet=read_quiet(settings.quiet),
        link=settings.link,
        attempts=settings.attempts,
        language="en" if language == "en" else "zh",
    )


def reactions(house: House) -> tuple[Reaction, ...]:
    """The reactions that queue notices, where the settings name a channel, and events, where somebody subscribed."""
    needs, settings = needs_of(house), house.home.settings.notices
    found = []
    if any(getattr(settings, name) for name in CHANNELS):
        found.append(Reaction(NAME, partial(follow, needs), TYPES))
    if subscribers_of(needs):
        found.append(Reaction(WEBHOOKS, partial(follow_for_subscribers, needs), SUBSCRIBED))
    return tuple(found)


def courier_of(house: House) -> Courier:
    """The courier with its carriers."""
    needs = needs_of(house)
    return Courier(needs, house.carriers, {WEBHOOK: EventParcels(needs, house.home.district)})


def carriers_of(settings: NoticeSettings, mode: str) -> dict[str, Carrier]:
    """A carrier for each channel of the settings, and one for webhooks. Raises SanbanError for one it cannot open."""
    found: dict[str, Carrier] = {WEBHOOK: receiver(mode)}
    for channel in CHANNELS:
        url = getattr(settings, channel)
        if url == MEMORY and mode == "production":
            raise SanbanError(f"notices.{channel}: production tells people really", "json://gateway.example/sms/{to}")
        if url:
            found[channel] = MemoryCarrier() if url == MEMORY else ProviderCarrier(url)
    return found


def receiver(mode: str) -> ReceiverCarrier:
    """The carrier of webhooks; only a demo calls addresses inside."""
    return ReceiverCarrier(signed_headers, lambda: int(time.time()), open_inside=mode == "demo")


def round_of(house: House, courier: Courier, patience: int = 0) -> Counted:
    """One round of the courier, unless another process of this home is on its way."""
    lock = os.open(house.home.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return courier.round(house.clock(), patience)
    except BlockingIOError:
        return Counted()
    finally:
        os.close(lock)


def _askers(house: House, ids: Sequence[str]) -> Mapping[str, Asker]:
    found: dict[str, Asker] = {}
    for request_id in ids:
        request = house.reader.state(stream_of(request_id))
        if isinstance(request, Request):
            found[request_id] = _asker(house, request)
    return found


def _asker(house: House, request: Request) -> Asker:
    """The receipt is worked out again from the command that filed the request; it stands nowhere in the clear."""
    received = request.received
    receipt = ""
    if received.receipt:
        first = house.reader.events(stream_of(request.id), at=received.at)[0]
        receipt = receipt_of(house.party_key, first.command_id)
        receipt = receipt if digest(receipt) == received.receipt else ""
    return Asker(
        request=request.id,
        number=received.number,
        person=received.requester,
        channel=received.channel,
        phone=received.phone,
        receipt=receipt,
        reply=request.answer,
        ending=request.ending,
        taken_over=not received.receipt and received.at - received.received_at > OFFLINE_LAG,
    )


def _text(house: House, mechanism: str, path: str) -> Title | None:
    """The matter's own text, else the base's, else what an answer on the spot is called."""
    matter = house.matters.keys.get(mechanism)
    found = matter.texts.get(path) if matter else None
    if found is not None:
        return found
    base = house.matters.version_of(BASE, house.clock())
    known = base.texts.get(path) if base else None
    on_the_spot = spot_of(house.district_folder).endings.get(path.removeprefix("grounds."))
    return known or (on_the_spot.title if on_the_spot else None)


def _erased(house: House, persons: Collection[str]) -> Collection[str]:
    with house.reader.source.lookup() as lookup:
        return erased_persons(lookup, sorted(set(persons))) if persons else ()
