"""`sanban brief`: the weekly brief, frozen at its cut-off, as Word or PDF."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, Language, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, lines

MODULE = "scorecard.commands"


class Form(StrEnum):
    """What a brief is printed as."""

    docx = "docx"
    pdf = "pdf"


def brief(
    ctx: typer.Context,
    week: Annotated[str, typer.Option(help="The week, YYYY-Www; else the last one that is over.")] = "",
    form: Annotated[Form, typer.Option("--format", help="A Word file or a PDF.")] = Form.docx,
    to: Annotated[Path | None, typer.Option(help="Else here, by the week's name.", show_default=False)] = None,
    language: Annotated[Language, typer.Option("--lang", help="In Chinese or English.")] = Language.zh,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Print a week's brief; the first time freezes it, so that every reprint has the same bytes."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).brief(house, week, form.value, to, language.value)
    if json:
        as_json(found)
        return
    lines(
        [
            ("week", found.week),
            ("written", f"{found.file}, {found.bytes} bytes"),
            ("frozen", found.frozen_at),
            ("ledger", f"position {found.position}, {found.head}"),
        ]
    )


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(brief)
