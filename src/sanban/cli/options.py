"""Options that several commands share."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sanban.kernel.errors import SanbanError

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the deployment; else the variable SANBAN_HOME.", show_default=False),
]
AuthorityOption = Annotated[str, typer.Option(help="Who adopts it.")]
DocumentOption = Annotated[str, typer.Option(help="By which document.")]
DateOption = Annotated[str, typer.Option(help="On which day: YYYY-MM-DD.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class Language(StrEnum):
    """What is printed in."""

    zh = "zh"
    en = "en"


def folder_of(home: Path | None) -> Path:
    """The folder meant. Raises SanbanError when neither the option nor the variable names one."""
    named = home or (Path(os.environ["SANBAN_HOME"]) if os.environ.get("SANBAN_HOME") else None)
    if named is None:
        raise SanbanError("which deployment? name its folder", "sanban status --home ~/sanban")
    return named


def password_of(account: str) -> str:
    """A new password for an account: of the variable SANBAN_PASSWORD, else asked for twice."""
    given = os.environ.get("SANBAN_PASSWORD", "")
    return given or str(typer.prompt(f"Password of {account}", hide_input=True, confirmation_prompt=True))
