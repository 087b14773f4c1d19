"""The commands of real cases: short lets opened, dispatched, signed for, contacted and handled in the demo district."""

from __future__ import annotations

from collections.abc import Iterator

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.links import LinksAggregate
from sanban.kernel.permission import Actor
from sanban.ledger.port import Aggregate, Part, Submission
from sanban.packs.calendar import load_calendar
from sanban.packs.district import load_district
from sanban.packs.district.loading import shipped_district
from sanban.packs.loading import SHIPPED, load_matters

START = 1_777_341_600_000_000  # Tuesday 2026-04-28 10:00 in Shanghai, microseconds UTC
STEPS = ("open", "dispatch", "accept", "contact")
OPERATOR = Actor("op-1", "operator", "hotline", unit_kind="desk")
DISPATCHER = Actor("op-2", "dispatcher", "hotline", unit_kind="desk")


def case_aggregates() -> list[Aggregate]:
    """Cases over the shipped matters, calendar and demo district, with the streams every case's command looks at."""
    district = load_district(shipped_district())
    cases = CaseAggregate(load_matters(), load_calendar(SHIPPED / "_calendar"), district.duty, district.links)
    return [cases, DirectoryAggregate(), LinksAggregate(district.links)]


def case_commands(count: int) -> list[Submission]:
    """`count` commands; at any time about 250 cases are under way, every one of them at its own step."""
    return list(_commands(count))


def _commands(count: int) -> Iterator[Submission]:
    spread = 250
    made = turn = 0
    while made < count:
        for step in range(len(STEPS)):
            case = turn - step * spread
            if case >= 0 and made < count:
                yield _command(case, STEPS[step])
                made += 1
        turn += 1


def _command(case: int, step: str) -> Submission:
    street = f"street-0{1 + case % 8}"
    handler = Actor(f"handler-{street}", "handler", street, unit_kind="street")
    request = f"r{case:07}"
    by, args = {
        "open": (OPERATOR, _opening(case, request, street)),
        "dispatch": (DISPATCHER, {}),
        "accept": (handler, {}),
        "contact": (handler, {"request": request}),
    }[step]
    stream = f"case:c{case:07}"
    return Submission(f"{case:08x}-{step}-7000-8000-{case:012x}", by, (Part(stream, step, args),))


def _opening(case: int, request: str, street: str) -> dict[str, object]:
    return {
        "matter": "short-let",
        "id": f"c{case:07}",
        "request": request,
        "requester": f"p{case % 5000:06}",
        "channel": "hotline",
        "desk": "hotline",
        "received_at": START,
        "fields": {"premises": f"v:{case:032x}", "fire_risk": case % 5 == 0},
        "street": street,
    }
