"""The text of a brief in one language, written from what is frozen; every sentence is a message of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from sanban.kernel.clock.calendar import DAY, Calendar
from sanban.kernel.mechanism import Title
from sanban.kernel.view import Language, phrase
from sanban.packs.figures.definition import Index, Way
from sanban.scorecard.brief.document import Document, Section, Table
from sanban.scorecard.brief.stream import UNSAID, Counted, Figured, Freeze
from sanban.scorecard.figures.statistics import Counts, change_by_working_day, shifted
from sanban.scorecard.ports import CAME

STOCK = {
    "closed": phrase("Cases closed"),
    "open": phrase("Cases open at the cut-off"),
    "late": phrase("of them late"),
}
UNITS_BY = ("in_time", "resolved")
"""The figures that the brief shows unit by unit."""
UNKNOWN = "n/a"
WANTED: dict[Way, str] = {"up": phrase("up"), "down": phrase("down")}
SIGN: dict[Way, int] = {"up": 1, "down": -1}
NOTHING, AS_BEFORE = phrase("nothing to compare"), phrase("as before")
AS_WANTED, AGAINST = phrase("as wanted"), phrase("against what is wanted")
FLOWS = (*CAME, "closed")
"""What comes and goes with the working days of a week; what is open stands whatever they are."""

Ground = tuple[str, Title | None]
"""What a figure's definition rests on: its source, '' for none, and what is assumed."""


class Said(msgspec.Struct, frozen=True):
    """What the text is written with: the language, its messages, what things are called, directions, the calendar.

    `grounds`: what each figure rests on; `days`: the working days of the week and of the week before.
    """

    language: Language
    say: Callable[[str], str]
    titles: Mapping[str, Title]
    indexes: Sequence[Index]
    calendar: Calendar
    grounds: Mapping[str, Ground]
    days: tuple[int, int]

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
    came = [Counted(key, district[key].holds, district[key].holds_before) for key in CAME]
    names = {key: said.title(f"figure:{key}") for key in CAME} | {key: say(name) for key, name in STOCK.items()}
    rows = [*came, *(stock[key] for key in STOCK)]
    text = say(
        "%(requests)s requests were received and %(cases)s cases opened; %(closed)s cases were closed. At the cut-off "
        "%(open)s cases were open, %(late)s of them late."
    ) % {one.key: one.count for one in rows}
    heading = say("Volume of work")
    head = (heading, say("This week"), say("Week before"), say("Change"), say("By working day"))
    days = say(
        "This week had %(days)s working days, the week before %(before)s: what came and went is also compared by the "
        "working day."
    ) % {"days": said.days[0], "before": said.days[1]}
    return Section(
        heading,
        (text, say("Requests and cases are both told, so that merging never looks like falling demand."), days),
        Table(
            heading,
            head,
            tuple((names[one.key], str(one.count), *_compared(said, one, flows=one.key in FLOWS)) for one in rows),
            tuple(one.key for one in rows),
        ),
    )


def _index(said: Said, index: Index, figures: Sequence[Figured]) -> Section:
    say, district = said.say, _of_district(figures)
    told = tuple(
        say("%(figure)s: %(now)s, the week before %(before)s; wanted: %(wanted)s; %(moved)s.")
        % {
            "figure": said.title(f"figure:{aim.figure}"),
            "now": _with_numbers(district[aim.figure]),
            "before": district[aim.figure].before,
            "wanted": say(WANTED[aim.way]),
            "moved": _moved(said, district[aim.figure], aim.way),
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
    rows = tuple((said.title(one.key), str(one.count), *_compared(said, one, flows=True)) for one in matters)
    heading = say("Most frequent matters")
    head = (say("Matter"), say("Cases opened"), say("Week before"), say("Change"), say("By working day"))
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


def _compared(said: Said, one: Counted, *, flows: bool) -> tuple[str, str, str]:
    """The week before's, the change, and that of what flows by the working day."""
    if one.before is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    change = change_by_working_day(one.count, said.days[0], one.before, said.days[1])
    by_day = UNSAID if not flows else UNKNOWN if change is None else f"{_tenths(change)} %"
    return str(one.before), f"{one.count - one.before:+d}", by_day


def _moved(said: Said, one: Figured, way: Way) -> str:
    """Which way it went beyond chance, as the overview tells it."""
    days, days_before = said.days
    now, then = Counts(one.holds, one.n, days), Counts(one.holds_before, one.n_before, days_before)
    moved, _, change = shifted(now, then)
    if moved is None:
        word = NOTHING
    elif moved == 0:
        word = AS_BEFORE
    else:
        word = AS_WANTED if moved == SIGN[way] else AGAINST
    if change is None:
        return said.say(word)
    by_day = said.say("by working day %(change)s %%") % {"change": _tenths(change)}
    return said.say("%(moved)s, %(by_day)s") % {"moved": said.say(word), "by_day": by_day}


def _tenths(change: int) -> str:
    return f"{change / 10:+.1f}"


def _with_numbers(one: Figured) -> str:
    if one.is_few:
        return f"{one.of} ({one.interval})"
    return f"{one.value} ({one.of})" if one.of else one.value
