"""`sanban matter replay`: what a deployment's own record would have been under a changed matter or directory.

NEW is a matter (a key, a file or its folder), a district's folder, or a directory (a file of rows under any name, or a
folder with a `directory.yaml`) that stands in the place of the deployment's own. It need not be in force: it is laid
over the past, see `revision.replay.changing`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from sanban.handling.directory import STREAM as DIRECTORY
from sanban.handling.directory import Precedents
from sanban.handling.figures.judging import facts_of
from sanban.kernel.case.form import fault_of_fields
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.main.house import House
from sanban.main.mechanisms import named_matter
from sanban.packs.district import load_district
from sanban.packs.document import read_document
from sanban.packs.reading.head import instant_of_day
from sanban.revision.replay.changing import Rules, as_if_always
from sanban.revision.replay.playing import Response
from sanban.revision.replay.result import Replayed
from sanban.revision.replay.running import Replaying, replay
from sanban.revision.share import Share

ROWS = "directory.yaml"
ROWS_KEY = "rows"
DISTRICT = "district.yaml"
RESPONSES: tuple[Response, ...] = ("kept", "shifted")
EXAMPLE = "sanban matter replay matters/noise --from 2026-01-01 --to 2026-07-01"
RECORDED = "SELECT COALESCE(MAX(recorded_at), 0) FROM ledger_event WHERE district = :district AND position = :position"


def replay_new(
    house: House, new: str, since: str, until: str, response: str, assume: Sequence[str] = ()
) -> tuple[Replayed, ...]:
    """The replays of NEW over the cases opened from one day up to, not including, another: one for each response.

    `assume`: answers as `field: value`, for cases whose record has none in a field of the new form.
    """
    if response and response not in RESPONSES:
        raise SanbanError(f"{response!r} is not a response; there are: {', '.join(RESPONSES)}", "--response kept")
    span = day(house, since, "--from 2026-01-01"), day(house, until, "--to 2026-07-01")
    if span[0] >= span[1]:
        raise SanbanError(f"no day lies from {since} up to, not including, {until}", EXAMPLE)
    rules = rules_of(house, new)
    rules = rules._replace(assumed=dict(_assumed(rules, one) for one in assume))
    return tuple(replays(house, rules, span, [one for one in RESPONSES if response in ("", one)]))


def replays(
    house: House, rules: Rules, span: tuple[int, int], responses: list[Response] | tuple[Response, ...] = RESPONSES
) -> Iterator[Replayed]:
    """The replays of some rules, one for each response."""
    for response in responses:
        yield replay(replaying(house, rules, span, response))


def replaying(house: House, rules: Rules, span: tuple[int, int], response: Response) -> Replaying:
    """A replay to be run on the deployment's record as it stands now."""
    head = house.reader.head()
    position = 0 if head is None else head.position
    source, decode = house.reader.source, house.cases.decode
    until = int(house.reader.query(RECORDED, {"position": position})[0][0])
    return Replaying(source, decode, rules._replace(until=until), response, facts_of, *span, position)


def recorded_rules(house: House) -> Rules:
    """The rules that the deployment's record was made by, precedents included."""
    return Rules(house.matters, house.calendar, _duty(house), house.cases.links_now(house.reader), 0)


def rules_of(house: House, new: str) -> Rules:
    """The recorded rules with NEW in its place. Raises SanbanError, or FaultsFound, for what cannot be replayed."""
    rules, path = recorded_rules(house), Path(new)
    directory = _directory_at(path)
    if directory is not None:
        changed = _changed_directory(house, directory)
        return rules._replace(duty=as_if_always(rules.duty, changed), redirected=True)
    matter = named_matter(new, EXAMPLE)
    if matter.mechanism is None or matter.base:
        raise SanbanError(f"{new} has no states that cases go through, so nothing is replayed", EXAMPLE)
    if matter.head.matter not in house.matters.versions:
        known = ", ".join(name for name, versions in house.matters.versions.items() if not versions[-1].base)
        raise SanbanError(f"no case was ever of {matter.head.matter}; this deployment runs: {known}", EXAMPLE)
    return rules._replace(changed={matter.head.matter: matter.mechanism})


