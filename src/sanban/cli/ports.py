"""What the commands ask of the composition root."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from sanban.kernel.errors import SanbanError


class Toolbox(Protocol):
    """Gives out the heavy parts when a command needs them, so that `--help` answers at once."""

    def look(self, folder: Path) -> None:
        """Raises SanbanError where a folder is no deployment's."""
        ...

    def house(self, folder: Path, **settings: Any) -> Any:
        """The opened deployment of a folder, a context manager (`main.house.House`)."""
        ...

    def module(self, name: str) -> Any:
        """A module of the composition root by name."""
        ...


def learning_of(toolbox: Toolbox, name: str) -> Any:
    """A module of commands that learn; learning needs scikit-learn, which comes with an extra."""
    return _with_extra(toolbox, name, "training", "learning", ("sklearn",))


def figures_of(toolbox: Toolbox, name: str) -> Any:
    """A module of commands that count; counting needs an engine, which comes with an extra."""
    return _with_extra(toolbox, name, "counting", "figures", ("duckdb", "ibis", "pyarrow"))


def _with_extra(toolbox: Toolbox, name: str, what: str, extra: str, packages: tuple[str, ...]) -> Any:
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            called = {"sklearn": "scikit-learn", "ibis": "ibis-framework"}.get(package, package)
            raise SanbanError(f"{what} needs {called}", f'pip install "sanban[{extra}]"') from error
    return toolbox.module(name)
