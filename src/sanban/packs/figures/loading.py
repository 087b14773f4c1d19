"""Reads figures: a folder of files, one a figure's version or an index, into a `FigureBook`, with every fault at once.

    format: 1
    figure: closed_on_time
    version: 2026-01-01          # in force from this day; `until: 2027-01-01` ends it without a successor
    title: {zh: 按时办结率, en: Closed on time}
    origin: illustrative
    better: high                 # high | low | neither
    over: {of: case.due}
    count: {of: case.closed, having: closed_at < due_at}
    exclude: {withdrawn: {title: {...}, when: ending == 'withdrawn'}}
    cap: 500                     # of ten thousand; what is excluded beyond counts
    minimum_n: 30                # below it: an interval, no rank
    terms: rating                # in place of these two: those of the district's rating.yaml
    mix: [matter]                # a unit is compared within these
    order: 70                    # where it stands among the others; without it behind them

An index file says `index:` in place of `figure:`, and which figure shall go which way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final, NamedTuple, cast, get_args

from sanban.kernel.clock.calendar import Day, day_of_iso, iso_of_day
from sanban.kernel.errors import Fault, FaultsFound
from sanban.kernel.expression import Scope
from sanban.kernel.mechanism import Origin, Title
from sanban.packs.document import read_document
from sanban.packs.figures.definition import (
    BETTER,
    LAST,
    Aim,
    Better,
    Chosen,
    Definition,
    Exclusion,
    FigureBook,
    Index,
    Way,
)
from sanban.packs.figures.vocabulary import EVENT_SETS, EventSet
from sanban.packs.joint.opening import JOINT
from sanban.packs.joint.rating import RatingTerms, load_rating_terms
from sanban.packs.loading import SHIPPED, shown
from sanban.packs.reading.parameters import read_source
from sanban.packs.reading.scope import expression
from sanban.packs.reading.section import CODE, Notes, Section

FOLDER: Final = "_figures"
FIGURES: Final = SHIPPED / FOLDER
CODE_OF_INDEX: Final = re.compile(r"[a-z][a-z0-9_-]{0,47}")
_STAND_IN: Final = day_of_iso("2100-01-01")
_NOTHING: Final = Chosen("case.opened")
"""Stands for what a faulty file does not say."""
_TERMS: Final = ("rating",)
_OF_PERCENT: Final = 100
_MIX: Final = ("matter", "street", "grid", "channel")


class _Placed(NamedTuple):
    """A definition with the sections of its file that later checks point to."""

    definition: Definition
    root: Section


class ReadFigures(NamedTuple):
    """What was read, as far as it is right, and every fault in order."""

    book: FigureBook
    faults: tuple[Fault, ...]


def load_figures(folders: Iterable[Path] = (FIGURES,), rating: RatingTerms | None = None) -> FigureBook:
    """The figures of the folders; a figure of a later folder takes the place of one before. Raises FaultsFound.

    `rating`: the district's terms, which a figure may refer to; None for the shipped ones.
    """
    read = read_figures(folders, rating)
    if read.faults:
        raise FaultsFound(read.faults)
    return read.book


def read_figures(folders: Iterable[Path] = (FIGURES,), rating: RatingTerms | None = None) -> ReadFigures:
    """The same, with the faults as values."""
    notes, terms = Notes(), rating or load_rating_terms(JOINT)
    figures: dict[str, list[_Placed]] = {}
    indexes: dict[str, tuple[Index, Section]] = {}
    for folder in folders:
        roots = [root for path in sorted(folder.glob("*.yaml")) if (root := _root(path, notes)) is not None]
        mine = [_Placed(_figure(root, terms), root) for root in roots if not root.has("index")]
        by_key = groupby(sorted(mine, key=lambda one: one.definition.key), lambda one: one.definition.key)
        figures |= {key: sorted(several, key=lambda one: one.definition.begins) for key, several in by_key}
        indexes |= {index.key: (index, root) for root in roots if root.has("index") for index in [_index(root)]}
    for versions in figures.values():
        _apart(versions)
    for index, root in indexes.values():
        _aimed(index, root, {key: several[-1].definition for key, several in figures.items()})

    def place(key: str) -> tuple[int, str]:
        return figures[key][-1].definition.order, key

    book = FigureBook(
        tuple(placed.definition for key in sorted(figures, key=place) for placed in figures[key]),
        tuple(index for index, _ in indexes.values()),
    )
    return ReadFigures(book, tuple(sorted(notes.faults)))


def _root(path: Path, notes: Notes) -> Section | None:
    try:
        return Section(read_document(path, shown=shown(path)), "figure", notes)
    except FaultsFound as found:
        notes.faults.update(found.faults)
        return None


def _figure(root: Section, rating: RatingTerms) -> Definition:
    root.integer("format", 1, 1, default=1, required=True)
    over = _chosen(root, "over", "{of: case.due}")
    count = _chosen(root, "count", "{of: case.closed, having: closed_at < due_at}", required=True, over=over)
    if count is not None and count == over:
        message = "a figure is not divided by itself: count and over choose the same"
        place = root.take("count") or root.node
        root.refuse(place, "divided_by_itself", message, "count: {of: case.closed, having: closed_at < due_at}")
    count = count or _NOTHING
    base = (over or count).events
    scope = base.table.scope(base.at)
    excluded = [_exclusion(section, scope) for section in root.sections("exclude", "exclusion").values()]
    begins, source = root.day("version", required=True), root.section("source", "source")
    if root.has("terms"):
        root.choice("terms", _TERMS)
        cap, minimum_n = rating.cap * _OF_PERCENT, rating.minimum
    else:
        cap = root.integer("cap", 0, 5_000, required=bool(excluded))
        minimum_n = root.integer("minimum_n", 0, 100_000, required=over is not None)
    definition = Definition(
        key=_named(root, "figure", CODE, "closed_on_time"),
        title=root.title(required=True) or Title("?", "?"),
        origin=root.choice("origin", get_args(Origin), required=True),
        begins=_STAND_IN if begins is None else begins,
        until=_until(root, begins),
        better=cast(Better, root.choice("better", get_args(Better), required=True)),
        count=count,
        over=over,
        exclusions=tuple(one for one in excluded if one is not None),
        cap=cap,
        minimum_n=minimum_n,
        mix=_mix(root, scope),
        source="" if source is None else read_source(source),
        assumption=root.title("assumption"),
        order=root.integer("order", 1, LAST, default=LAST),
    )
    if not definition.source and definition.assumption is None:
        message = "a figure has a source, or says what was assumed"
        root.refuse(root.node, "no_source", message, "assumption: {zh: 未见公开口径, en: No published definition}")
    root.close()
    return definition


def _chosen(
    root: Section, key: str, example: str, *, required: bool = False, over: Chosen | None = None
) -> Chosen | None:
    section = root.section(key, "event_set", example=example, required=required)
    if section is None:
        return None
    found, of = None, section.text("of", "case.due", required=True)
    if of in EVENT_SETS:
        found = Chosen(of, expression(section, "having", _scope(root, key, EVENT_SETS[of], over)))
    elif of:
        root.notes.unknown(section.take("of") or section.node, "event", of, EVENT_SETS)
        section.take("having")
    section.close()
    return found


def _scope(root: Section, key: str, events: EventSet, over: Chosen | None) -> Scope:
    """What is counted of the very things of `over` is in both sets; of a faulty `over` nothing more is asked."""
    if key == "count" and over is None and root.has("over"):
        return events.table.scope(*(column.name for column in events.table.columns))
    shared = (over.events.at,) if over is not None and over.events.table == events.table else ()
    return events.table.scope(events.at, *shared)


def _exclusion(section: Section, scope: Scope) -> Exclusion | None:
    title = section.title(required=True)
    section.take("when", "ending == 'withdrawn'", required=True)
    when = expression(section, "when", scope)
    section.close()
    return None if title is None or when is None else Exclusion(section.name, title, when)


def _until(root: Section, begins: Day | None) -> Day | None:
    until = root.day("until", "2027-01-01")
    if until is not None and begins is not None and until <= begins:
        message = "a figure ends after it begins"
        root.refuse(root.take("until") or root.node, "empty_period", message, f"until: {iso_of_day(begins + 365)}")
    return until


def _mix(root: Section, scope: Scope) -> tuple[str, ...]:
    nodes = root.word_nodes("mix", "[matter]")
    known = [name for name in _MIX if name in scope.names]
    for node in nodes:
        if node.value not in known:
            root.notes.unknown(node, "mix", str(node.value), known)
    return tuple(str(node.value) for node in nodes if node.value in known) or ("matter",)


def _index(root: Section) -> Index:
    root.integer("format", 1, 1, default=1, required=True)
    found = Index(
        key=_named(root, "index", CODE_OF_INDEX, "one-down-three-up"),
        title=root.title(required=True) or Title("?", "?"),
        origin=root.choice("origin", get_args(Origin), required=True),
        aims=tuple(_aim(section) for section in root.sections("aims", "aim").values()),
        assumption=root.title("assumption"),
    )
    root.close()
    return found


def _aim(section: Section) -> Aim:
    aim = Aim(
        section.name,
        section.text("figure", "resolved", required=True),
        cast(Way, section.choice("way", get_args(Way), required=True)),
    )
    section.close()
    return aim


def _named(root: Section, key: str, pattern: re.Pattern[str], example: str) -> str:
    name = root.text(key, example, required=True, default="nameless")
    if not pattern.fullmatch(name):
        message = f"{name!r} is not the name of a {key}: small letters, digits and _, a letter first"
        root.refuse(root.take(key) or root.node, "bad_name", message, f"{key}: {example}")
    return name


def _apart(versions: Sequence[_Placed]) -> None:
    """Periods in which versions of one figure hold do not overlap."""
    for (earlier, _), (later, root) in pairwise(versions):
        if later.begins == earlier.begins or (earlier.until is not None and earlier.until > later.begins):
            ends = "at once" if earlier.until is None else f"until {iso_of_day(earlier.until)}"
            message = (
                f"{later.key} is in force from {iso_of_day(later.begins)}, where another version of it is, {ends}; "
                "periods must not overlap"
            )
            example = f"version: {iso_of_day(earlier.until or later.begins + 365)}"
            root.notes.refuse(root.take("version") or root.node, "overlapping_periods", message, example, at_key=True)


def _aimed(index: Index, root: Section, figures: dict[str, Definition]) -> None:
    """Every aim names a figure that is there, and a way that it calls better."""
    sections = root.sections("aims", "aim")
    for aim in index.aims:
        place = sections[aim.name].take("figure") or root.node
        if aim.figure not in figures:
            root.notes.unknown(place, "figure", aim.figure, figures)
        elif figures[aim.figure].better not in (BETTER[aim.way], "neither"):
            message = f"{aim.figure} is better {figures[aim.figure].better}, so an aim is not to take it {aim.way}"
            root.refuse(place, "contrary_aim", message, f"way: {'up' if aim.way == 'down' else 'down'}")
