"""`sanban risk`: learn how likely cases are to miss their due time, measure it, and tell it anew."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox, learning_of
from sanban.cli.printing import as_json, lines

MODULE = "learning.risking"

app = typer.Typer(no_args_is_help=True)

AsOfOption = Annotated[str, typer.Option("--as-of", help="Learn from what was known on this date; else now.")]


@app.command("train")
def train(ctx: typer.Context, home: HomeOption = None, as_of: AsOfOption = "", json: JsonOption = False) -> None:
    """Learn the risk from the ledger's own cases and put it in use; a running server takes it within the hour."""
    toolbox: Toolbox = ctx.obj
    learning = learning_of(toolbox, MODULE)
    with toolbox.house(folder_of(home)) as house:
        found = learning.train_risk(house, as_of)
        told = house.advise()
    if json:
        as_json({"trained": found, "told": told})
        return
    lines(
        [
            ("model", found.model),
            ("cases", found.cases),
            ("looks at them", found.looks),
            ("seconds", found.seconds),
            ("cases told anew", told),
        ]
    )


@app.command("evaluate")
def evaluate(
    ctx: typer.Context,
    as_of: Annotated[str, typer.Option("--as-of", help="The date to stand on; later outcomes judge.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Learn as of a past date and measure on what became of the cases open then."""
    toolbox: Toolbox = ctx.obj
    learning = learning_of(toolbox, MODULE)
    with toolbox.house(folder_of(home)) as house:
        found = learning.evaluate_risk(house, as_of)
    if json:
        as_json(found)
        return
    lines(
        [
            ("cases open then, outcome known", f"{found.judged}, {found.missed} of them missed"),
            ("AUC", _share(found.area)),
            ("AUC of the time used up alone", _share(found.share)),
            ("AUC of the matter's rate alone", _share(found.matter)),
            ("calibration error", _share(found.calibration_error)),
        ]
    )


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
