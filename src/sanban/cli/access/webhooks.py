"""`sanban webhook`: systems that are sent events of cases, see docs/webhooks.md."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, lines, table

NOT_IN_ORDER = 1
MODULE = "telling.webhooks"

app = typer.Typer(no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the subscriber is called, e.g. city-platform.")]


@app.command()
def add(
    ctx: typer.Context,
    name: NameArgument,
    url: Annotated[str, typer.Argument(help="Where events are sent: an https address.")],
    types: Annotated[list[str] | None, typer.Option("--type", help="An event to send; all when none is named.")] = None,
    unit: Annotated[str, typer.Option(help="Only cases this unit, or one below it, works on.")] = "",
    party: Annotated[str, typer.Option(help="Who runs the system: cases about them are never sent.")] = "",
    home: HomeOption = None,
) -> None:
    """Add a subscriber and print its signing key, this once."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        added = toolbox.module(MODULE).add(house, name, url, types or [], unit, party)
    lines([("subscriber", added.name), ("key", added.key)])
    aside("the key is shown this once; give it to the subscriber and keep no copy")


@app.command(name="list")
def list_all(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Who is sent which events."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).listed(house)
    if json:
        as_json(found)
    else:
        rows = [(one.name, one.unit or "-", one.party or "-", " ".join(one.types)) for one in found]
        table(("subscriber", "unit", "party", "events"), rows)


@app.command()
def remove(ctx: typer.Context, name: NameArgument, home: HomeOption = None) -> None:
    """Send a subscriber nothing any more; its address and key are destroyed."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        toolbox.module(MODULE).remove(house, name)
    lines([("removed", name)])


@app.command(name="test")
def try_out(ctx: typer.Context, name: NameArgument, home: HomeOption = None) -> None:
    """Send a subscriber an event that tells of nothing, and say what became of it."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        carried = toolbox.module(MODULE).try_out(house, name)
    lines([("outcome", carried.outcome), ("code", carried.code or "-")])
    raise typer.Exit(0 if carried.outcome == "sent" else NOT_IN_ORDER)
