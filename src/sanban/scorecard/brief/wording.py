"""The text of a brief in one language, written from what is frozen; every sentence is a message of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from sanban.kernel.clock.calendar import DAY, Calendar
from sanban.kernel.mechanism import Title
from sanban.kernel.share import NOTHING, interval, per_cent, tenths
from sanban.kernel.view import Language, phrase
from sanban.packs.desk.assessment import VOLUME, Assessment
from sanban.scorecard.brief.document import Document, Section, Table
from sanban.scorecard.brief.stream import Counted, Figured, Freeze

VOLUMES = {
    "requests": phrase("Requests received"),
    "opened": phrase("Cases opened"),
    "closed": phrase("Cases closed"),
    "open": phrase("Cases open at the cut-off"),
    "late": phrase("of them late"),
}
UNITS_BY = ("in_time", "resolved")
"""The figures that the brief shows unit by unit."""


class Said(msgspec.Struct, frozen=True):
    """What the text is written with: the language, its messages, what things are called, the terms and the calendar."""

    language: Language
    say: Callable[[str], str]
    titles: Mapping[str, Title]
    terms: Assessment
    calendar: Calendar

    def title(self, key: str) -> str:
        """What a figure, unit or matter is called."""
        return self.word(self.titles[key])

    def word(self, title: Title) -> str:
        """A title in the language."""
        return title.zh if self.language == "zh" else title.en

    def day(self, instant: int) -> str:
        """A local day."""
        return self.calendar.iso(self.calendar.day_of(instant))


def written(said: Said, issuer: Title, district: str, frozen: Freeze) -> Document:
    """The whole text."""
    say = said.say
    first, last = said.day(frozen.since), said.day(frozen.until - DAY)
    parts = (
        _volume(said, frozen.counts),
        _directions(said, frozen),
        _figures(said, say("Figures of the district"), [one for one in frozen.figures if not one.unit]),
        *(_units(said, frozen.figures, figure) for figure in UNITS_BY),
        _matters(said, frozen.counts),
        _source(said, frozen),
    )
    return Document(
        issuer=said.word(issuer),
        title=say("Weekly brief on requests of %(district)s") % {"district": district},
        of=f"{frozen.week}（{first} — {last}）" if said.language == "zh" else f"{frozen.week} ({first} to {last})",
        sections=tuple(part for part in parts if part is not None),
        signed=(said.word(issuer), said.day(frozen.until)),
    )


def _volume(said: Said, counts: Sequence[Counted]) -> Section:
    say, known = said.say, {one.key: one for one in counts}
    rows = tuple((say(name), str(known[key].count), *_compared(known[key])) for key, name in VOLUMES.items())
    text = say(
        "%(requests)s requests were received and %(opened)s cases opened; %(closed)s cases were closed. At the cut-off "
        "%(open)s cases were open, %(late)s of them late."
    ) % {key: known[key].count for key in VOLUMES}
    head = (say("Volume"), say("This week"), say("Week before"), say("Change"))
    return Section(
        say("Volume of work"),
        (text, say("Requests and cases are both told, so that merging never looks like falling demand.")),
        Table(say("Volume of work"), head, rows, tuple(VOLUMES)),
    )


def _directions(said: Said, frozen: Freeze) -> Section:
    say, district = said.say, {one.figure: one for one in frozen.figures if not one.unit}
    requests = next(one for one in frozen.counts if one.key == "requests")
    compared = {VOLUME: (say("Requests received"), str(requests.count), _compared(requests)[0])}
    compared |= {
        code: (said.title(f"figure:{code}"), _of(one.holds, one.n), _of(one.holds_before, one.n_before))
        for code, one in district.items()
    }
    told = [
        say("%(figure)s: %(now)s, the week before %(before)s; wanted: %(wanted)s.")
        % {"figure": title, "now": now, "before": before, "wanted": say(_WANTED[wanted])}
        for code, wanted in said.terms.directions.items()
        for title, now, before in [compared.get(code, ("", "", ""))]
        if title
    ]
    assumed = [say("Which index should fall and which should rise is an assumption, set by no authority.")]
    return Section(say("One down, three up"), (*told, *(assumed if said.terms.is_assumed else ())))


_WANTED = {"up": phrase("up"), "down": phrase("down")}


def _figures(said: Said, heading: str, figures: Sequence[Figured]) -> Section:
    say = said.say
    rows = tuple(
        (said.title(f"figure:{one.figure}"), *_numbers(one), per_cent(one.holds_before, one.n_before))
        for one in figures
    )
    head = (say("Figure"), say("Share"), say("Of"), say("95 % interval"), say("Week before"))
    keys = tuple(f"{one.figure}/{one.unit}" for one in figures)
    return Section(heading, (), Table(heading, head, rows, keys))


def _units(said: Said, figures: Sequence[Figured], figure: str) -> Section | None:
    say, of_units = said.say, [one for one in figures if one.figure == figure and one.unit]
    if not of_units:
        return None
    heading = say("%(figure)s, by unit") % {"figure": said.title(f"figure:{figure}")}
    rows = tuple((said.title(f"unit:{one.unit}"), *_numbers(one)) for one in of_units)
    text = say("By the units' codes, without ranks; below %(least)s cases the interval alone says something.")
    head = (say("Unit"), say("Share"), say("Of"), say("95 % interval"))
    keys = tuple(f"{one.figure}/{one.unit}" for one in of_units)
    return Section(heading, (text % {"least": said.terms.least},), Table(heading, head, rows, keys))


def _matters(said: Said, counts: Sequence[Counted]) -> Section | None:
    say, matters = said.say, [one for one in counts if one.key.startswith("matter:")]
    if not matters:
        return None
    rows = tuple((said.title(one.key), str(one.count), _compared(one)[0]) for one in matters)
    heading = say("Most frequent matters")
    head = (say("Matter"), say("Cases opened"), say("Week before"))
    return Section(heading, (), Table(heading, head, rows, tuple(one.key for one in matters)))


def _source(said: Said, frozen: Freeze) -> Section:
    say = said.say
    return Section(
        say("Where the numbers come from"),
        (
            say("Every number was counted from the ledger at position %(position)s and is cut off at %(until)s.")
            % {"position": frozen.position, "until": said.calendar.local_end(frozen.until)},
            say("Hash of the ledger's last batch: %(head)s")
            % {"head": " ".join(frozen.head[at : at + 16] for at in range(0, len(frozen.head), 16))},
            say("Figures are named: %(figures)s.")
            % {"figures": ", ".join(dict.fromkeys(one.figure for one in frozen.figures))},
        ),
    )


def _compared(one: Counted) -> tuple[str, str]:
    return (NOTHING, NOTHING) if one.before is None else (str(one.before), f"{one.count - one.before:+d}")


def _numbers(one: Figured) -> tuple[str, str, str]:
    found = interval(one.holds, one.n)
    reach = "" if found is None else f"{tenths(found[0])} – {tenths(found[1])}"
    return per_cent(one.holds, one.n), f"{one.holds}/{one.n}", reach


def _of(holds: int, n: int) -> str:
    return f"{per_cent(holds, n)} ({holds}/{n})"
