"""`sanban joint`: the yearly list of hard matters, computed from the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, lines, table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def joint() -> None:
    """What joint handling takes from the ledger."""


@app.command("yearly-list")
def yearly_list(
    ctx: typer.Context,
    year: Annotated[str, typer.Option(help="The year, e.g. 2026.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """The year's hard matters: counts, repeat rate and unresolved share. The same ledger gives the same list."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module("joint.surrounding").yearly_list_of(house, year)
    if json:
        as_json(found)
        return
    lines([("year", found.year), ("ledger up to event", found.position), ("further matters", found.others)])
    head = ("matter", "cases", "requests", "repeats", "repeat rate", "unresolved", "unresolved share", "points")
    rows = [
        (
            row.matter,
            row.cases,
            row.requests,
            row.repeats,
            _percent(row.repeat_rate, row.repeat_interval),
            row.unresolved,
            _percent(row.unresolved_share, row.unresolved_interval),
            row.points,
        )
        for row in found.rows
    ]
    if rows:
        table(head, rows)


def _percent(share: int | None, interval: tuple[int, int] | None) -> str:
    """A share of basis points with its interval; `n/a` of nothing."""
    if share is None or interval is None:
        return "n/a"
    return f"{share / 100:.1f} % ({interval[0] / 100:.1f}-{interval[1] / 100:.1f})"
