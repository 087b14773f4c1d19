"""A slice as small as can be, with every kind of answer, to try the shell with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from litestar import Litestar

from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import (
    ApiRequest,
    ApiRoute,
    Badge,
    Download,
    Missing,
    PageAnswer,
    Pager,
    PageRequest,
    PageRoute,
    Paging,
    Redirected,
    Shown,
    TimeLeft,
)
from sanban.web.access.door import DemoAccount
from sanban.web.app import create_app
from sanban.web.rendering import PACKAGE
from sanban.web.shell import WebSettings

NOW = 1_767_229_200_000_000  # 2026-01-01 09:00 in Shanghai
HOUR = 3_600_000_000
HERE = Path(__file__).parent
WORKERS = frozenset({"handler", "coordinator"})

DEMO = [
    DemoAccount(Actor("demo-handler", "handler", "0101", "", "street"), "东街街道 经办人", "East Street, handler"),
    DemoAccount(Actor("demo-auditor", "auditor"), "区审计局", "District audit"),
    DemoAccount(Actor("demo-operator", "operator", "hotline", "", "desk"), "热线受理台", "Hotline desk"),
]


@dataclass(frozen=True)
class Row:
    """One line of the sample queue."""

    number: str
    badge: Badge
    left: TimeLeft
    received: int


@dataclass(frozen=True)
class Sheet:
    """The sample queue."""

    rows: tuple[Row, ...]
    at: int
    pager: Pager
    words: str = "<b>&"
    fault: str = ""


def rows(language: str) -> tuple[Row, ...]:
    """A row for each tone and each way of being late."""
    words = {
        "zh": ("待签收", "办理中", "已超时", "中止计时", "已办结"),
        "en": ("waiting", "handling", "late", "stopped", "done"),
    }
    tones = ("waiting", "moving", "late", "stopped", "done")
    lefts = (
        TimeLeft(NOW, 2, "working_day"),
        TimeLeft(NOW, 5, "hour"),
        TimeLeft(NOW, 3, "hour", overdue=True),
        TimeLeft(NOW, 1, "working_day", stopped=True),
        TimeLeft(NOW, 9, "day", provisional=True),
    )
    named = zip(words[language], tones, lefts, strict=True)
    return tuple(
        Row(f"2026-00000{number}", Badge(word, tone), left, NOW - HOUR)
        for number, (word, tone, left) in enumerate(named, start=1)
    )


def queue(page: PageRequest) -> PageAnswer:
    return Shown("sample/sheet.html", Sheet(rows(page.language), page.now, Pager(next="/samples?after=3")))


def one(page: PageRequest) -> PageAnswer:
    if page.path["sample_id"] == "file":
        return Download(b"number,state\n", "样例.csv", "text/csv")
    if page.path["sample_id"] == "broken":
        raise RuntimeError("secret words of the inside")
    return Missing("The sample", "2026-000001")


class Desk:
    """Takes samples and remembers what it was sent."""

    def __init__(self) -> None:
        self.taken: list[PageRequest | ApiRequest] = []

    def take(self, page: PageRequest) -> PageAnswer:
        self.taken.append(page)
        if not page.given("note"):
            return Refused("note_missing", "a note is needed", "note: the light is out")
        return Redirected("/samples", "The sample was taken.")

    def take_call(self, call: ApiRequest) -> Sample | Refused:
        self.taken.append(call)
        return Refused("full", "the box is full", "try tomorrow") if call.body.size > 100 else call.body

    def routes(self) -> list[PageRoute]:
        return [
            PageRoute("GET", "/samples", "sample.queue", queue, WORKERS, menu="Sample queue", icon="list-check"),
            PageRoute("POST", "/samples", "sample.take", self.take, WORKERS),
            PageRoute("GET", "/samples/{sample_id}", "sample.one", one, WORKERS),
            PageRoute("GET", "/open", "sample.open", queue, public=True),
        ]

    def api(self) -> list[ApiRoute]:
        return [
            ApiRoute(
                "GET",
                "/samples",
                "sample.list",
                listed,
                Listed,
                query=SampleQuery,
                roles=WORKERS,
                summary="All samples",
            ),
            ApiRoute("GET", "/samples/{sample_id}", "sample.read", read, Sample, roles=WORKERS),
            ApiRoute("POST", "/samples", "sample.take", self.take_call, Sample, request=Sample, roles=WORKERS),
            ApiRoute("GET", "/open/{sample_id}", "sample.open", read, Sample, public=True),
        ]


class Piece(msgspec.Struct, frozen=True):
    """A part of a sample."""

    size: Annotated[int, msgspec.Meta(examples=[7])]


Code = Annotated[str, msgspec.Meta(pattern="^[a-z-]*$", examples=["short-let"])]


class Sample(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sample, as the API has it."""

    name: str
    size: int
    code: Code = ""
    parts: tuple[Piece, ...] = ()


class SampleQuery(Paging, frozen=True):
    """Paging, and a filter."""

    code: Code = ""


class Listed(msgspec.Struct, frozen=True):
    """A page of samples."""

    items: tuple[Sample, ...]
    next: str = ""


def listed(call: ApiRequest) -> Listed:
    return Listed(tuple(Sample("a", number) for number in range(call.query.limit)), call.query.after)


def read(call: ApiRequest) -> Sample | Missing:
    if call.path["sample_id"] == "broken":
        raise RuntimeError("secret words of the inside")
    return Sample("a", 1) if call.path["sample_id"] == "a" else Missing("the sample", "a")


def sample_app(home: Path, desk: Desk, clock: Callable[[], int], mode: str = "demo", **settings: object) -> Litestar:
    """The shell with the sample slice."""
    told = WebSettings(home, mode=mode, district="示范区", **settings)
    packages = (PACKAGE, HERE)
    return create_app(told, desk.routes(), desk.api(), demo=DEMO, clock=clock, packages=packages)
