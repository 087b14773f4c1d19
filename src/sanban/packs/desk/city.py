"""Reads `city.yaml`: what the district has agreed with the city's hotline platform.

    limits: {return: 1 working_day, urging: 4 hours, warning: 24 hours, rework: 3 working_days, skew: 10 minutes}
    grounds: {other_district: {zh: ..., en: ...}}     # why an order may be returned
    reply: {least: 6, longest: 2000, text: {...}, titles: [...], instead: 工作人员}
    files: {written: csv, columns: {...}, kinds: {...}, outcomes: {...}, states: {...}}

Each word of the files stands for one of ours; the first of a list is the one we write. A district's own file takes the
place of the shipped illustration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import Title
from sanban.packs.desk.heeds import DESK
from sanban.packs.reading.opening import opened, own_or_shipped
from sanban.packs.reading.section import Section

FILE_NAME: Final = "city.yaml"
LIMITS: Final = ("return", "urging", "warning", "rework")
MAYBE: Final = ("skew",)
NATURAL: Final = ("urging", "warning", "skew")
COLUMNS: Final = (
    "kind", "number", "time", "due", "text", "outcome", "message", "state", "ground", "ending", "part", "count"
)  # fmt: skip
KINDS: Final = ("order", "supplement", "urging", "sent_back", "outcome", "reply", "return")
OUTCOMES: Final = ("taken", "refused")
STATES: Final = ("open", "replied", "returned")
_MICROSECONDS: Final = {"minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}

Words = Mapping[str, tuple[str, ...]]


class CityFiles(msgspec.Struct, frozen=True):
    """The words of the city's files: our name -> theirs, the one that we write first."""

    written: Literal["csv", "xlsx"]
    columns: Words
    kinds: Words
    outcomes: Words
    states: Words


class CityReply(msgspec.Struct, frozen=True):
    """What a reply is like: its length in characters, its text with `{ending}` and `{text}`.

    `titles`: of officers, who are not named to the city; `instead`: what stands for them.
    """

    least: int
    longest: int
    text: Title
    titles: tuple[str, ...]
    instead: str


class CityTerms(msgspec.Struct, frozen=True):
    """What was agreed. `urging`, `warning` and `skew` in microseconds.

    `skew`: so far the city's clock may be ahead of ours, 0 where nothing was agreed; `attempts`: of a carriage before a
    person looks.
    """

    origin: str
    returning: Length
    urging: int
    warning: int
    rework: Length
    skew: int
    grounds: Mapping[str, Title]
    reply: CityReply
    attempts: int
    files: CityFiles


def load_city_terms(district: Path) -> CityTerms:
    """The terms of a district's folder, else the shipped illustration. Raises FaultsFound with every fault."""
    with opened(own_or_shipped(district / FILE_NAME, DESK), "city") as (root, origin):
        limits = _limits(root)
        return CityTerms(
            origin=origin,
            returning=limits["return"],
            urging=_natural(limits["urging"]),
            warning=_natural(limits["warning"]),
            rework=limits["rework"],
            skew=_natural(limits["skew"]) if "skew" in limits else 0,
            grounds=_grounds(root),
            reply=_reply(root),
            attempts=root.integer("attempts", 1, 20, default=8),
            files=_files(root),
        )


def _limits(root: Section) -> dict[str, Length]:
    section = root.section("limits", "limits", example="{return: 1 working_day}", required=True)
    if section is None:
        return dict.fromkeys(LIMITS, Length(1, "hour"))
    found = {}
    for name in (*LIMITS, *MAYBE):
        example = "4 hours" if name in NATURAL else "1 working_day"
        length = section.length(name, example, required=name in LIMITS)
        if length and name in NATURAL and length.unit not in _MICROSECONDS:
            node = section.take(name) or section.node
            section.refuse(node, "not_natural", f"{name} is natural time, not {length.unit}s", f"{name}: {example}")
        if length or name in LIMITS:
            found[name] = length or Length(1, "hour")
    section.close()
    return found


def _natural(length: Length) -> int:
    return length.count * _MICROSECONDS.get(length.unit, 0)


def _grounds(root: Section) -> dict[str, Title]:
    table = root.section("grounds", "grounds", example="{other_district: {zh: ..., en: ...}}", required=True)
    if table is None:
        return {}
    names = table.each("ground")
    return {name: table.title(name) or Title(name, name) for name in names}


def _reply(root: Section) -> CityReply:
    section = root.section("reply", "reply", example="{least: 6, longest: 2000, ...}", required=True)
    if section is None:
        return CityReply(1, 1, Title("?", "?"), (), "")
    found = CityReply(
        section.integer("least", 1, 1_000, default=1, required=True),
        section.integer("longest", 1, 20_000, default=2_000, required=True),
        section.title("text", required=True) or Title("?", "?"),
        section.words("titles", "[警官, 主任]"),
        section.text("instead", "工作人员", required=True),
    )
    section.close()
    return found


def _files(root: Section) -> CityFiles:
    section = root.section("files", "files", example="{written: csv, ...}", required=True)
    if section is None:
        return CityFiles("csv", {}, {}, {}, {})
    found = CityFiles(
        cast(Literal["csv", "xlsx"], section.choice("written", ("csv", "xlsx"))),
        _words(section, "columns", COLUMNS),
        _words(section, "kinds", KINDS),
        _words(section, "outcomes", OUTCOMES),
        _words(section, "states", STATES),
    )
    section.close()
    return found


def _words(files: Section, key: str, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    section = files.section(key, key, example=f"{{{names[0]}: [...]}}", required=True)
    if section is None:
        return {}
    found = {name: section.words(name, "[...]", required=True) for name in names}
    section.close()
    return found
