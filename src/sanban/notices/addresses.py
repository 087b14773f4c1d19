"""Who reads a notice for a unit, and where: the unit's own address, and officers of the unit who have one.

    unit --> its address of the settings            recipient: the unit's code
         --> its officers with an address           recipient: officer:<unit>:<account>

Of a unit that keeps a roster those on duty are told; where none of them has an address, all who have one. Who reads a
notice, and where, is looked up again when it is carried: whoever is no reader of the unit any more gets none, and one
who has become one since gets it instead. Nothing of an address stands in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sanban.kernel.duty import on_duty
from sanban.notices.event import NoticeQueued
from sanban.notices.ports import Needs, OfficerAddress, UnitAddress

OFFICER = "officer"

_TOLD = (
    "SELECT recipient, state FROM notice_outbox WHERE district = :district AND case_id = :case "
    "AND position = :position AND kind = :kind ORDER BY recipient"
)


class Reader(NamedTuple):
    """Somebody who reads a unit's notices: as the outbox knows them, and the channel that reaches them."""

    recipient: str
    channel: str


def readers_of(needs: Needs, unit: str, at: int) -> list[Reader]:
    """Everybody who is told of what concerns the unit at this instant; none where nobody has an address."""
    own = needs.policy.units.get(unit)
    officers = _told(needs, unit, at)
    return [
        *([] if own is None else [Reader(unit, own.channel)]),
        *(Reader(f"{OFFICER}:{unit}:{one.account}", one.channel) for one in officers),
    ]


def reader_now(needs: Needs, queued: NoticeQueued, now: int) -> str:
    """Who reads a unit's notice now: its recipient, else one of the unit whom its event was not told; '' = nobody.

    Those who have come since stand in for those who have left while their notice waits, one for each.
    """
    mine = queued.recipient
    readers = [one.recipient for one in readers_of(needs, unit_of(mine), now)]
    if unit_of(mine) == mine or mine in readers:
        return mine
    given = {"case": queued.case, "position": queued.position, "kind": queued.kind}
    told = {str(one): state for one, state in needs.reader.query(_TOLD, given) if unit_of(one) == unit_of(mine) != one}
    gone = [one for one, state in told.items() if state == "waiting" and one not in readers]
    fresh = [recipient for recipient in readers if recipient != unit_of(mine) and recipient not in told]
    return dict(zip(gone, fresh, strict=False)).get(mine, "")


def unit_of(recipient: str) -> str:
    """The unit whose notice it is."""
    kind, _, rest = recipient.partition(":")
    return rest.partition(":")[0] if kind == OFFICER else recipient


def address_of(needs: Needs, recipient: str) -> UnitAddress | None:
    """Where a recipient is reached now; None for an officer who has left the unit, or has no address any more."""
    if not recipient.startswith(f"{OFFICER}:"):
        return needs.policy.units.get(recipient)
    found = _officer(needs, recipient)
    return None if found is None else UnitAddress(found.channel, found.to)


def parties_of(needs: Needs, recipient: str) -> tuple[str, ...]:
    """All that a recipient is: a case about one of these is not told to them."""
    found = _officer(needs, recipient) if recipient.startswith(f"{OFFICER}:") else None
    more = () if found is None else (found.account, found.party)
    return tuple(filter(None, (unit_of(recipient), *more)))


def is_there(needs: Needs, recipient: str, now: int) -> bool:
    """Whether somebody reads it now: by the roster of the unit; a unit that keeps none is taken to have somebody."""
    unit, duty = unit_of(recipient), needs.duty()
    there = on_duty(duty, unit, now)
    if unit not in duty.rosters or recipient == unit:
        return unit not in duty.rosters or bool(there)
    return not set(parties_of(needs, recipient)[1:]).isdisjoint(there)


def _told(needs: Needs, unit: str, at: int) -> Sequence[OfficerAddress]:
    every = [one for one in needs.officers() if one.unit == unit]
    there = on_duty(needs.duty(), unit, at)
    return [one for one in every if one.account in there or one.party in there] or every


def _officer(needs: Needs, recipient: str) -> OfficerAddress | None:
    _, unit, account = recipient.split(":", 2)
    return next((one for one in needs.officers() if (one.unit, one.account) == (unit, account)), None)
