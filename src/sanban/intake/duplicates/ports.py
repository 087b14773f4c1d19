"""What duplicates ask of the rest of the house: requests as the ledger tells of them, and the texts of a few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from sanban.intake.duplicates.entry import Entry
from sanban.intake.request import Request
from sanban.kernel.duty.grid import GridMap
from sanban.kernel.duty.place import Place
from sanban.kernel.view import DAMAGED


class Told(msgspec.Struct, frozen=True):
    """A request that came in. `grid` and `street`: codes, '' where not known; `person`: whose it is, by pseudonym.

    `exact`: the entry's point is the request's own; else it is the middle of its grid.
    """

    entry: Entry
    person: str
    grid: str = ""
    street: str = ""
    exact: bool = False


class Stands(msgspec.Struct, frozen=True):
    """What a request is taken for now. `closed_at` in microseconds UTC, None while it is open."""

    matter: str
    unit: str
    closed_at: int | None = None


def refs_of(request: Request) -> list[str]:
    """Where in the vault stands what is compared."""
    received = request.received
    return [ref for ref in (received.text, received.title, received.address, request.point) if ref]


def telling(request: Request, stands: Stands, opened: Mapping[str, str], grids: GridMap) -> Told:
    """A request made ready: `opened` are its texts by ref; one that is erased or damaged is no text."""
    received = request.received
    texts = {ref: text for ref, text in opened.items() if text != DAMAGED}
    point = msgspec.json.decode(texts[request.point]) if request.point in texts else None
    grid = grids.version(request.grid, received.received_at) if request.grid else None
    middle = None if grid is None else (grid.middle.lat, grid.middle.lon)
    place = Place(request.grid or None, request.street or None)
    return Told(
        Entry(
            id=received.id,
            opened_at=received.received_at,
            matter=stands.matter,
            unit=stands.unit,
            point=middle if point is None else (point["lat"], point["lon"]),
            address=texts.get(received.address, ""),
            text="\n".join(filter(None, (texts.get(received.title, ""), texts.get(received.text, "")))),
            closed_at=stands.closed_at,
        ),
        person=received.requester,
        grid=request.grid,
        street=grids.street_of(place, received.received_at) or "",
        exact=point is not None,
    )


class Changed(msgspec.Struct, frozen=True):
    """How a request that came in earlier stands now."""

    request: str
    stands: Stands


class News(msgspec.Struct, frozen=True):
    """A page of what happened: `position` is its last. `told`: requests that came in, and those whose place was said
    anew; `gone`: requests of persons who were erased."""

    position: int
    told: tuple[Told, ...] = ()
    changed: tuple[Changed, ...] = ()
    gone: tuple[str, ...] = ()


class FollowsRequests(Protocol):
    """Reads what the ledger says of requests, in its order, page by page."""

    def begin(self, since: int) -> int:
        """The position after which every event recorded from an instant on stands; within a bound, the latest."""
        ...

    def after(self, position: int) -> News | None:
        """The page after a position; None when there is nothing yet. What it tells of a request is how it is now."""
        ...


class ReadsTexts(Protocol):
    """Reads what people said, out of the vault, for those who may see it."""

    def texts(self, requests: Sequence[str]) -> Mapping[str, str]:
        """Text by request; those that were erased or may not be seen are absent."""
        ...
