"""`sanban views`: who looked at what. For auditors at the console; asking is kept as a look too."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, table


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("views")(views)


def views(
    ctx: typer.Context,
    case: Annotated[str, typer.Option(help="Number (2026-000001) or id of a case.")] = "",
    officer: Annotated[str, typer.Option(help="An account.")] = "",
    after: Annotated[str, typer.Option(help="`next` of the page before.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many lines.")] = 50,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Who looked at what, newest first: at a case, of an officer, or all. No personal data."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module("lending.views").views(house, case, officer, after, limit)
    if json:
        as_json(found)
        return
    if found.unmasked:
        table(("name and number shown", "until", "to", "unit", "case", "ground"), map(_unmasked, found.unmasked))
        typer.echo()
    table(("looked", "account", "role", "unit", "page", "about", "way"), (tuple(one.values()) for one in found.looks))
    if found.next:
        aside(f"more: --after {found.next}")


def _unmasked(one: dict[str, str]) -> tuple[str, ...]:
    return one["at"], one["until"], one["account"], one["unit"], one["case"], one["ground"]
