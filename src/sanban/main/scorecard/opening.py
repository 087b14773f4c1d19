"""Opens the facts as the port `View`: in this process, or in the one apart that a server has for such work.

    server   Opening --> apart: the home is opened there, read only, and a session kept   name, source <--
             a question of the port, by its name and arguments --> that session           what it answers <--

What counts is loaded by whoever counts. A process apart has a house of its own, made of the home's files as they lay
when it first opened it, as any command beside the server has: the facts on disk are shared by all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from uuid import uuid4

import msgspec

from sanban.handling.figures.counting import DIRECTORY_TITLE
from sanban.handling.figures.judging import DIRECTORY
from sanban.handling.views.naming import Names
from sanban.jobs.apart import AGAIN, here
from sanban.kernel.errors import BusyError, Refused
from sanban.kernel.mechanism import Title
from sanban.scorecard.ports import ALL, Apart, Source, View

if TYPE_CHECKING:
    from sanban.main.house import House

DISTRICT: Final = Title("全区", "The whole district")
HOUSE, COUNTING, FACTS = "sanban.main.house", "sanban.main.scorecard.counting", "sanban.main.figures.wiring"
_NO_ENGINE: Final = Refused(
    "counting_missing", "figures are counted by an engine that is not installed", "pip install 'sanban[figures]'"
)
_GONE: Final = "the process apart began anew while a page was made"
KEPT: Final = 600.0
"""Seconds after which a view that nobody asks is closed: whoever opened it could not be told of it, or not close it."""


class _Kept(NamedTuple):
    view: Any
    asked: float


_views: Final[dict[str, _Kept]] = {}
"""Those that this process keeps open for another. Each has a name that no other process
gives: views differ by what their viewer may not see."""


class Opening(msgspec.Struct, frozen=True):
    """Which facts are opened: of which home, at which position (None: its end), without which cases; as `open_facts`.

    `now` is when: things are called as they are called then.
    """

    home: Path
    now: int
    position: int | None
    without: tuple[str, ...]
    patience: float
    keeps: bool


def open_view(house: House, opening: Opening) -> AbstractContextManager[View] | Refused:
    """The facts, counted where the house has such work done."""
    if house.apart is here:
        return _counted(house, opening)
    found = house.apart(_open, opening)
    if isinstance(found, Refused):
        return found
    return cast("AbstractContextManager[View]", _ViewApart(house.apart, *found))


def unit_title(names: Names, code: str) -> Title:
    """What a unit is called, or what stands in a unit's place."""
    return {ALL: DISTRICT, DIRECTORY: DIRECTORY_TITLE}.get(code) or names.unit(code)


def _counted(house: House, opening: Opening) -> AbstractContextManager[View] | Refused:
    try:
        facts, counting = import_module(FACTS), import_module(COUNTING)
    except ModuleNotFoundError:
        return _NO_ENGINE
    names = Names(house.cases, opening.now)
    session: Any = facts.open_facts(
        house, position=opening.position, without=opening.without, patience=opening.patience, keeps=opening.keeps
    )
    book = facts.figures_of(house)
    opened: AbstractContextManager[View] = counting.FactsView(session, book, partial(unit_title, names), names.matter)
    return opened


class _ViewApart:
    """A view in another process: the port's questions, all asked in the same way."""

    def __init__(self, apart: Apart, name: str, source: Source) -> None:
        self.source = source
        self._apart = apart
        self._name = name

    def __getattr__(self, question: str) -> Callable[..., Any]:
        return partial(self._apart, _answer, self._name, question)

    def __enter__(self) -> _ViewApart:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, BusyError):  # nobody waits twice; what stays open is closed when it is old
            with suppress(BusyError):  # the page has what it asked
                self._apart(_close, self._name)


def _open(opening: Opening) -> tuple[str, Source] | Refused:
    for name in [name for name, kept in _views.items() if time.monotonic() - kept.asked > KEPT]:
        _close(name)
    found = _counted(import_module(HOUSE).kept_open(opening.home), opening)
    if isinstance(found, Refused):
        return found
    name = uuid4().hex
    view = found.__enter__()
    _views[name] = _Kept(view, time.monotonic())
    return name, view.source


def _answer(name: str, question: str, *args: Any, **options: Any) -> Any:
    if name not in _views:
        raise BusyError(_GONE, AGAIN)
    view = _views[name].view
    answer = getattr(view, question)(*args, **options)
    _views[name] = _Kept(view, time.monotonic())
    return answer


def _close(name: str) -> None:
    kept = _views.pop(name, None)
    if kept is not None:
        kept.view.__exit__(None, None, None)
