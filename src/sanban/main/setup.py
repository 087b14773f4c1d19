"""Making a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import Home, init_home
from sanban.ledger.settings import District, Mode, Settings


def init(
    folder: Path, *, code: str, title: str, mode: str, database_url: str = "", duty: str = "demo", city: str = ""
) -> Home:
    """Makes the folder with its settings and master key. Raises SanbanError for what cannot stand in sanban.toml."""
    if mode not in get_args(Mode):
        raise SanbanError(f"{mode!r} is not a mode; there are: {', '.join(get_args(Mode))}", "--mode trial")
    settings = Settings(
        district=District(code=code, title=title),
        mode=cast(Mode, mode),
        database_url=database_url,
        duty=duty,
        city=city,
    )
    return init_home(folder, settings)
