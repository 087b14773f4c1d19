"""Making a deployment, and letting officers in."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Role
from sanban.ledger.home import Home, init_home
from sanban.ledger.settings import District, Mode, Settings
from sanban.main.house import House
from sanban.web.access.officers import Officer
from sanban.web.access.officers import add_officer as write_officer


def init(folder: Path, *, code: str, title: str, mode: str, database_url: str = "", duty: str = "demo") -> Home:
    """Makes the folder with its settings and master key. Raises SanbanError for what cannot stand in sanban.toml."""
    if mode not in get_args(Mode):
        raise SanbanError(f"{mode!r} is not a mode; there are: {', '.join(get_args(Mode))}", "--mode trial")
    settings = Settings(
        district=District(code=code, title=title), mode=cast(Mode, mode), database_url=database_url, duty=duty
    )
    return init_home(folder, settings)


def add_officer(house: House, account: str, role: str, unit: str, password: str) -> None:
    """An account of one of the district's units."""
    if role not in get_args(Role):
        raise SanbanError(f"{role!r} is not a role; there are: {', '.join(get_args(Role))}", "--role handler")
    found = house.district.duty.unit_at(unit, house.clock())
    if found is None:
        raise SanbanError(f"there is no unit {unit} now", f"--unit {next(iter(house.district.duty.units), 'desk')}")
    write_officer(
        house.home.folder,
        Officer(account=account, role=cast(Role, role), unit=unit, unit_kind=found.kind),
        password,
    )
