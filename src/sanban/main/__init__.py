"""The composition root and the entry point of the `sanban` command.

`--help` and bad options must answer at once, so the heavy half, `main.house` and `main.serving` with everything they
put together, is imported by name only when a command asks for it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanban.cli.app import run, told
from sanban.cli.setting_up import serve_here

if TYPE_CHECKING:
    from sanban.main.house import House


class Toolbox:
    """What the commands are given: each call loads what it needs."""

    def look(self, folder: Path) -> None:
        """Raises SanbanError where a folder is no deployment's."""
        import_module("sanban.ledger.home").open_home(folder)

    def house(self, folder: Path, **settings: Any) -> House:
        """Opens the deployment in a folder; a context manager."""
        opened: House = import_module("sanban.main.house").open_house(folder, **settings)
        return opened

    def module(self, name: str) -> Any:
        """A module of this package by name: `house`, `serving`, `demo`, `systems`."""
        return import_module(f"sanban.main.{name}")


def served() -> None:
    """What `sanban serve` goes on as, in an interpreter of its own: what reads options loads what no server needs."""
    home, port = sys.argv[1:]
    told(lambda: serve_here(Toolbox(), Path(home), int(port)))


def main() -> None:
    """The `sanban` command."""
    run(Toolbox())
