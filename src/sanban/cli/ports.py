"""What the commands ask of the composition root."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from sanban.kernel.errors import SanbanError


class Toolbox(Protocol):
    """Gives out the heavy parts when a command needs them, so that `--help` answers at once."""

    def house(self, folder: Path, **settings: Any) -> Any:
        """The opened deployment of a folder, a context manager (`main.house.House`)."""
        ...

    def module(self, name: str) -> Any:
        """A module of the composition root by name."""
        ...


def learning_of(toolbox: Toolbox, name: str) -> Any:
    """A module of commands that learn; learning needs scikit-learn, which comes with an extra."""
    try:
        import_module("sklearn")
    except ImportError as error:
        raise SanbanError("training needs scikit-learn", 'pip install "sanban[learning]"') from error
    return toolbox.module(name)
