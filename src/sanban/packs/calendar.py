"""Reads a folder of calendar files into one kernel calendar.

A folder holds one head file (`cn.yaml`: zone, range of the table, days of rest, office hours) and one file for each
year whose notice is published (`cn-2025.yaml`: source, public holidays, make-up working days). The years must follow
each other without a gap; the first and the last bound what is known. The files' names and bytes give the version.

A notice may also move a day of the last week of the December before, as that for 2019 did with 29 December 2018; any
other date of another year is a fault. All faults of all files are reported at once, with file, line and an example.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.clock.calendar import (
    Calendar,
    Day,
    Holiday,
    build_calendar,
    day_of_date,
    iso_of_day,
    weekday_of,
)
from sanban.kernel.errors import Fault, FaultsFound
from sanban.packs.document import Fields, Node, read_document

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORIGINS = ("official", "local", "illustrative")
ADOPTED = "origin: local, adopted: {authority: 区城运中心, document: 城运〔2026〕3号, date: 2026-01-15}"
LONGEST_HOLIDAY = 31
_YEAR_FILE = re.compile(r"(?P<name>.+)-(?P<year>[12][0-9]{3})\.yaml")


class _Head(msgspec.Struct, frozen=True):
    name: str
    zone: str
    first_year: int
    last_year: int
    rest_weekdays: tuple[int, ...]
    sessions: tuple[tuple[int, int], ...]
    office_origin: str


class _Year(msgspec.Struct, frozen=True):
    year: int
    holidays: tuple[tuple[Node, Holiday], ...]
    make_up_days: tuple[tuple[Node, Day], ...]


def load_calendar(folder: Path) -> Calendar:
    """The calendar of a folder. Raises FaultsFound with every fault of all its files."""
    reader = Fields()
    head_path, year_paths = _sorted_files(folder, reader)
    head = _read_head(head_path, reader) if head_path else None
    years = [year for path in year_paths if (year := _read_year(path, head_path, reader))]
    _check_years(folder, head, head_path, [_year_of(path) for path in year_paths], reader)
    if head is not None:
        _check_days(head, years, reader)
    if reader.faults or head is None:
        raise FaultsFound(reader.faults)
    return _calendar(head, years, _version([*year_paths, *([head_path] if head_path else [])]))


def _sorted_files(folder: Path, reader: Fields) -> tuple[Path | None, list[Path]]:
    paths = sorted(folder.glob("*.yaml"))
    years = [path for path in paths if _YEAR_FILE.fullmatch(path.name)]
    heads = [path for path in paths if path not in years]
    if len(heads) != 1:
        names = ", ".join(path.name for path in heads) or "none"
        message = f"a calendar folder has exactly one head file; here: {names}"
        reader.faults.append(Fault(str(folder), 0, "head_file", message, "cn.yaml beside cn-2025.yaml"))
    return (heads[0] if heads else None), years


def _read(path: Path, reader: Fields) -> Node | None:
    try:
        return read_document(path)
    except FaultsFound as found:
        reader.faults.extend(found.faults)
        return None


def _read_head(path: Path, reader: Fields) -> _Head | None:
    root = _read(path, reader)
    if root is None:
        return None
    keys = ("calendar", "title", "zone", "first_year", "last_year", "rest_days", "office")
    fields = reader.mapping(root, keys, f"calendar: {path.stem}")
    _titles(fields.get("title"), reader)
    name = reader.text(fields.get("calendar"), path.stem)
    if name and name != path.stem:
        reader.refuse(fields["calendar"], "wrong_name", f"{name!r} is not the file's name", path.stem)
    first, last = reader.year(fields.get("first_year")), reader.year(fields.get("last_year"))
    if last and first > last:
        reader.refuse(fields["last_year"], "wrong_range", f"{last} is before {first}", "last_year: 2036")
    origin, sessions = _office(fields.get("office"), reader)
    return _Head(
        name=path.stem,
        zone=_zone(fields.get("zone"), reader),
        first_year=first,
        last_year=last,
        rest_weekdays=_rest_days(fields.get("rest_days"), reader),
        sessions=sessions,
        office_origin=origin,
    )


def _zone(node: Node | None, reader: Fields) -> str:
    name = reader.text(node, "Asia/Shanghai")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        if node is not None and name:
            reader.refuse(node, "not_a_zone", f"{name!r} is not a time zone of this machine", "Asia/Shanghai")
    return name


def _rest_days(node: Node | None, reader: Fields) -> tuple[int, ...]:
    """Weekdays from Monday = 0; after a fault all of them, so that no make-up day is blamed for it."""
    before = len(reader.faults)
    names = {reader.choice(item, WEEKDAYS) for item in reader.items(node, "[saturday, sunday]")}
    if node is not None and len(names) == len(WEEKDAYS):
        reader.refuse(node, "no_working_day", "leaves no working day in a week", "[saturday, sunday]")
    if node is None or len(reader.faults) > before:
        return tuple(range(len(WEEKDAYS)))
    return tuple(sorted(WEEKDAYS.index(name) for name in names))


def _office(node: Node | None, reader: Fields) -> tuple[str, tuple[tuple[int, int], ...]]:
    if node is None:
        return ORIGINS[-1], ()
    example = "{origin: illustrative, sessions: [{from: 9:00, to: 12:00}]}"
    fields = reader.mapping(node, ("origin", "sessions"), example, ("adopted",))
    sessions = []
    last = 0
    for item in reader.items(fields.get("sessions"), "[{from: 9:00, to: 12:00}]"):
        span = reader.mapping(item, ("from", "to"), "{from: 9:00, to: 12:00}")
        start, end = reader.time(span.get("from")), reader.time(span.get("to"))
        if min(start, end) >= 0 and not last <= start < end:
            reader.refuse(item, "sessions_overlap", "must end after it starts, and follow the one before", example)
        sessions.append((start, end))
        last = max(last, end)
    if not sessions:
        reader.refuse(node, "no_session", "needs at least one session", example)
    origin = reader.choice(fields.get("origin"), ORIGINS)
    _adopted(node, origin, fields.get("adopted"), reader)
    return origin, tuple(sessions)


def _adopted(node: Node, origin: str, adopted: Node | None, reader: Fields) -> None:
    """Local hours say who adopted them; no others do."""
    if (origin == "local") != (adopted is not None):
        reader.refuse(
            node, "origin_without_adoption", "local office hours, and no others, say who adopted them", ADOPTED
        )
    if adopted is not None:
        fields = reader.mapping(adopted, ("authority", "document", "date"), ADOPTED)
        reader.text(fields.get("authority"), ADOPTED)
        reader.text(fields.get("document"), ADOPTED)
        reader.day(fields.get("date"))


def _titles(node: Node | None, reader: Fields) -> tuple[str, str]:
    if node is None:
        return "", ""
    example = "{zh: 劳动节, en: Labour Day}"
    fields = reader.mapping(node, ("zh", "en"), example)
    return reader.text(fields.get("zh"), example), reader.text(fields.get("en"), example)


def _year_of(path: Path) -> int:
    return int(path.stem[-4:])


def _read_year(path: Path, head_path: Path | None, reader: Fields) -> _Year | None:
    root = _read(path, reader)
    if root is None:
        return None
    keys = ("calendar", "year", "source", "holidays", "make_up_days")
    fields = reader.mapping(root, keys, f"year: {_year_of(path)}")
    name = reader.text(fields.get("calendar"), path.stem[:-5])
    if name and (name != path.stem[:-5] or (head_path and name != head_path.stem)):
        wanted = head_path.stem if head_path else path.stem[:-5]
        reader.refuse(fields["calendar"], "wrong_name", f"{name!r} is not the calendar of this file and folder", wanted)
    year = reader.year(fields.get("year"))
    if year and year != _year_of(path):
        reader.refuse(fields["year"], "wrong_year", f"{year} is not the year of the file's name", f"{_year_of(path)}")
    _source(fields.get("source"), reader)
    holidays = [_holiday(item, reader) for item in reader.items(fields.get("holidays"), "[]")]
    make_up = [(item, reader.day(item)) for item in reader.items(fields.get("make_up_days"), "[2025-01-26]")]
    for item, day in make_up:
        _check_in_year(item, day, _year_of(path), reader)
    for item, holiday in holidays:
        _check_in_year(item, holiday.start, _year_of(path), reader)
        _check_in_year(item, holiday.end - 1, _year_of(path), reader)
    return _Year(_year_of(path), tuple(holidays), tuple(make_up))


def _source(node: Node | None, reader: Fields) -> None:
    if node is None:
        return
    example = "{document: 国办发明电〔2024〕12号, title: 关于2025年部分节假日安排的通知, date: 2024-11-12}"
    fields = reader.mapping(node, ("document", "title", "date"), example)
    reader.text(fields.get("document"), example)
    reader.text(fields.get("title"), example)
    reader.day(fields.get("date"))


def _holiday(node: Node, reader: Fields) -> tuple[Node, Holiday]:
    example = "{name: {zh: 劳动节, en: Labour Day}, from: 2025-05-01, to: 2025-05-05}"
    fields = reader.mapping(node, ("name", "from", "to"), example)
    zh, en = _titles(fields.get("name"), reader)
    first, last = reader.day(fields.get("from")), reader.day(fields.get("to"))
    if min(first, last) >= 0 and not first <= last < first + LONGEST_HOLIDAY:
        message = f"must run forward, over at most {LONGEST_HOLIDAY} days; both dates are included"
        reader.refuse(node, "wrong_span", message, example)
        return node, Holiday(-1, 0, zh, en)
    return node, Holiday(first, last + 1, zh, en)


def _check_in_year(node: Node, day: Day, year: int, reader: Fields) -> None:
    if day < 0 or day_of_date(year - 1, 12, 25) <= day <= day_of_date(year, 12, 31):
        return
    message = f"{iso_of_day(day)} is not a day of {year}, nor of the last week of the December before"
    reader.refuse(node, "wrong_year", message, f"{year}-05-01")


def _check_years(folder: Path, head: _Head | None, head_path: Path | None, years: list[int], reader: Fields) -> None:
    if not years:
        message = "holds no year of published holidays"
        reader.faults.append(Fault(str(folder), 0, "no_year", message, "cn-2025.yaml"))
        return
    name = head_path.stem if head_path else "cn"
    for year in sorted(set(range(years[0], years[-1])) - set(years)):
        path = str(folder / f"{name}-{year}.yaml")
        message = f"is missing: the years from {years[0]} to {years[-1]} must have no gap"
        reader.faults.append(Fault(path, 0, "missing_year", message, f"a file for each of {years[0]} to {years[-1]}"))
    if head is not None and head.last_year and not head.first_year <= years[0] <= years[-1] <= head.last_year:
        message = f"years {years[0]} to {years[-1]} are not inside the table of {head.first_year} to {head.last_year}"
        example = f"first_year: {min(years[0], head.first_year)} and last_year: {max(years[-1], head.last_year) + 1}"
        reader.faults.append(Fault(str(head_path), 0, "wrong_range", message, example))


def _check_days(head: _Head, years: list[_Year], reader: Fields) -> None:
    """A day is at most once a holiday or a make-up day, and only a day of rest can be made up."""
    taken: dict[Day, Node] = {}
    for year in years:
        for node, holiday in year.holidays:
            for day in range(max(holiday.start, 0), holiday.end):
                _take(node, day, taken, reader)
        for node, day in year.make_up_days:
            if day < 0:
                continue
            _take(node, day, taken, reader)
            if weekday_of(day) not in head.rest_weekdays:
                message = f"{iso_of_day(day)} is a {WEEKDAYS[weekday_of(day)]}, a working day without being made up"
                reader.refuse(node, "not_a_rest_day", message, "2025-01-26, a Sunday")


def _take(node: Node, day: Day, taken: dict[Day, Node], reader: Fields) -> None:
    if day in taken:
        other = taken[day]
        message = f"{iso_of_day(day)} is given already at {Path(other.path).name}:{other.line}"
        reader.refuse(node, "day_twice", message, "each day once, as a holiday or as a make-up day")
    taken.setdefault(day, node)


def _calendar(head: _Head, years: list[_Year], version: str) -> Calendar:
    first, after = day_of_date(head.first_year, 1, 1), day_of_date(head.last_year + 1, 1, 1)
    holidays = [holiday for year in years for _, holiday in year.holidays]
    off = {day for holiday in holidays for day in range(holiday.start, holiday.end)}
    on = {day for year in years for _, day in year.make_up_days}
    return build_calendar(
        name=head.name,
        version=version,
        zone=head.zone,
        first_day=first,
        known_from=day_of_date(years[0].year, 1, 1),
        known_until=day_of_date(years[-1].year, 12, 31),
        day_starts=_midnights(ZoneInfo(head.zone), first, after),
        working=[
            day in on or (day not in off and weekday_of(day) not in head.rest_weekdays) for day in range(first, after)
        ],
        sessions=head.sessions,
        rest_weekdays=head.rest_weekdays,
        holidays=sorted(holidays, key=lambda holiday: holiday.start),
        office_origin=head.office_origin,
    )


def _midnights(zone: ZoneInfo, first: Day, after: Day) -> list[int]:
    """UTC microseconds of each local midnight; where the clock skips midnight, the first instant of the day."""
    epoch = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - only the date is used
    days = (datetime.fromordinal(epoch + day).replace(tzinfo=zone) for day in range(first, after + 1))
    return [int(day.timestamp()) * 1_000_000 for day in days]


def _version(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]