def _assumed(rules: Rules, said: str) -> tuple[str, int | bool | str]:
    """An answer of a changed matter's form. Raises SanbanError for one that the form does not take."""
    name, _, text = said.partition(": ")
    value: int | bool | str = text == "true" if text in ("true", "false") else int(text) if text.isdecimal() else text
    for mechanism in rules.changed.values():
        fault = fault_of_fields(mechanism, {name: value})
        if fault is not None and fault.reason != "missing_field":
            raise SanbanError(f"--assume {said}: {fault.message}", fault.example)
    return name, value


def day(house: House, text: str, example: str) -> int:
    """The start of a day of the district, microseconds UTC."""
    try:
        return instant_of_day(day_of_iso(text), house.zone)
    except ValueError as error:
        raise SanbanError(f"{text!r} is not a date", example) from error


def _duty(house: House) -> DutyTable:
    known = house.reader.state(DIRECTORY)
    return house.cases.duty(known if isinstance(known, Precedents) else None)


def _directory_at(path: Path) -> Path | None:
    """The folder of a district, or the file of a directory's rows, that a path leads to; None where it is neither."""
    if (path / DISTRICT).is_file():
        return path
    if (path / ROWS).is_file():
        return path / ROWS
    return path if path.name == ROWS or _has_rows(path) else None


def _has_rows(path: Path) -> bool:
    """Whether a file says rows as a directory does. One that cannot be read is for whoever reads it to refuse."""
    try:
        root = read_document(path) if path.is_file() else None
    except FaultsFound:
        return False
    return root is not None and isinstance(root.value, dict) and root.value.keys() == {ROWS_KEY}


def _changed_directory(house: House, path: Path) -> DutyTable:
    """The duty table of a district's folder, or of the deployment's own with another directory in it."""
    if path.is_dir():
        return load_district(path).duty
    if not path.is_file():
        raise SanbanError(f"there is no file {path}", EXAMPLE)
    with TemporaryDirectory() as name:
        folder = Path(name) / "district"
        shutil.copytree(house.district_folder, folder)
        shutil.copyfile(path, folder / ROWS)
        return load_district(folder).duty


def in_words(result: Replayed) -> Iterator[tuple[str, object]]:
    """What a replay came to, line by line."""
    yield f"response {result.response}", result.unknown[0].en
    for more in result.unknown[1:]:
        yield "", more.en
    left = f", {result.not_replayed} not replayed" if result.not_replayed else ""
    reached = f"{result.touched} within reach{left}, {result.changed} differ"
    yield "cases", f"{result.cases}, {result.events} events; {reached}"
    yield from chain(_clocks(result), _shares(result), _units(result), _lost(result))


def _clocks(result: Replayed) -> Iterator[tuple[str, object]]:
    for one in result.moved:
        moved = f"{one.later} later, {one.earlier} earlier, by {one.hours} h at the median"
        changed = [
            *([moved] if one.earlier or one.later else ()),
            *([f"{one.gone} gone"] if one.gone else ()),
            *([f"{one.added} new"] if one.added else ()),
        ]
        if changed:
            yield f"due: {one.limit}", f"of {one.recorded}: {'; '.join(changed)}"


def _shares(result: Replayed) -> Iterator[tuple[str, object]]:
    for what, compared in (("overdue", result.overdue), ("figure", result.figures)):
        for one in compared:
            if one.differs:
                apart = "" if one.certain else " (within the intervals)"
                yield f"{what}: {one.code}", f"{_share(one.recorded)} -> {_share(one.replayed)}{apart}"


def _share(share: Share) -> str:
    holds, of, (low, high) = share.holds, share.of, share.interval
    return f"{holds}/{of} = {holds / of:.1%} [{low / 100:.1f}-{high / 100:.1f}]" if of else "n/a (0 of 0)"


def _units(result: Replayed) -> Iterator[tuple[str, object]]:
    for sent in result.dispatches:
        yield "dispatch", f"{sent.cases} first orders to {sent.instead or 'nobody'} instead of {sent.unit or 'nobody'}"
    for load in result.workload:
        if load.differs:
            yield f"workload: {load.unit}", f"{load.recorded} -> {load.replayed} orders and tasks"


def _lost(result: Replayed) -> Iterator[tuple[str, object]]:
    for word, several in (("not replayed", result.unmapped), ("step falls away", result.lost)):
        for one in several:
            numbers = ", ".join(one.numbers[:5]) + (", ..." if one.cases > 5 else "")
            yield f"{word}: {one.step}", f"{one.why.message}, {one.cases} cases: {numbers}"
            if one.reason == "missing_field":
                yield "", f"for example, what they are taken to have answered: --assume '{one.example}'"
