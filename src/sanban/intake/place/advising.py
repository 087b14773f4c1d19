"""What is stored of the places that an address may mean, and what everything that says so can do.

In the event stand codes alone: kind, confidence, grid, street, and codes for the names that spoke. Exact points and the
words themselves are one text in the vault, in the same order. The address is read first; what was said is read where
the address leads nowhere, and is worth a little less. Above the confidence that the district declares, a place that has
no rival stands without a person; anything else waits for one.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from sanban.intake.place.reading import Found, PlaceReader

SAID = 0.95
"""What words of the text are worth, beside those of an address."""

Source = Literal["address", "text"]


class Spotted(msgspec.Struct, frozen=True):
    """The vault's part of a candidate: WGS-84 in 1e-7 degree, None where the words give no point, and the words."""

    lon: int | None
    lat: int | None
    words: tuple[str, ...]


class PlaceAdvice(msgspec.Struct, frozen=True):
    """Places, most sure first. `auto`: the first reached the threshold that the district declares."""

    model: str
    source: Source
    candidates: tuple[Found, ...]
    auto: bool = False

    def arguments(self, ref: str) -> dict[str, Any]:
        """As arguments of the step `suggest_place`; `ref`: where `exact` stands in the vault."""
        told = ("kind", "confidence", "grid", "street", "reasons")
        candidates = [{name: getattr(one, name) for name in told} for one in self.candidates]
        return {"model": self.model, "source": self.source, "candidates": candidates, "auto": self.auto, "exact": ref}

    def exact(self) -> str:
        """The text for the vault."""
        spots = [
            Spotted(one.point.lon, one.point.lat, one.words) if one.point else Spotted(None, None, one.words)
            for one in self.candidates
        ]
        return msgspec.json.encode(spots).decode()


def spotted(text: str) -> tuple[Spotted, ...]:
    """What `PlaceAdvice.exact` wrote; nothing for anything else."""
    try:
        return msgspec.json.decode(text, type=tuple[Spotted, ...])
    except msgspec.DecodeError:
        return ()


class AdvisesPlaces(Protocol):
    """The reader of addresses as the rest of intake sees it."""

    def advise(self, address: str, text: str, title: str = "") -> PlaceAdvice | None:
        """The places these may mean; None where no name stands in them."""
        ...

    def name(self, reason: str) -> str:
        """The name behind a reason's code, '' when it is not known any more."""
        ...


class NoPlaces:
    """Knows no name."""

    def advise(self, _address: str, _text: str, _title: str = "") -> PlaceAdvice | None:
        """Nothing."""
        return None

    def name(self, _reason: str) -> str:
        """None."""
        return ""


class Places:
    """The places of one district. `version`: of its gazetteer; `auto_at` in basis points, None = never by itself."""

    def __init__(self, reader: PlaceReader, version: str, auto_at: int | None) -> None:
        self._reader = reader
        self._model = f"gazetteer-{version}"
        self._auto_at = auto_at

    def advise(self, address: str, text: str, title: str = "") -> PlaceAdvice | None:
        """The address's places, else those of what was said."""
        found = self._reader.read(address) if address else ()
        if found:
            return self._advice("address", found)
        read = self._reader.read(f"{title}\n{text}" if title else text)
        said = tuple(msgspec.structs.replace(one, confidence=round(one.confidence * SAID)) for one in read)
        return self._advice("text", said) if said else None

    def name(self, reason: str) -> str:
        """The name behind a reason's code."""
        return self._reader.name(reason)

    def _advice(self, source: Source, found: tuple[Found, ...]) -> PlaceAdvice:
        first = found[0]
        auto = self._auto_at is not None and bool(first.grid) and first.confidence >= self._auto_at
        return PlaceAdvice(self._model, source, found, auto)
