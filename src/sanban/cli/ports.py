"""What the commands ask of the composition root."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class Toolbox(Protocol):
    """Gives out the heavy parts when a command needs them, so that `--help` answers at once."""

    def house(self, folder: Path, **settings: Any) -> Any:
        """The opened deployment of a folder, a context manager (`main.house.House`)."""
        ...

    def module(self, name: str) -> Any:
        """A module of the composition root by name."""
        ...
