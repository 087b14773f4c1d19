"""Whether what was approved is what runs: files are read when a process starts, and a version never changes under it.

A server that runs keeps the rules that it started with, so that each of its decisions can be told by one set of files.
So the page says where a written change waits for the next start, and `sanban status` names the files that do.
"""

from __future__ import annotations

from pathlib import Path

from sanban.main.house import House
from sanban.main.revision.proposing import row_of
from sanban.revision.aggregate import Revision
from sanban.revision.ports import Standing

WAVE = "flood_requests"


def standing_of(house: House, revision: Revision) -> Standing:
    """The version that a proposal was made of, the one in force now, and whether this process runs by its file."""
    change = revision.change
    if change.kind == "row":
        return Standing("", "", _is_loaded(house, revision))
    versions = (house.matters.version_of(change.matter, at) for at in (revision.proposed_at, house.clock()))
    reviewed, now = ("" if one is None else one.head.version for one in versions)
    return Standing(reviewed, now, _is_loaded(house, revision))


def _is_loaded(house: House, revision: Revision) -> bool:
    change, day = revision.change, revision.from_day
    if change.ends_row:
        row = house.district.duty.entries.get(change.about)
        return row is None or row.valid_to is not None
    if change.kind == "row":
        return row_of(change, day)["id"] in house.district.duty.entries
    if change.kind == "wave":
        mechanism = house.matters.mechanism_of(change.matter, house.clock())
        declared = {} if mechanism is None else mechanism.parameters
        return (revision.from_at, change.count) in declared.get(WAVE, ())
    return f"{change.matter}@{day}" in house.matters.keys


def changed_since_start(house: House) -> tuple[str, ...]:
    """The home's own rule files that were written after the process that serves it started; none where nobody does."""
    home = house.home
    if not home.owner_file.is_file():
        return ()
    started = home.owner_file.stat().st_mtime_ns
    folders = {*home.matters, home.folder / home.settings.duty}
    files: set[Path] = {file for folder in folders if folder.is_dir() for file in folder.rglob("*.yaml")}
    return tuple(sorted(str(one.relative_to(home.folder)) for one in files if one.stat().st_mtime_ns > started))
