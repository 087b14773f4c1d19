"""`sanban figures`: what the district is judged by, each number with what it is made of and the cases behind it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sanban.cli.options import HomeOption, JsonOption, Language, folder_of
from sanban.cli.ports import Toolbox, figures_of
from sanban.cli.printing import as_json, aside, table


def figures(
    ctx: typer.Context,
    home: HomeOption = None,
    period: Annotated[
        str, typer.Option(help="2026, 2026-Q2, 2026-05, 2026-W21, a day, or DAY..DAY; else this month.")
    ] = "",
    figure: Annotated[str, typer.Option(help="One figure, with every unit's.")] = "",
    unit: Annotated[str | None, typer.Option(help="One unit alone.", show_default=False)] = None,
    cases: Annotated[bool, typer.Option("--cases", help="Also list the cases behind the figure.")] = False,
    page: Annotated[int, typer.Option(min=1, help="Which page of them.")] = 1,
    changes: Annotated[
        bool, typer.Option("--changes", help="Also against the period before and a year earlier.")
    ] = False,
    position: Annotated[
        int | None, typer.Option(help="As the ledger stood at this position.", show_default=False)
    ] = None,
    language: Annotated[Language, typer.Option("--lang", help="Titles in Chinese or English.")] = Language.zh,
    json: JsonOption = False,
) -> None:
    """Compute figures: numerator, denominator, what was left out, interval, and the ledger position they rest on."""
    toolbox: Toolbox = ctx.obj
    counting = figures_of(toolbox, "figures.commands")
    with toolbox.house(folder_of(home)) as house:
        found = counting.figures(house, period, figure, unit, position, cases=cases, page=page - 1, changes=changes)
    if json:
        as_json(found)
        return
    head = ("figure", "", "unit", "value", "of", "interval", "", "left out", "observed/expected", "drawn", "compared")
    table(head, [_row(told, language) for told in found.figures])
    if changes:
        typer.echo("")
        moved = [(told, one) for told in found.figures for one in told.changes]
        table(
            ("figure", "", "unit", "value", "against", "was", "moved by", ""),
            [_moved(told, one, language) for told, one in moved],
        )
        table(("period", "value"), found.trend)
    if cases:
        typer.echo("")
        table(
            ("case", "part", "unit", "holds"),
            [(one.number, one.part, one.unit, "yes" if one.holds else "no") for one in found.cases],
        )
    for told in found.figures:
        if told.expected is not None and told.expected.uncompared:
            kinds = ", ".join(f"{kind} {count}" for kind, count in told.expected.uncompared.items())
            aside(f"{told.figure}, {told.unit}: not compared, too few like them elsewhere: {kinds}")
    resting: dict[str, dict[str, None]] = {}
    for told in found.figures:
        resting.setdefault(_rests_on(told, language), {})[told.figure] = None
    for text, keys in resting.items():
        aside(f"{', '.join(keys)}: {text}")
    place = found.place
    aside(f"{found.period.name}, {found.period.working_days} working days")
    aside(f"ledger position {place.position}, head {place.head}")


def _row(told: Any, language: Language) -> tuple[object, ...]:
    of = "" if told.denominator is None else f"{told.numerator}/{told.denominator}"
    left_out = ", ".join(f"{name} {count}" for name, count in told.excluded.items() if count)
    beyond = f" ({told.readmitted} beyond the cap counted)" if told.readmitted else ""
    ratio = told.expected.ratio if told.expected else None
    near = (ratio.counted, ratio.told) if ratio else ("", "")
    compared = f"{told.expected.cases} of {told.denominator}" if told.expected else ""
    standing = "not ranked" if told.standing == "interval" else ""
    return (
        told.figure,
        _word(told.title, language),
        told.unit or "",
        told.value,
        of,
        told.interval,
        standing,
        left_out + beyond,
        *near,
        compared,
    )


def _rests_on(told: Any, language: Language) -> str:
    return f"source {told.source}" if told.source else f"assumed {_word(told.assumption, language)}"


def _moved(told: Any, one: Any, language: Language) -> tuple[object, ...]:
    return (
        told.figure,
        _word(told.title, language),
        told.unit or "",
        told.value,
        one.since,
        one.was,
        one.by,
        one.verdict,
    )


def _word(title: Any, language: Language) -> str:
    word: str = getattr(title, language.value)
    return word


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("figures")(figures)
