"""What `sanban city` does: taking a file or a folder, carrying replies, reconciling a day."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sanban.intake.city.platform.folder import FolderCity
from sanban.intake.city.reconciling import Reconciled, reconcile, sheet_of
from sanban.intake.city.replying import Carried, carry
from sanban.intake.city.taking import Taken, collect
from sanban.intake.city.taking import take as take_delivery
from sanban.kernel.errors import Refused, SanbanError
from sanban.main.city.wiring import city_needs_of, folder_city
from sanban.main.house import House

NO_PLATFORM = SanbanError("no platform is named", 'city = "city"  # in sanban.toml; or name a FOLDER or FILE')


class TakenHere(msgspec.Struct, frozen=True):
    """What was taken; `rejects`: the file of what was not, None where all was."""

    taken: Taken
    rejects: Path | None = None


def take(house: House, path: Path | None) -> TakenHere:
    """Takes from the platform of the settings, from a folder, or a single file, which stays where it lies."""
    needs = city_needs_of(house)
    if path is not None and not path.is_dir():
        found = _take_file(house, path)
    else:
        if path is not None:
            needs = msgspec.structs.replace(needs, platform=folder_city(house, str(path.absolute())))
        if needs.platform is None:
            raise NO_PLATFORM
        taken = collect(needs, house.clock())
        rejects = needs.platform.root / "rejects" if isinstance(needs.platform, FolderCity) and taken.rejected else None
        found = TakenHere(taken, rejects)
    house.run()
    return found


def reply(house: House) -> Carried:
    """Carries what waits for the city. Raises SanbanError where the settings name no platform."""
    needs = city_needs_of(house)
    if needs.platform is None:
        raise NO_PLATFORM
    return carry(needs, house.clock())


def reconciled(house: House, day: str, sheet: Path | None) -> Reconciled:
    """The balance of a day against the city's list. Raises SanbanError for a day or a list that cannot be read."""
    needs = city_needs_of(house)
    rows = sheet_of(needs, day) if sheet is None else folder_city(house, ".").read_sheet(sheet)
    found = reconcile(needs, day, house.clock(), rows)
    if isinstance(found, Refused):
        raise SanbanError(found.message, found.example)
    return found


def _take_file(house: House, path: Path) -> TakenHere:
    files = folder_city(house, ".")
    taken, rejected = take_delivery(city_needs_of(house), files.read(path), house.clock())
    return TakenHere(taken, files.write_rejects(path, Path.cwd(), rejected) if rejected else None)
