"""What a request's stream says to a case, what a case says to a request that leaves it, and whose its texts are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.ports import RequestFacts
from sanban.handling.reactions import Arrival
from sanban.intake.event import DANGER
from sanban.intake.request import Request
from sanban.kernel.case.state import Case
from sanban.kernel.duty.place import NOWHERE, Place
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.sealing import Lookup
from sanban.ledger.vault import erased_persons

_CASES_OF = "SELECT case_id FROM request_view WHERE district = :district AND requester = :person AND case_id <> :none"
_OTHERS = "SELECT requester FROM request_view WHERE district = :district AND case_id = :case AND requester <> :person"
_KEYS = "SELECT person FROM vault_key WHERE district = :district AND wrapped <> :nothing AND person LIKE :like"

OFFLINE_LAG = 3 * 86_400_000_000
"""A request taken down offline counts from when it was said, if it reaches us within this many microseconds."""


def facts_of(state: Any) -> RequestFacts | None:
    """What a case takes over of a request that joins it; None where there is no request."""
    if not isinstance(state, Request):
        return None
    received = state.received
    return RequestFacts(
        id=received.id,
        requester=received.requester,
        channel=received.channel,
        received_at=counted_from(received.received_at, received.at),
        promised_at=state.promised_at,
        provisional=state.provisional,
        found=received.found,
    )


def promise_of(case: Any, request_id: str) -> tuple[int | None, bool]:
    """The date that a case has promised a request of its, and whether provisionally."""
    found = case.request(request_id) if isinstance(case, Case) else None
    return (None, False) if found is None else (found.promised_at, found.provisional)


def arrival_of(request: Request, matter: str, cases: CaseAggregate) -> Arrival:
    """The request as handling needs it to open a case."""
    received = request.received
    mechanism = cases.mechanisms.mechanism_of(matter, received.at)
    place = Place(request.grid, None) if request.grid else NOWHERE
    street = cases.duty(None).grids.street_of(place, received.at) or request.street
    return Arrival(
        request=received.id,
        requester=received.requester,
        channel=received.channel,
        desk=received.desk,
        received_at=counted_from(received.received_at, received.at),
        matter=matter,
        grid=request.grid,
        street=street,
        place=received.address or request.point,
        promised_at=request.promised_at,
        provisional=request.provisional,
        fields=fields_told(request.flags, mechanism) if mechanism else {},
    )


def fields_told(flags: Collection[str], mechanism: Mechanism) -> dict[str, bool | str]:
    """What a danger among the flags of a request answers in the matter's form.

    Those are a yes-or-no field that is called so, and a choice that is.
    """
    if DANGER not in flags:
        return {}
    said = {one.name: True for one in mechanism.form.values() if (one.name, one.kind) == (DANGER, "yes_no")}
    return said | {one.name: str(DANGER) for one in mechanism.form.values() if DANGER in one.choices}


def counted_from(said_at: int, recorded_at: int) -> int:
    """From when a request's age counts: when it was said if that was lately, else when it was recorded."""
    return said_at if 0 <= recorded_at - said_at <= OFFLINE_LAG else recorded_at


def texts_of_cases(lookup: Lookup, person: str) -> list[str]:
    """The keys of the cases whose texts go with this person: those whose other requesters were all erased before."""
    found: list[str] = []
    for (case,) in dict.fromkeys(lookup.query(_CASES_OF, {"person": person, "none": ""})):
        others = {row[0] for row in lookup.query(_OTHERS, {"case": case, "person": person})}
        if not others - erased_persons(lookup, sorted(others)):
            found += _keys_of(lookup, f"case:{case}")
    return found


def _keys_of(lookup: Lookup, key: str) -> list[str]:
    """The key and those that came after it was erased, as far as they are there: `case:c-1`, `case:c-1.2`."""
    rows = lookup.query(_KEYS, {"nothing": b"", "like": f"{key}%"})
    return sorted(person for (person,) in rows if person == key or person.startswith(f"{key}."))
