"""`sanban scorecard`: months of figures; drafts, appeals and finals are published on the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sanban.cli.desk.city import NOT_IN_ORDER, differing
from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, lines

MODULE = "scorecard.reconciling"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def scorecard() -> None:
    """Months of figures."""


@app.command()
def reconcile(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The city's sheet: orders with their state, or parts with a total.")],
    month: Annotated[str, typer.Option(help="The month, YYYY-MM.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Set the ledger's month beside the city's sheet, naming each order that differs. Ends with 1 if anything does."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).reconciled(house, file, month)
    if json:
        as_json(found)
    else:
        lines([("month", found.month), *(("differs", text) for text in found.told)])
        if found.orders is not None:
            lines([("here", found.orders.received), ("listed", found.orders.listed), ("alike", found.orders.agreed)])
            differing(found.orders.differences)
        if found.totals is not None:
            lines([("parts", found.totals.added), ("printed", found.totals.printed), ("here", found.totals.ours)])
    raise typer.Exit(0 if found.is_settled else NOT_IN_ORDER)
