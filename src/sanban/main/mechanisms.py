"""The `sanban matter` commands: check, draw, compare, new. Faults come back as values, all at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import get_args

import msgspec

from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import Fault, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.view import Language
from sanban.packs.calendar import load_calendar
from sanban.packs.change.difference import difference
from sanban.packs.diagram import svg_of
from sanban.packs.figures.loading import FIGURES, read_figures
from sanban.packs.loading import SHIPPED, ZONE, load_matters, read_matters
from sanban.packs.matter import Matter, Matters
from sanban.packs.rehearsal import rehearse_all
from sanban.packs.template import write_template
from sanban.packs.usage import Lonely, lonely_keys

_DIFF = "sanban matter diff short-let@2024-01-01 matters/short-let"
_DRAW = "sanban matter draw short-let"
_OF_FIGURES = (FIGURES.name, "figures")
"""What folders of figures are called: beside matters, and in a home."""


class Checked(msgspec.Struct, frozen=True):
    """What a check found. `matters`: keys of the versions without a fault; `examples`: worked examples played.

    `figures`: how many without a fault; `lonely`: keys of the format that fewer than two matters use, when asked for.
    """

    ok: bool
    matters: tuple[str, ...]
    examples: int
    faults: tuple[Fault, ...]
    lonely: tuple[Lonely, ...] = ()
    figures: int = 0


def check(folder: Path | None, usage: bool) -> Checked:
    """Every fault of a folder's matters and figures (the shipped ones without a folder), worked examples included.

    A figure's file is checked with those beside it: they must not overlap.
    """
    whole = folder or SHIPPED
    if whole.is_file() and whole.parent.name in _OF_FIGURES:
        whole = whole.parent
    only_figures = whole.name in _OF_FIGURES
    counted = read_figures((whole if only_figures else whole / FIGURES.name,))
    read = read_matters(() if only_figures else (whole,))
    played = rehearse_all(read.matters, read.matters, load_calendar(SHIPPED / "_calendar"), ZONE)
    faults = tuple(sorted({*read.faults, *played.faults, *counted.faults}))
    keys = tuple(version.key for version in read.matters)
    lonely = lonely_keys(read.matters) if usage else ()
    return Checked(not faults, keys, played.examples, faults, lonely, len(counted.book.definitions))


def draw(name: str, language: str, state: str, folders: tuple[Path, ...]) -> bytes:
    """The diagram of a matter as SVG. Raises SanbanError for a matter that has none."""
    if language not in get_args(Language):
        known = ", ".join(get_args(Language))
        raise SanbanError(f"{language!r} is not a language; there are: {known}", "--language zh")
    matter = _one(load_matters((SHIPPED, *folders)), name, _DRAW)
    if matter.mechanism is None:
        raise SanbanError(f"{name} is no matter with states", _DRAW)
    if state and state not in matter.mechanism.states:
        known = ", ".join(matter.mechanism.states)
        example = f"--state {next(iter(matter.mechanism.states))}"
        raise SanbanError(f"{name} has no state {state}; there are: {known}", example)
    return svg_of(matter.mechanism, "en" if language == "en" else "zh", current=state).encode()


def compare(old: str, new: str) -> tuple[Title, ...]:
    """What changes from one file, folder or key to another, a line each."""
    return difference(named_matter(old, _DIFF), named_matter(new, _DIFF))


def make(folder: Path, name: str, day: str) -> tuple[Path, ...]:
    """The files of a new matter, valid as they stand."""
    try:
        first = day_of_iso(day or f"{dt.date.today():%Y-%m-%d}")  # noqa: DTZ011 -- a default for a person
    except ValueError as error:
        raise SanbanError(f"{day!r} is not a date", "--version 2026-01-01") from error
    try:
        return write_template(folder, name, first)
    except OSError as error:
        example = "sanban matter new street-light --in matters"
        raise SanbanError(f"{folder} cannot be written: {error.strerror}", example) from error


def named_matter(text: str, example: str) -> Matter:
    """The version of a key, a file or a folder. Raises SanbanError with the command's example where there is none."""
    path = Path(text)
    if not path.exists():
        return _one(load_matters(), text, example)
    folder = path if path.is_dir() else path.parent
    if path.is_file() and path.suffix != ".yaml":
        raise SanbanError(f"{text} is not a matter's file", example)
    found = [one for one in load_matters((folder,)) if path.is_dir() or one.path == path]
    own = [one for one in found if one.path.parent == folder]
    if not own:
        raise SanbanError(f"{text} holds no matter", example)
    return own[-1]


def _one(matters: Matters, name: str, example: str) -> Matter:
    found = [one for one in matters if name in (one.key, one.head.matter)]
    if not found:
        known = ", ".join(sorted({one.head.matter for one in matters}))
        raise SanbanError(f"there is no matter {name}; there are: {known}", example)
    return found[-1]
