"""`sanban revision propose`: what the deployment's ledger speaks against, and each proposal as a changed file.

    the record --> observed --> tested against the district's thresholds --> changes --> files --> replay

A changed matter is a new version beside the file it changes; a changed directory has one more row. Both are texts here,
in memory: nothing comes into force but by `revision.enacting`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from sanban.handling.views.naming import Names, plain
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import CrossTest, Limit, Mechanism, Step, TaskSpec, Title
from sanban.main.house import House
from sanban.main.revision.replaying import DISTRICT, ROWS, day, recorded_rules, replaying, replays, rules_of
from sanban.packs.change.difference import difference
from sanban.packs.change.revise import (
    own_parts,
    versioned,
    with_limit,
    with_numbers,
    with_row,
    without_inherited,
    without_part,
    without_row,
)
from sanban.packs.desk.revision import load_revision_terms
from sanban.packs.district import load_district
from sanban.packs.district.comparing import directory_difference
from sanban.packs.loading import SHIPPED, load_matters
from sanban.packs.matter import Matter
from sanban.revision.change import Change
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.proposing.looking import propose
from sanban.revision.proposing.observing import observed
from sanban.revision.proposing.thresholds import Thresholds
from sanban.revision.replay.result import Replayed
from sanban.revision.replay.running import cases_of

WAVES: Final = SHIPPED / "water-outage" / "parameters" / "flood.yaml"
"""Where the numbers by which a matter declares waves have their titles."""
NUMBER: Final = """{name}:
  unit: {unit}
  low: 1
  high: 100000
  origin: illustrative
  source: {{document: 账本所提，尚未核准, date: {day}}}
  values:
    - {{from: {day}, value: {value}}}
"""
LONG_AGO: Final = "2024-01-01"
SOME_DAY: Final = "2999-12-31"
"""The version of a change that is not in force: after every other."""
EVER: Final = 2**62


def looked_for(house: House, since: int = 0, until: int = EVER) -> Looked:
    """What the ledger proposes from the cases opened in a span of time."""
    asked = replaying(house, recorded_rules(house), (since, until), "kept")
    seen = observed(cases_of(asked), asked.rules)
    own = {key: own_parts(house.matters.keys[key].path) for key in seen.mechanisms}
    return propose(seen, asked.rules, own, thresholds_of(house))


def thresholds_of(house: House) -> Thresholds:
    """The district's own thresholds, else the shipped ones."""
    return Thresholds(**load_revision_terms(house.district_folder))


def proposals(house: House, since: str, until: str) -> Looked:
    """The same between two days; '' is no bound."""
    return looked_for(house, *span(house, since, until))


def span(house: House, since: str, until: str) -> tuple[int, int]:
    """The instants between which two days lie; '' is no bound."""
    first = day(house, since, "--from 2026-01-01") if since else 0
    return first, day(house, until, "--to 2026-07-01") if until else EVER


def matter_changed(house: House, change: Change, at: int | None = None) -> Matter:
    """The version of the matter that a change is made of: the one in force at an instant, or now; its file is there."""
    found = house.matters.version_of(change.matter, house.clock() if at is None else at)
    if found is None:
        raise SanbanError(f"there is no matter {change.matter} in force", "sanban revision propose")
    if not found.path.is_file():
        raise SanbanError(f"the file of {change.matter} is gone: {found.path.name}", "sanban revision propose")
    return found


def changed_text(path: Path, change: Change, from_day: str = "", adopted: str = "") -> str:
    """The file's text with the change. `from_day`: since when a directory's row holds or ends, else with the district.

    `adopted`: by whom and by which document, for the row to cite.
    """
    text = path.read_text(encoding="utf-8")
    if change.ends_row:
        return without_row(text, change.about, from_day, adopted)
    if change.kind == "row":
        return with_row(text, row_of(change, from_day, adopted))
    if change.length is not None:
        return with_limit(text, change.about, change.length)
    if change.kind != "remove":
        return text
    leave_out = without_part if change.about in own_parts(path) else without_inherited
    return leave_out(text, change.about)


def row_of(change: Change, from_day: str, adopted: str = "") -> dict[str, str]:
    """The new row: for the matter where only that goes wrong, since a day, citing the row it goes before."""
    whole = {"id": _row_id(change, from_day), "duty": change.duty}
    where = {"matter": change.matter, "area": change.area}
    named = {key: value for key, value in where.items() if value != "*"}
    since = {"valid_from": from_day} if from_day else {}
    return {**whole, **named, "unit": change.unit, **since, "cites": f"{adopted} revises {change.about}".lstrip()}


def _row_id(change: Change, from_day: str) -> str:
    return f"{change.about}-r{from_day.replace('-', '') or '1'}"


def wave_numbers(folder: Path) -> str:
    """The file in a matter's folder that declares waves; '' where there is none."""
    numbers = folder / "parameters" / WAVES.name
    return numbers.read_text(encoding="utf-8") if numbers.is_file() else ""


def put_waves(folder: Path, change: Change, day: str = LONG_AGO) -> list[Path]:
    """Declare the change's waves in a matter's folder since a day; the files that were written, the numbers first.

    The request that makes it as many joins the case of the first, so one fewer have to come before it.
    """
    numbers = folder / "parameters" / WAVES.name
    numbers.parent.mkdir(exist_ok=True)
    declared = (
        ("flood_requests", "requests", change.count),
        ("flood_minutes", "minutes", change.minutes),
        ("flood_attach_from", "requests", change.count - 1),
    )
    text = "".join(NUMBER.format(name=name, unit=unit, value=value, day=day) for name, unit, value in declared)
    numbers.write_text(text, encoding="utf-8")
    files = [numbers]
    for titles in sorted((folder / "texts").glob("*.yaml")):
        source = (WAVES.parents[1] / "texts" / titles.name).read_text(encoding="utf-8")
        titles.write_text(with_numbers(titles.read_text(encoding="utf-8"), text, source), encoding="utf-8")
        files.append(titles)
    return files


