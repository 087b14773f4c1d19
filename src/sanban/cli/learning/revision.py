"""`sanban revision`: what the ledger proposes to change, with the cases that speak for it."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, lines

PROPOSING = "revision.proposing"
KEEPING = "revision.keeping"
ROUNDS = "revision.rounds"

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
    keep: Annotated[bool, typer.Option("--keep", help="Put what is new before whoever decides, replayed.")] = False,
    json: JsonOption = False,
) -> None:
    """List the rules that the ledger's own cases speak against, each as a change of a file, with its evidence."""
    toolbox: Toolbox = ctx.obj
    proposing = toolbox.module(PROPOSING)
    with toolbox.house(folder_of(home)) as house:
        looked = proposing.proposals(house, since, until)
        told, left = proposing.writable(house, looked)
        diffs = [proposing.diff_of(house, found.change) for found, _ in told]
        shown = [[*proposing.in_words(house, found), *(("changes", line.en) for line in said)] for found, said in told]
        span, sound = proposing.span(house, since, until), looked.of(found for found, _ in told)
        kept = toolbox.module(KEEPING).keep(house, sound, *span) if keep else None
    for found, error in left:
        aside(f"{found.change.id} cannot be written by itself: {error}")
    for found, error in kept.left if kept else ():
        aside(f"{found.change.id} cannot be replayed, and was not kept: {error}")
    if json:
        as_json(
            [
                {"finding": found, "difference": said, "diff": diff}
                for (found, said), diff in zip(told, diffs, strict=True)
            ]
        )
        return
    for proposal, diff in zip(shown, diffs, strict=True):
        lines(proposal)
        typer.echo(diff)
        typer.echo()
    aside(f"proposals: {len(told)}, of {looked.tests} rules looked at" + (f"; new: {len(kept.new)}" if kept else ""))


@app.command("round")
def round_(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Propose and measure all at once, as a server does by itself every `revise_days`; the ledger keeps the round."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        made = toolbox.module(ROUNDS).make_round(house)
    if json:
        as_json(made)
        return
    rows = [("rules looked at", made.tests), ("new proposals", ", ".join(made.proposed) or "none")]
    lines([*rows, ("findings without a file", made.unwritable), ("changes measured", made.measured)])


@app.command("list")
def list_(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Every proposal that was kept, the newest first, and how it stands."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = list(toolbox.module(KEEPING).revisions(house))
        said = [toolbox.module(PROPOSING).words_of(house, one.change).en for one in found]
    if json:
        as_json(found)
        return
    lines((one.id, f"{one.state} {one.from_day}: {words}") for one, words in zip(found, said, strict=True))


@app.command("measure")
def measure(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """What came of each change that is in force: before and after, and whether it jumped on its day."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(KEEPING).measure_all(house)
    if json:
        as_json(dict(found))
        return
    lines((revision_id, effect.words.en) for revision_id, effect in found)
    if not found:
        aside("no change is in force yet")
