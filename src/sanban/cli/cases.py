"""`sanban case`: one case as the ledger knows it, now or at an earlier instant."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, lines

app = typer.Typer(no_args_is_help=True)


@app.callback()
def case() -> None:
    """Look at one case."""


@app.command("show")
def show(
    ctx: typer.Context,
    case_id: Annotated[str, typer.Argument(metavar="ID", help="Number (2026-000001) or id of the case.")],
    home: HomeOption = None,
    at: Annotated[str, typer.Option("--at", help="As known then: 2026-03-01 or 2026-03-01T09:30.")] = "",
    json: JsonOption = False,
) -> None:
    """Who holds it, its clocks and why they are due then, and all that happened. No personal data."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        shown = toolbox.module("showing").show_case(house, case_id, at)
    if json:
        as_json(shown)
        return
    lines(shown.head)
    for title, entries in shown.parts:
        typer.echo(f"\n{title}")
        lines((f"  {name}", value) for name, value in entries)