@contextmanager
def changed_files(house: House, change: Change, at: int | None = None) -> Iterator[Path]:
    """The changed matter's folder, or the district's, in a place of its own for a while; `at`: see `matter_changed`."""
    with TemporaryDirectory() as name:
        if change.kind == "row":
            folder = Path(name) / "district"
            shutil.copytree(house.district_folder, folder)
            (folder / ROWS).write_text(changed_text(folder / ROWS, change), encoding="utf-8")
            yield folder
            return
        matter = matter_changed(house, change, at)
        folder = Path(name) / change.matter
        shutil.copytree(matter.path.parent, folder)
        if change.kind == "wave":
            put_waves(folder, change)
        else:
            text = versioned(changed_text(matter.path, change), SOME_DAY)
            (folder / f"mechanism-{SOME_DAY}.yaml").write_text(text, encoding="utf-8")
        yield folder


def words_of(house: House, change: Change) -> Title:
    """The change in one line, with what its parts are called."""
    names = Names(house.cases, house.clock())
    mechanism = names.mechanism(change.matter)
    if change.kind == "row":
        row = house.district.duty.entries.get(change.about)
        return change.words(names.unit(row.unit if row is not None else ""), names.unit(change.unit))
    if change.kind == "limit" or mechanism is None:
        return change.words(names.limit(change.matter, change.about), names.unit(""))
    part, _, name = change.about.rpartition(".")
    declared = _parts(mechanism, part).get(name)
    return change.words(plain(change.about) if declared is None else declared.title, names.unit(""))


def _parts(mechanism: Mechanism, place: str) -> Mapping[str, Step | TaskSpec | Limit | CrossTest]:
    """The parts of a mechanism that stand at a place of its file."""
    match place:
        case "steps":
            return mechanism.steps
        case "tasks":
            return mechanism.tasks
        case "limits":
            return mechanism.limits
        case _:
            return mechanism.crosses


def difference_of(house: House, change: Change, at: int | None = None) -> tuple[Title, ...]:
    """What the change says, in words, a line each; `at`: see `matter_changed`."""
    with changed_files(house, change, at) as folder:
        if (folder / DISTRICT).is_file():
            titles = {name: versions[-1].head.title for name, versions in house.matters.versions.items()}
            said = directory_difference(house.district.duty, house.apart(load_district, folder).duty, titles)
            return said or (words_of(house, change),)
        old = matter_changed(house, change, at)
        new = load_matters((folder,)).versions[change.matter][-1]
        return difference(old, new) or (words_of(house, change),)


def diff_of(house: House, change: Change, at: int | None = None) -> str:
    """The change as a unified diff of its files; an approval adds its day, authority and document to these."""
    lines: list[str] = []
    for name, before, after in _rewritten(house, change, at):
        lines += unified_diff(before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return "\n".join(lines)


def diff_of_written(house: House, change: Change, from_day: str) -> str:
    """The row that a change in force has written since a day, as a diff of the file as it is.

    Of one that only ends another row there is none: what the file said before stands in no file any more.
    """
    path = house.district_folder / ROWS
    now = path.read_text(encoding="utf-8").splitlines()
    before = [line for line in now if f"id: {_row_id(change, from_day)}," not in line]
    name = f"{path.parent.name}/{path.name}"
    return "\n".join(unified_diff(before, now, f"a/{name}", f"b/{name}", lineterm=""))


def _rewritten(house: House, change: Change, at: int | None) -> Iterator[tuple[str, str, str]]:
    """Every file that the change writes: its name, its text, and its text then."""
    path = house.district_folder / ROWS if change.kind == "row" else matter_changed(house, change, at).path
    if change.kind != "wave":
        yield f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8"), changed_text(path, change)
        return
    with changed_files(house, change, at) as folder:
        for file in sorted(folder.rglob("*.yaml")):
            within = file.relative_to(folder)
            old = path.parent / within
            before = old.read_text(encoding="utf-8") if old.is_file() else ""
            yield f"{folder.name}/{within}", before, file.read_text(encoding="utf-8")


def writable(
    house: House, looked: Looked
) -> tuple[list[tuple[Finding, tuple[Title, ...]]], list[tuple[Finding, SanbanError]]]:
    """The findings with what each changes, and those that cannot be written into the file as it is, with why."""
    told: list[tuple[Finding, tuple[Title, ...]]] = []
    left: list[tuple[Finding, SanbanError]] = []
    for finding in looked.findings:
        try:
            told.append((finding, difference_of(house, finding.change)))
        except SanbanError as error:
            left.append((finding, error))
    return told, left


def replays_of(house: House, change: Change, since: int = 0, until: int = EVER) -> tuple[Replayed, ...]:
    """What the record would have been under the change, by both responses."""
    with changed_files(house, change) as folder:
        results = replays(house, rules_of(house, str(folder)), (since, until))
        return tuple(msgspec.structs.replace(one, joined=change.kind == "wave") for one in results)


def in_words(house: House, finding: Finding) -> Iterator[tuple[str, object]]:
    """A proposal, line by line."""
    share, (low, high) = finding.share, finding.share.interval
    yield "proposal", words_of(house, finding.change).en
    yield "", f"{finding.change.kind} of {finding.change.matter if finding.change.matter != '*' else 'any matter'}"
    yield (
        "seen",
        f"{share.holds}/{share.of} [{low / 100:.1f}-{high / 100:.1f}]; by chance {finding.chance} in a million",
    )
    yield "cases", ", ".join(finding.cases[:5]) + (", ..." if len(finding.cases) > 5 else "")
