"""A public request as the standard shows it: what, roughly where, since when, who answers, and how it ended.

The place is the middle of the grid, rounded to a thousandth of a degree (about 100 m): it comes from the district's
map, never from the point in the vault. Address, media and free text stay out; a description is shown only where the
deployment says so, only of what the requester sent over here themselves, its first line, and redacted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sanban.intake.open311.finding import Found
from sanban.intake.open311.ports import Server, Service, words
from sanban.intake.open311.query import w3c
from sanban.kernel.duty.grid import Grid
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.redaction import Redactor
from sanban.kernel.view import Language
from sanban.ledger.port import Reader

COARSE = 10_000
"""A thousandth of a degree, in 1e-7 degree: about 100 m."""
_WHOLE = 10_000_000
_TOGETHER = 5_000
"""Refs opened in one go; a list is never longer."""


def shown(server: Server, found: Sequence[Found], language: Language, now: int) -> list[dict[str, Any]]:
    """The requests as plain values. At most one more look into the store than without descriptions."""
    services = {one.code: one for one in server.services(now)}
    texts = _descriptions(server, found, tuple(services.values()))
    return [
        _request(server, one, services[one.matter], texts, language, now)
        for one in found
        if server.ids.outer(one.request)
    ]


def middle(grid: Grid) -> tuple[float, float]:
    """(lat, long) of a grid's middle, coarse, in degrees."""
    return _coarse(grid.middle.lat), _coarse(grid.middle.lon)


def _coarse(exact: int) -> float:
    return (exact + COARSE // 2) // COARSE * COARSE / _WHOLE


def _request(
    server: Server, one: Found, service: Service, texts: Mapping[str, str], language: Language, now: int
) -> dict[str, Any]:
    needs = server.needs
    grid = needs.duty.grids.version(one.grid, now) if one.grid else None
    lat, lon = middle(grid) if grid is not None else (None, None)
    unit = needs.duty.unit_at(one.unit, now)
    mechanism = server.mechanism_of(one.mechanism) or service.mechanism
    return {
        "service_request_id": server.ids.outer(one.request),
        "status": "open" if one.closed_at is None else "closed",
        "status_notes": words(notes(mechanism, one.closed_at, one.ending, one.state), language),
        "service_name": words(service.mechanism.title, language),
        "service_code": one.matter,
        "description": texts.get(one.request) or None,
        "agency_responsible": words(Title(unit.title_zh, unit.title_en), language) if unit is not None else None,
        "service_notice": None,
        "requested_datetime": w3c(one.requested_at, needs.zone),
        "updated_datetime": w3c(one.updated_at, needs.zone),
        "expected_datetime": None if one.promised_at is None else w3c(one.promised_at, needs.zone),
        "address": None,
        "address_id": None,
        "zipcode": None,
        "lat": lat,
        "long": lon,
        "media_url": None,
    }


RECEIVED = Title("已收到，待受理", "Received, to be looked at")
CLOSED = Title("已结束", "Closed")


def notes(mechanism: Mechanism, closed_at: int | None, ending: str, state: str) -> Title:
    """How it ended, in the file's own honest words (`unsolved` says so); while open, the state it stands in."""
    if closed_at is not None:
        known = mechanism.grounds.ending.get(ending)
        return CLOSED if known is None else known.title
    found = mechanism.states.get(state)
    return RECEIVED if found is None else found.title


def _descriptions(server: Server, found: Sequence[Found], services: tuple[Service, ...]) -> dict[str, str]:
    """What may be shown of the texts, by request."""
    refs = {one.text: one.request for one in found if one.text} if server.descriptions else {}
    return first_lines(server.needs.reader, refs, [one.mechanism for one in services])


def first_lines(reader: Reader, refs: Mapping[str, str], mechanisms: Iterable[Mechanism]) -> dict[str, str]:
    """The first lines of texts, redacted, by what their refs belong to; words of public matters may stand in them."""
    opened = reader.open_secrets(list(refs)[:_TOGETHER]) if refs else {}
    declared = frozenset(word for one in mechanisms if one.public for word, _ in one.triage.words)
    redact = _redactor(declared).redact if opened else str
    return {refs[ref]: redact(text.strip().partition("\n")[0]) for ref, text in opened.items()}


@lru_cache(8)
def _redactor(declared: frozenset[str]) -> Redactor:
    return Redactor(declared)
