"""Alembic on a connection that somebody else opened: which steps there are, and running them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection


def steps(folder: Path, current: str | None) -> list[str]:
    """One line for each migration after a version, oldest first; None is before the first."""
    found = ScriptDirectory.from_config(_config(folder)).iterate_revisions("head", current or "base")
    return [f"{step.revision} {step.doc.partition(': ')[2] or step.doc}" for step in found if step][::-1]


def run(connection: Connection, folder: Path) -> None:
    """Brings the store to the last version."""
    config = _config(folder)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
