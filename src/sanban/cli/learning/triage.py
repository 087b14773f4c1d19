"""`sanban triage`: train the classifier from labelled files or the ledger, measure it, and ask it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox, learning_of
from sanban.cli.printing import as_json, lines, table
from sanban.intake.event import Candidate
from sanban.intake.triage.advice import Advice

MODULE = "learning.commands"

app = typer.Typer(no_args_is_help=True)

FilesArgument = Annotated[
    list[Path] | None, typer.Argument(help="CSV or xlsx with a text and a label in each row; none: the ledger.")
]
TextOption = Annotated[str, typer.Option("--text", help="Column of the text; else guessed.")]
LabelOption = Annotated[str, typer.Option("--label", help="Column of the label; else guessed.")]
TitleOption = Annotated[str, typer.Option("--title", help="Column of the title; else guessed.")]
NamesOption = Annotated[Path | None, typer.Option("--labels", help="CSV or xlsx: a label and a matter's code a row.")]
LedgerOption = Annotated[bool, typer.Option("--ledger", help="Learn from the ledger's cases beside the files.")]


@app.command("train")
def train(
    ctx: typer.Context,
    files: FilesArgument = None,
    home: HomeOption = None,
    text: TextOption = "",
    label: LabelOption = "",
    title: TitleOption = "",
    ledger: LedgerOption = False,
    labels: NamesOption = None,
    json: JsonOption = False,
) -> None:
    """Train the classifier and put it in use; the server takes it at its next start."""
    toolbox: Toolbox = ctx.obj
    learning = learning_of(toolbox, MODULE)
    with toolbox.house(folder_of(home)) as house:
        found = learning.train_model(
            house, files or [], learning.Columns(text, label, title), ledger=ledger, names=labels
        )
    if json:
        as_json(found)
        return
    lines(
        [
            ("model", found.model[:12]),
            ("examples", f"{found.examples}, {found.from_ledger} of them from the ledger"),
            ("rows left out", found.rows_left_out),
            ("classes", len(found.labels)),
            ("  matters in force", " ".join(found.matters)),
            ("  no matters here", " ".join(found.others) or "-"),
            *((f"  too few of {name}", count) for name, count in found.labels_left_out.items()),
            ("seconds", found.seconds),
        ]
    )


@app.command("evaluate")
def evaluate(
    ctx: typer.Context,
    files: FilesArgument = None,
    home: HomeOption = None,
    text: TextOption = "",
    label: LabelOption = "",
    title: TitleOption = "",
    ledger: LedgerOption = False,
    labels: NamesOption = None,
    used: Annotated[bool, typer.Option("--in-use", help="Measure the model in use, on examples new to it.")] = False,
    json: JsonOption = False,
) -> None:
    """Measure: five folds trained anew with near-duplicates kept together, or the model in use."""
    toolbox: Toolbox = ctx.obj
    learning = learning_of(toolbox, MODULE)
    columns = learning.Columns(text, label, title)
    with toolbox.house(folder_of(home)) as house:
        found = learning.evaluate_model(house, files or [], columns, ledger=ledger, used=used, names=labels)
    if json:
        as_json(found)
        return
    measured = found.measured
    lines(
        [
            ("how", "the model in use" if used else "five folds, near-duplicates together"),
            ("cases", f"{measured.cases}, {measured.silent} of them without a word known"),
            *([("left out", f"{found.trained_on}, whose words it was trained on")] if used else []),
            ("accuracy", _share(measured.accuracy)),
            ("macro-F1", _share(measured.macro_f1)),
            ("calibration error", _share(measured.calibration_error)),
        ]
    )
    rows = ((one.label, one.cases, *map(_share, (one.precision, one.recall, one.f1))) for one in measured.classes)
    table(("class", "cases", "precision", "recall", "F1"), rows)


@app.command("ask")
def ask(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Show what triage thinks of a text, read from standard input so that it stands in no history."""
    toolbox: Toolbox = ctx.obj
    said = sys.stdin.read(40_000).strip()
    with toolbox.house(folder_of(home)) as house:
        advice, word = house.triage.advise(said), house.triage.word
    if json:
        as_json(advice and _in_words(advice, word))
        return
    if advice is None:
        lines([("matters", "no word spoke")])
        return
    lines([("model", advice.model), ("route", advice.route or "accept"), ("flags", " ".join(advice.flags) or "-")])
    said_so = ((one.matter, _sureness(one), " ".join(map(word, one.reasons))) for one in advice.candidates)
    table(("matter", "confidence", "words"), said_so)


def _in_words(advice: Advice, word: Callable[[str], str]) -> Advice:
    """The same with words in the place of their codes, as the plain answer has them."""
    candidates = tuple(replace(one, reasons=tuple(map(word, one.reasons))) for one in advice.candidates)
    return replace(advice, candidates=candidates, grounds=tuple(map(word, advice.grounds)))


def _sureness(candidate: Candidate) -> str:
    """A measured confidence in hundredths; that of declared words is none."""
    return f"{candidate.confidence / 100:.2f}%" if candidate.calibrated else "by words"


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
