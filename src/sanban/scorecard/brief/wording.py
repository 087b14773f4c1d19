"""The text of a brief in one language, written from what is frozen; every sentence is a message of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from sanban.kernel.clock.calendar import DAY, Calendar
from sanban.kernel.mechanism import Title
from sanban.kernel.view import Language, phrase
from sanban.packs.figures.definition import Index, Way
from sanban.scorecard.brief.document import Document, Section, Table
from sanban.scorecard.brief.stream import Counted, Figured, Freeze

STOCK = {
    "closed": phrase("Cases closed"),
    "open": phrase("Cases open at the cut-off"),
    "late": phrase("of them late"),
}
COUNTED = ("requests", "cases")
"""The figures that count what came in: requests and cases both, so that merging never looks like falling demand."""
UNITS_BY = ("in_time", "resolved")
"""The figures that the brief shows unit by unit."""
UNKNOWN = "n/a"
WANTED: dict[Way, str] = {"up": phrase("up"), "down": phrase("down")}

Ground = tuple[str, Title | None]
"""What a figure's definition rests on: its source, '' for none, and what is assumed."""


class Said(msgspec.Struct, frozen=True):
    """What the text is written with: the language, its messages, what things are called, directions, the calendar.

    `grounds`: what each figure rests on.
    """

    language: Language
    say: Callable[[str], str]
    titles: Mapping[str, Title]
    indexes: Sequence[Index]
    calendar: Calendar
    grounds: Mapping[str, Ground]

    def title(self, key: str) -> str:
        """What a figure, unit or matter is called."""
        return self.word(self.titles[key])

    def word(self, title: Title) -> str:
        """A title in the language."""
        return title.zh if self.language == "zh" else title.en

    def day(self, instant: int) -> str:
        """A local day."""
        return self.calendar.iso(self.calendar.day_of(instant))


def written(said: Said, issuer: Title, district: Title, frozen: Freeze) -> Document:
    """The whole text."""
    say = said.say
    first, last = said.day(frozen.since), said.day(frozen.until - DAY)
    parts = (
        _volume(said, frozen),
        *(_index(said, index, frozen.figures) for index in said.indexes),
        _figures(said, frozen.figures),
        *(_units(said, frozen.figures, figure) for figure in UNITS_BY),
        _matters(said, frozen.counts),
        _source(said, frozen),
    )
    return Document(
        issuer=said.word(issuer),
        title=say("Weekly brief on requests of %(district)s") % {"district": said.word(district)},
        of=say("%(week)s (%(first)s to %(last)s)") % {"week": frozen.week, "first": first, "last": last},
        sections=tuple(part for part in parts if part is not None),
        signed=(said.word(issuer), said.day(frozen.until)),
    )


def _of_district(figures: Sequence[Figured]) -> dict[str, Figured]:
    return {one.figure: one for one in figures if not one.unit}


def _volume(said: Said, frozen: Freeze) -> Section:
    say, district = said.say, _of_district(frozen.figures)
    stock = {one.key: one for one in frozen.counts}
    came = [Counted(key, district[key].holds, district[key].holds_before) for key in COUNTED]
    names = {key: said.title(f"figure:{key}") for key in COUNTED} | {key: say(name) for key, name in STOCK.items()}
    rows = [*came, *(stock[key] for key in STOCK)]
    text = say(
        "%(requests)s requests were received and %(cases)s cases opened; %(closed)s cases were closed. At the cut-off "
        "%(open)s cases were open, %(late)s of them late."
    ) % {one.key: one.count for one in rows}
    heading = say("Volume of work")
    head = (heading, say("This week"), say("Week before"), say("Change"))
    return Section(
        heading,
        (text, say("Requests and cases are both told, so that merging never looks like falling demand.")),
        Table(
            heading,
            head,
            tuple((names[one.key], str(one.count), *_compared(one)) for one in rows),
            tuple(one.key for one in rows),
        ),
    )


