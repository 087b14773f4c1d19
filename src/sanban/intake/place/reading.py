"""From what somebody writes about a place to places, each with how sure it is and the words that spoke.

    names in the text --> house, junction, estate, landmark, road alone, street --> compared --> most sure first

A road with a house number is a point along its line; two roads named together are where they cross; an estate or a
landmark is its point. A road or a street alone is no point: it gives the grid or the street that holds all of it, and
otherwise nothing. Nothing is ever put at a middle or a centre. Where the words lead to several places, each is less
sure the more there are; where they agree, they are surer. Numbers of houses and rooms stay in the vault with the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec

from sanban.intake.place.names import Hit, Names, folded, house_number
from sanban.kernel.duty.place import Place, Point, metres
from sanban.packs.district.gazetteer import Gazetteer, Spot, code_of

Kind = Literal["house", "junction", "estate", "landmark", "road", "street"]

SURE: Mapping[Kind, int] = {
    "junction": 9_500,
    "house": 9_300,
    "estate": 9_000,
    "landmark": 8_800,
    "road": 4_500,
    "street": 3_500,
}
"""Basis points that such words are worth when nothing else speaks. Chosen by hand; bench/place.py measures them."""
GUESSED, NEARBY, AGREED, ELSEWHERE, MOST = 0.6, 0.85, 400, 0.7, 9_900
"""One wrong sign; two roads near each other; more words for the same; words for another street; never sure."""
SAME_METRES = 300.0
AT_MOST = 5

_JOINS = re.compile(r"\s*(?:与|和|跟|及|、|/|&|-|and)?\s*")
_NEAR = re.compile(r"\s*[(（,，]?\s*(?:靠近|近|临近|邻近|到|靠)\s*")
_CROSS = re.compile(r"\s*[)）]?\s*(?:的)?(?:十字|丁字)?(?:路口|交叉|交汇|交界|转角|口)")
_TAIL = re.compile(r"\s*(?:\d{1,4}|[一二三四五六七八九十百]{1,4})\s*(?:号楼|幢|栋|号|弄|单元|室)")

PlaceAt = Callable[[Point], Place]


class Found(msgspec.Struct, frozen=True):
    """A place that words lead to. `point` is None where they give no point; `grid` and `street` as they stand now.

    `confidence` in basis points; `words`: the parts of the text that spoke; `reasons`: codes of the names in them.
    """

    kind: Kind
    confidence: int
    point: Point | None
    grid: str
    street: str
    words: tuple[str, ...]
    reasons: tuple[str, ...]


class _Named(NamedTuple):
    """What a key of the names stands for: a place of the gazetteer, or a street."""

    code: str
    names: tuple[str, ...]
    spot: Spot | None
    street: str = ""


class PlaceReader:
    """Reads texts by one district's names. `streets`: what streets are called -> their code."""

    def __init__(self, gazetteer: Gazetteer, streets: Mapping[str, str], place_at: PlaceAt) -> None:
        self._named = [_Named(spot.code, spot.names, spot) for spot in gazetteer.spots]
        self._named += [_Named(code_of("street", name), (name,), None, street) for name, street in streets.items()]
        self._names = Names((name, key) for key, one in enumerate(self._named) for name in one.names)
        self._crossings = {crossing.roads: crossing.point for crossing in gazetteer.crossings}
        self._place_at = place_at
        self._called = {one.code: one.names[0] for one in self._named}

    def read(self, text: str) -> tuple[Found, ...]:
        """The places that the text may mean, most sure first; none where no name stands in it."""
        said = folded(text)
        hits = self._names.hits(said)
        return _compared([one for one in self._told(text, said, hits) if one.point or one.grid or one.street])

    def name(self, reason: str) -> str:
        """The name behind a reason's code; '' for one that the gazetteer does not know any more."""
        return self._called.get(reason, "")

    def _told(self, text: str, said: str, hits: Sequence[Hit]) -> Iterator[Found]:
        """What each name says; two roads at a junction say one thing."""
        taken: set[int] = set()
        for number, (hit, after) in enumerate(pairwise(hits)):
            found = list(self._junctions(text, said, hit, after))
            if found:
                taken |= {number, number + 1}
            yield from found
        for number, hit in enumerate(hits):
            if number not in taken:
                yield from self._alone(text, said, hit)

    def _junctions(self, text: str, said: str, first: Hit, second: Hit) -> Iterator[Found]:
        if _JOINS.fullmatch(said, first.end, second.start):
            sure = 1.0
        elif _NEAR.fullmatch(said, first.end, second.start):
            sure = 1.0 if _CROSS.match(said, second.end) else NEARBY
        else:
            return
        for one in self._roads(first):
            for other in self._roads(second):
                pair = (min(one.code, other.code), max(one.code, other.code))
                point = self._crossings.get(pair)
                if point is not None:
                    words = (text[first.start : second.end],)
                    yield self._at("junction", point, words, pair, sure * _trust(first) * _trust(second))

    def _alone(self, text: str, said: str, hit: Hit) -> Iterator[Found]:
        share = _trust(hit)
        words = (text[hit.start : hit.end],)
        for one in map(self._named.__getitem__, hit.keys):
            if one.spot is None:
                yield Found("street", round(SURE["street"] * share), None, "", one.street, words, (one.code,))
            elif one.spot.kind == "road":
                yield self._on_road(text, said, hit, one.spot, share)
            else:
                tail = _TAIL.match(said, hit.end)
                whole = (text[hit.start : tail.end() if tail else hit.end].rstrip(),)
                yield self._at(one.spot.kind, one.spot.points[0], whole, (one.code,), share)

    def _on_road(self, text: str, said: str, hit: Hit, road: Spot, share: float) -> Found:
        number = house_number(said, hit.end)
        point = along(road, number[0]) if number else None
        if number and point:
            return self._at("house", point, (text[hit.start : number[1]].rstrip(),), (road.code,), share)
        held = {self._place_at(place) for place in _samples(road.points)}
        grids, streets = {place.grid for place in held}, {place.street for place in held}
        return Found(
            kind="road",
            confidence=round(SURE["road"] * share),
            point=None,
            grid=(grids.pop() or "") if len(grids) == 1 else "",
            street=(streets.pop() or "") if len(streets) == 1 else "",
            words=(text[hit.start : hit.end],),
            reasons=(road.code,),
        )

    def _at(self, kind: Kind, point: Point, words: tuple[str, ...], reasons: tuple[str, ...], share: float) -> Found:
        place = self._place_at(point)
        return Found(kind, round(SURE[kind] * share), point, place.grid or "", place.street or "", words, reasons)

    def _roads(self, hit: Hit) -> list[Spot]:
        named = (self._named[key].spot for key in hit.keys)
        return [spot for spot in named if spot is not None and spot.kind == "road"]


