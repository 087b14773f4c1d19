"""`sanban city`: orders of the city's hotline platform, see docs/city.md."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, lines, table

NOT_IN_ORDER = 1
MODULE = "city.commands"

app = typer.Typer(no_args_is_help=True)


@app.command()
def take(
    ctx: typer.Context,
    path: Annotated[Path | None, typer.Argument(metavar="[FOLDER|FILE]", help="Else the setting `city`.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Take orders, supplements, urgings and outcomes. Safe to run twice; a bad row is rejected with its reason."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).take(house, path)
    if json:
        as_json(found)
    else:
        lines(
            [
                ("messages read", found.taken.read),
                ("taken", found.taken.taken),
                ("already there", found.taken.repeated),
                ("rejected", f"{found.taken.rejected} -> {found.rejects}" if found.rejects else found.taken.rejected),
                *((f"  {reason}", count) for reason, count in found.taken.reasons.items()),
            ]
        )
    raise typer.Exit(NOT_IN_ORDER if found.taken.away else 0)


@app.command()
def reply(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Carry the replies and returns that wait for the city."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).reply(house)
    if json:
        as_json(found)
        return
    lines([("sent", found.sent), ("not taken by the city", found.refused), ("to be tried again", found.later)])


@app.command()
def reconcile(
    ctx: typer.Context,
    day: Annotated[str, typer.Option(help="The day, YYYY-MM-DD.")],
    sheet: Annotated[Path | None, typer.Option(help="The city's list of the day; else from the platform.")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Received = open + replied + returned, and every order that the city lists otherwise. Ends with 1 if any does."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).reconciled(house, day, sheet)
    if json:
        as_json(found)
    else:
        _show(found)
    raise typer.Exit(NOT_IN_ORDER if found.differences else 0)


def _show(found: Any) -> None:
    lines(
        [
            ("day", found.day),
            ("received", f"{found.received} = {found.open} open + {found.replied} replied + {found.returned} returned"),
            *([("came late", f"{found.late} of them, sent on an earlier day")] if found.late else []),
            ("the city lists", "nothing yet" if found.listed is None else f"{found.listed}, {found.agreed} alike"),
        ]
    )
    differing(found.differences)


def differing(differences: Any) -> None:
    """The orders that the city lists otherwise, one a line."""
    rows = [
        (one.kind, one.number or "-", one.request_number or "-", one.ours or "-", one.theirs or "-")
        for one in differences
    ]
    if rows:
        table(("differs", "order", "request", "here", "in the city"), rows)