def _index(said: Said, index: Index, figures: Sequence[Figured]) -> Section:
    say, district = said.say, _of_district(figures)
    told = tuple(
        say("%(figure)s: %(now)s, the week before %(before)s; wanted: %(wanted)s.")
        % {
            "figure": said.title(f"figure:{aim.figure}"),
            "now": _with_numbers(district[aim.figure]),
            "before": district[aim.figure].before,
            "wanted": say(WANTED[aim.way]),
        }
        for aim in index.aims
        if aim.figure in district
    )
    assumed = () if index.assumption is None else (say("Assumed: %(what)s.") % {"what": said.word(index.assumption)},)
    return Section(said.word(index.title), (*told, *assumed))


def _figures(said: Said, figures: Sequence[Figured]) -> Section:
    say, district = said.say, [one for one in _of_district(figures).values() if one.n is not None]
    heading = say("Figures of the district")
    rows = tuple((said.title(f"figure:{one.figure}"), one.value, one.of, one.interval, one.before) for one in district)
    head = (say("Figure"), say("Share"), say("Of"), say("95 % interval"), say("Week before"))
    few = say("Where too few cases lie behind a share, count and interval stand alone.")
    told = (few,) if any(one.is_few for one in district) else ()
    return Section(heading, told, Table(heading, head, rows, tuple(f"{one.figure}/" for one in district)))


def _units(said: Said, figures: Sequence[Figured], figure: str) -> Section | None:
    say, of_units = said.say, [one for one in figures if one.figure == figure and one.unit]
    if not of_units:
        return None
    heading = say("%(figure)s, by unit") % {"figure": said.title(f"figure:{figure}")}
    rows = tuple((said.title(f"unit:{one.unit}"), one.value, one.of, one.interval) for one in of_units)
    text = say("By the units' codes, without ranks; below %(least)s cases the interval alone says something.")
    head = (say("Unit"), say("Share"), say("Of"), say("95 % interval"))
    keys = tuple(f"{one.figure}/{one.unit}" for one in of_units)
    return Section(heading, (text % {"least": of_units[0].least},), Table(heading, head, rows, keys))


def _matters(said: Said, counts: Sequence[Counted]) -> Section | None:
    say, matters = said.say, [one for one in counts if one.key.startswith("matter:")]
    if not matters:
        return None
    rows = tuple((said.title(one.key), str(one.count), *_compared(one)) for one in matters)
    heading = say("Most frequent matters")
    head = (say("Matter"), say("Cases opened"), say("Week before"), say("Change"))
    return Section(heading, (), Table(heading, head, rows, tuple(one.key for one in matters)))


def _source(said: Said, frozen: Freeze) -> Section:
    say = said.say
    return Section(
        say("Where the numbers come from"),
        (
            say("Every number was counted from the ledger at position %(position)s and is cut off at %(until)s.")
            % {"position": frozen.position, "until": said.calendar.local_end(frozen.until)},
            say("Hash of the batch that ended there: %(head)s")
            % {"head": " ".join(frozen.head[at : at + 16] for at in range(0, len(frozen.head), 16))},
            *_grounds(said, _of_district(frozen.figures)),
        ),
    )


def _grounds(said: Said, figures: Iterable[str]) -> Iterator[str]:
    """What the figures rest on, those together that rest on the same."""
    resting: dict[Ground, list[str]] = {}
    for figure in figures:
        resting.setdefault(said.grounds[figure], []).append(figure)
    for (source, assumption), several in resting.items():
        named = {"figures": "; ".join(said.title(f"figure:{figure}") for figure in several)}
        if source:
            yield said.say("%(figures)s. Source: %(source)s.") % {**named, "source": source}
        if assumption is not None:
            yield said.say("%(figures)s. Assumed: %(what)s.") % {**named, "what": said.word(assumption)}


def _compared(one: Counted) -> tuple[str, str]:
    return (UNKNOWN, UNKNOWN) if one.before is None else (str(one.before), f"{one.count - one.before:+d}")


def _with_numbers(one: Figured) -> str:
    if one.is_few:
        return f"{one.of} ({one.interval})"
    return f"{one.value} ({one.of})" if one.of else one.value
