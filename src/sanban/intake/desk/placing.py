"""The desk says where a request is: one of the places that were read, a pin by hand, or that nobody knows.

Where it is may be said as often as somebody knows better. Each time the directory is asked anew who answers; a date
that was promised stays. Exact points are seen by those who act on the request and stand in the vault; the event has the
grid, the street and a ref.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.desk.deciding import command_of, owner_of, ref_of, submit
from sanban.intake.event import PlaceKind
from sanban.intake.place.advising import Spotted, spotted
from sanban.intake.place.border import outside
from sanban.intake.place.crs import brought, crs_of
from sanban.intake.place.map import SIDE, Map, map_of, window_of
from sanban.intake.ports import Needs
from sanban.intake.request import PlaceState, Request
from sanban.kernel.case.state import LEAD
from sanban.kernel.duty.answer import Answer, who_answers
from sanban.kernel.duty.place import Place, Point
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret

NOT_A_POINT = Refused("bad_point", "longitude and latitude are not both degrees with decimals", "121.4737, 31.2304")
NO_SUCH_SPOT = Refused("unknown_place", "this place is not one of those suggested", "choose one of the list")

Source = Literal["suggestion", "hand", "unknown"]


class Pinned(msgspec.Struct, frozen=True):
    """Where somebody says it is. `crs`: the coordinate system that the point was told in."""

    source: Source
    point: Point | None = None
    grid: str = ""
    street: str = ""
    crs: str = "wgs84"


class SpotView(msgspec.Struct, frozen=True):
    """A place that was read. `words` spoke for it; `unit` would answer there, None where nobody is known to."""

    number: int
    kind: PlaceKind
    percent: int
    words: tuple[str, ...]
    names: tuple[str, ...]
    grid: str
    street: Title | None
    unit: Title | None
    stands: bool


class PlaceView(msgspec.Struct, frozen=True):
    """Where a request is, for those who act on it. `source`: who said so, '' nobody; `point`: degrees and system."""

    state: PlaceState
    source: Literal["", "told", "read", "suggestion", "hand", "unknown"]
    grid: str
    street: Title | None
    unit: Title | None
    point: str
    spots: tuple[SpotView, ...]
    map: Map


def place_view(needs: Needs, request: Request, now: int, *, near: bool = True) -> PlaceView:
    """What the desk sees of the place; opens the vault, so only for those who act. `near`: the map round the pins."""
    refs = [ref for ref in (request.point, request.spots.exact if request.spots else "") if ref]
    opened = needs.reader.open_secrets(refs)
    exact = spotted(opened.get(request.spots.exact, "")) if request.spots else ()
    told = opened.get(request.point, "") if request.point else ""
    point = _point_of(told)
    spots = tuple(_spots(needs, request, exact, now))
    pins = [(number, Point(one.lon, one.lat)) for number, one in enumerate(exact, 1)
            if one.lon is not None and one.lat is not None]  # fmt: skip
    pins = [*pins, (0, point)] if point else pins
    grids = needs.duty.grids
    drawn = [grid for code in sorted(grids.versions) if (grid := grids.version(code, now)) is not None]
    marked = {request.grid} if request.grid else {spot.grid for spot in spots}
    return PlaceView(
        state=request.place_state,
        source=_source(request),
        grid=request.grid,
        street=_street(needs, request.grid, request.street, now),
        unit=_unit(needs, request, Place(request.grid or None, request.street or None), now),
        point=_in_words(told),
        spots=spots,
        map=map_of(drawn, needs.gazetteer, pins, marked, near=near),
    )


def pinned(needs: Needs, request: Request, given: Mapping[str, str], now: int) -> Pinned | Refused:
    """What a form says: `spot` (a number of the list), `pin.x` and `pin.y` on a `window`, `lon` and `lat`, or none."""
    if given.get("unknown"):
        return Pinned("unknown")
    if given.get("spot"):
        return _of_list(needs, request, given["spot"])
    if given.get("pin.x") or given.get("pin.y"):
        window = window_of(given.get("window", ""))
        pixels = [given.get(name, "") for name in ("pin.x", "pin.y")]
        if window is None or not all(one.isdecimal() and len(one) < 5 and int(one) <= SIDE for one in pixels):
            return NOT_A_POINT
        return _in_grid(needs, window.point(*map(int, pixels)), "wgs84", now)
    crs = crs_of(given.get("crs", "wgs84"))
    typed = brought(given.get("lon", ""), given.get("lat", ""), crs) if crs else None
    return NOT_A_POINT if crs is None or typed is None else _in_grid(needs, Point(*typed), crs, now)


def say_where(needs: Needs, viewer: Actor, command_id: str, request: Request, where: Pinned) -> Refused | None:
    """Writes it down."""
    own_id = command_of(command_id, "place")
    args: dict[str, object] = {"source": where.source, "grid": where.grid, "street": where.street}
    secrets: tuple[Secret, ...] = ()
    if where.point:
        told = {"lon": where.point.lon, "lat": where.point.lat, "crs": where.crs}
        ref = ref_of(own_id, "point")
        secrets = (Secret(ref, owner_of(needs, request), "point", msgspec.json.encode(told).decode()),)
        args["point"] = ref
    return submit(needs, viewer, own_id, (Part(stream_of(request.id), "place", args),), secrets)


def _of_list(needs: Needs, request: Request, number: str) -> Pinned | Refused:
    spots = request.spots.candidates if request.spots else ()
    if request.spots is None or not (number.isdecimal() and 1 <= int(number[:3]) <= len(spots)):
        return NO_SUCH_SPOT
    place = int(number[:3]) - 1
    chosen = spots[place]
    exact = spotted(needs.reader.open_secrets([request.spots.exact]).get(request.spots.exact, ""))
    one = exact[place] if place < len(exact) else None
    point = Point(one.lon, one.lat) if one and one.lon is not None and one.lat is not None else None
    return Pinned("suggestion", point, chosen.grid, "" if chosen.grid else chosen.street)


def _in_grid(needs: Needs, point: Point, crs: str, now: int) -> Pinned | Refused:
    grid = needs.duty.grids.grid_at(point, now)
    return outside(needs.duty.grids, now) if grid is None else Pinned("hand", point, grid.code, crs=crs)


def _source(request: Request) -> Literal["", "told", "read", "suggestion", "hand", "unknown"]:
    if request.placed:
        return request.placed.source
    if request.received.grid or request.received.street:
        return "told"
    return "read" if request.grid or request.street else ""


def _spots(needs: Needs, request: Request, exact: tuple[Spotted, ...], now: int) -> list[SpotView]:
    found = request.spots.candidates if request.spots else ()
    return [
        SpotView(
            number=number,
            kind=one.kind,
            percent=one.confidence // 100,
            words=exact[number - 1].words if number <= len(exact) else (),
            names=tuple(filter(None, map(needs.places.name, one.reasons))),
            grid=one.grid,
            street=_street(needs, one.grid, one.street, now),
            unit=_unit(needs, request, Place(one.grid or None, one.street or None), now),
            stands=bool(one.grid) and one.grid == request.grid,
        )
        for number, one in enumerate(found, 1)
    ]


def _street(needs: Needs, grid: str, street: str, now: int) -> Title | None:
    code = needs.duty.grids.street_of(Place(grid or None, street or None), now)
    return _title(needs, code, now) if code else None


def _unit(needs: Needs, request: Request, place: Place, now: int) -> Title | None:
    """The unit that would answer for the likeliest matter there."""
    matter = request.best.matter if request.best else ""
    mechanism = next((one for one in needs.matters(now) if one.matter == matter), None)
    if mechanism is None or LEAD not in mechanism.tasks:
        return None
    answer = who_answers(needs.duty, matter, mechanism.tasks[LEAD].duty, place, now)
    return _title(needs, answer.unit, now) if isinstance(answer, Answer) else None


def _title(needs: Needs, code: str, now: int) -> Title:
    unit = needs.duty.unit_at(code, now)
    return Title(code, code) if unit is None else Title(unit.title_zh, unit.title_en)


class _Told(msgspec.Struct, frozen=True):
    """A point as it stands in the vault."""

    lon: int
    lat: int
    crs: str = "unstated"


def _read_point(text: str) -> _Told | None:
    try:
        return msgspec.json.decode(text, type=_Told)
    except msgspec.DecodeError:
        return None


def _point_of(text: str) -> Point | None:
    told = _read_point(text)
    return Point(told.lon, told.lat) if told else None


SYSTEMS = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


def _in_words(text: str) -> str:
    """Degrees of WGS-84, with the system it was told in where that is another."""
    told = _read_point(text)
    if told is None:
        return ""
    of = SYSTEMS.get(told.crs, "")
    return f"{told.lon / 1e7:.6f}, {told.lat / 1e7:.6f} (WGS-84{f' ← {of}' if of and told.crs != 'wgs84' else ''})"
