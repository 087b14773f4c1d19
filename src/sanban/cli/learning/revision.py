"""`sanban revision`: what the ledger proposes to change, with the cases that speak for it."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, lines

PROPOSING = "revision.proposing"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def revision() -> None:
    """What the ledger proposes to change, and what became of it."""


@app.command("propose")
def propose(
    ctx: typer.Context,
    home: HomeOption = None,
    since: Annotated[str, typer.Option("--from", help="Cases opened from this day on: YYYY-MM-DD; else all.")] = "",
    until: Annotated[str, typer.Option("--to", help="Up to, not including, this day.")] = "",
    json: JsonOption = False,
) -> None:
    """List the rules that the ledger's own cases speak against, each as a change of a file, with its evidence."""
    toolbox: Toolbox = ctx.obj
    proposing = toolbox.module(PROPOSING)
    with toolbox.house(folder_of(home)) as house:
        looked = proposing.proposals(house, since, until)
        told = [(found, proposing.difference_of(house, found.change)) for found in looked.findings]
    if json:
        as_json([{"finding": found, "difference": said} for found, said in told])
        return
    for found, said in told:
        lines([*proposing.in_words(found), *(("changes", line.en) for line in said)])
        typer.echo()
    aside(f"{len(told)} proposals, of {looked.tests} rules looked at")