def along(road: Spot, number: int) -> Point | None:
    """The point of a house number on its road; None beyond the numbers it has."""
    if road.numbers is None or not road.numbers[0] <= number <= road.numbers[1]:
        return None
    low, high = road.numbers
    legs = [(start, end, metres(start, end)) for start, end in pairwise(road.points)]
    left = sum(length for *_, length in legs) * (number - low) / (high - low)
    for start, end, length in legs:
        if left <= length and length:
            return _between(start, end, left / length)
        left -= length
    return road.points[-1]


def _between(start: Point, end: Point, share: float) -> Point:
    return Point(
        round(start.lon + (end.lon - start.lon) * share),
        round(start.lat + (end.lat - start.lat) * share),
    )


def _samples(points: Sequence[Point]) -> Iterable[Point]:
    yield from points
    yield from (_between(start, end, 0.5) for start, end in pairwise(points))


def _trust(hit: Hit) -> float:
    return 1.0 if hit.exact else GUESSED


def _compared(told: Sequence[Found]) -> tuple[Found, ...]:
    """Words for the same place joined, words against each other weighed, most sure first.

    A street that is named beside a place chooses among places of one name, and doubts those outside it.
    """
    points: list[Found] = []
    for one in sorted((one for one in told if one.point), key=lambda one: -one.confidence):
        same = next((at for at, other in enumerate(points) if _same(one, other)), None)
        if same is None:
            points.append(one)
        else:
            points[same] = _joined(points[same], one)
    wide = [one for one in told if not one.point]
    streets = {one.street for one in wide if one.street}
    inside = [one for one in points if one.street in streets]
    beside = [_sure(one, one.confidence + AGREED) for one in inside] or points
    factor = ELSEWHERE if streets and not inside else 1.0
    whole = sum(one.confidence for one in beside)
    weighed = [_sure(one, factor * one.confidence * one.confidence / whole) for one in beside]
    kept = weighed or _each_once(wide)
    return tuple(sorted(kept, key=lambda one: (-one.confidence, one.words, one.reasons))[:AT_MOST])


def _same(one: Found, other: Found) -> bool:
    return one.point is not None and other.point is not None and metres(one.point, other.point) <= SAME_METRES


def _joined(first: Found, more: Found) -> Found:
    """The surer one, with the other's words; the same name twice says no more than once."""
    if set(more.reasons) <= set(first.reasons):
        return first
    joined = msgspec.structs.replace(first, words=(*first.words, *more.words), reasons=(*first.reasons, *more.reasons))
    return _sure(joined, first.confidence + AGREED)


def _sure(one: Found, confidence: float) -> Found:
    return msgspec.structs.replace(one, confidence=min(round(confidence), MOST))


def _each_once(wide: Sequence[Found]) -> list[Found]:
    once: dict[tuple[str, str], Found] = {}
    for one in sorted(wide, key=lambda one: -one.confidence):
        once.setdefault((one.grid, one.street), one)
    return list(once.values())
