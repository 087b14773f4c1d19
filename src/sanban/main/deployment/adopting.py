"""Copies of what ships, adopted by an authority and put into a home, where they replace what they were copied from.

    matter adopt noise      HOME/matters/noise      every version, with its texts, numbers and worked examples
    calendar adopt          HOME/calendar           the shipped calendar with office hours that somebody answers for
    district new | adopt    HOME/district           the district's own units, grids, directory and rosters

A copy is written beside its place, read back, and moved there whole. `sanban.toml` is told where it is: one line of it
changes. What stands in a home already is adopted where it stands, so that edited files keep their edits.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import Home, open_home
from sanban.main.deployment.settings_line import change_setting
from sanban.packs.calendar import load_calendar
from sanban.packs.change.adopt import adopt, adopt_calendar, adopt_district, adopt_parameters
from sanban.packs.district import load_district
from sanban.packs.district.template import write_district
from sanban.packs.loading import FILES, SHIPPED, load_matters
from sanban.packs.reading.head import MATTER

MATTERS = "matters"
CALENDAR = "calendar"
DISTRICT = "district"


class By(msgspec.Struct, frozen=True):
    """Who adopts, by which document, on which day."""

    authority: str
    document: str
    date: str

    @property
    def words(self) -> tuple[str, str, str]:
        return self.authority, self.document, self.date


def adopt_matters(folder: Path | None, names: Sequence[str], by: By) -> list[Path]:
    """Adopts matters: by name into the home of that folder, or, without one, by the path of their files."""
    if folder is None:
        paths = [Path(name) for name in names]
        for path in paths:
            _adopt_at(path, by)
        return paths
    home = open_home(folder)
    own = home.folder / MATTERS
    copies = [_adopted_copy(own, name, by) for name in names]
    if MATTERS not in home.settings.matters:
        change_setting(home, "matters", (*home.settings.matters, MATTERS))
    return copies


def adopt_office_hours(folder: Path, by: By) -> Path:
    """Adopts the home's calendar; a shipped one is copied first."""
    home = open_home(folder)
    own = home.folder / home.settings.calendar
    if not own.is_dir():
        own = _placed(home.folder / CALENDAR, SHIPPED / "_calendar", lambda draft: _adopt_calendar(draft, by))
        change_setting(home, "calendar", CALENDAR)
        return own
    adopt_calendar(own, *by.words)
    load_calendar(own)
    return own


def new_district(folder: Path, day: str) -> Path:
    """Writes a small district that is valid as it stands, and invented, for its own units and grids to be put in."""
    home = open_home(folder)
    place = home.folder / DISTRICT
    write_district(place, home.district, home.settings.district.title, day)
    change_setting(home, "duty", DISTRICT)
    return place


def adopt_own_district(folder: Path, by: By) -> Path:
    """Adopts the home's own district. Raises SanbanError while the home still runs a shipped one."""
    home = open_home(folder)
    own = home.folder / home.settings.duty
    if not own.is_dir():
        raise SanbanError(
            f"this home runs the shipped district {home.settings.duty}", f"sanban district new --home {folder}"
        )
    load_district(own)
    adopt_district(own, *by.words)
    load_district(own)
    return own


def own_matters(home: Home) -> tuple[Path, ...]:
    """The folders of the home's own matters that hold any."""
    return tuple(folder for folder in home.matters if any(folder.glob(f"*/{FILES}")) or any(folder.glob(FILES)))


def _adopted_copy(own: Path, name: str, by: By) -> Path:
    target, shipped = own / name, SHIPPED / name
    if not MATTER.fullmatch(name) or not (target.is_dir() or shipped.is_dir()):
        known = ", ".join(sorted(path.name for path in SHIPPED.iterdir() if any(path.glob(FILES))))
        raise SanbanError(f"neither the home nor the program has a matter {name!r}; there ship: {known}", "noise")
    if not target.is_dir():
        return _placed(target, shipped, lambda draft: _adopt_folder(draft, by))
    _adopt_folder(target, by)
    return target


def _adopt_at(path: Path, by: By) -> None:
    example = "sanban matter adopt matters/street-light --authority 示范区 --document 示例〔2026〕1号 --date 2026-01-01"
    try:
        _adopt_folder(path, by) if path.is_dir() else adopt(path, *by.words)
    except OSError as error:
        raise SanbanError(f"{path} cannot be read or written: {error.strerror}", example) from error
    except UnicodeDecodeError as error:
        raise SanbanError(f"{path} is not UTF-8 text (byte {error.start})", example) from error


def _adopt_folder(folder: Path, by: By) -> None:
    for path in sorted(folder.glob(FILES)):
        adopt(path, *by.words)
    for path in sorted((folder / "parameters").glob("*.yaml")):
        adopt_parameters(path, *by.words)
    load_matters([folder])


def _adopt_calendar(folder: Path, by: By) -> None:
    adopt_calendar(folder, *by.words)
    load_calendar(folder)


def _placed(target: Path, source: Path, change: Callable[[Path], None]) -> Path:
    """A changed copy of a folder, at its place whole or not at all."""
    parts = target.parent / ".part"
    shutil.rmtree(parts, ignore_errors=True)
    draft = parts / target.name
    try:
        shutil.copytree(source, draft)
        change(draft)
        draft.rename(target)
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    return target
