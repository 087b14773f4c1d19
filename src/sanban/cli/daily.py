"""Commands of every day: import, run, status, systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, is_terminal, lines, table

MADE_UP = ", its units and grids made up"


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or xlsx of requests.")],
    home: HomeOption = None,
    columns: Annotated[list[str] | None, typer.Option("--map", help="field=COLUMN, over what is guessed.")] = None,
    source: Annotated[str, typer.Option(help="The system that the numbers come from.")] = "city",
    crs: Annotated[str, typer.Option(help="Coordinate system of points: wgs84, gcj02 or bd09; kept with them.")] = "",
    rejects: Annotated[Path | None, typer.Option(help="Where rejected rows go.", show_default=False)] = None,
    no_run: Annotated[bool, typer.Option("--no-run", help="Take the rows only; open no cases yet.")] = False,
    json: JsonOption = False,
) -> None:
    """Take a file of citizens' messages. Safe to run twice; a bad row goes to the rejects file with its reason."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        told = house.told_mapping(columns or ())
        if not json:
            _show_mapping(house.preview(file, told))
        with _progress(f"importing {file.name}") as progress:
            report = house.import_file(
                file, mapping=told, source=source, rejects_path=rejects, progress=progress, crs=crs
            )
        ran = None if no_run else house.run()
        if json:
            as_json({"report": report, "run": ran})
            return
        lines(
            [
                ("rows read", report.read),
                ("accepted", report.accepted),
                ("already there", report.repeated),
                ("rejected", f"{report.rejected} -> {report.rejects_path}" if report.rejected else 0),
                *([("phones of nobody", f"{report.unnamed}, each a person of its own")] if report.unnamed else ()),
                *((f"  {reason}", count) for reason, count in sorted(report.reasons.items())),
                *([("most lie outside", "told in another system? --crs gcj02")] if report.lies_outside else ()),
            ]
        )


def run(
    ctx: typer.Context,
    home: HomeOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also try reactions again that were set aside.")] = False,
    json: JsonOption = False,
) -> None:
    """Fire due timers, follow events until nothing is left to do now, send notices, exchange orders with the city."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        taken, ran, carried = house.exchange().taken, house.run(again=again), house.deliver()
        exchanged = house.exchange().carried
    if json:
        as_json({**msgspec.structs.asdict(ran), "notices": carried, "city": {"taken": taken, "carried": exchanged}})
        return
    lines([("events followed", ran.events), ("timers fired", ran.timers), ("due times recomputed", ran.recomputed)])
    if ran.again:
        lines([("reactions answered after all", ran.again)])
    lines([("risks told anew", ran.advised)])
    if taken.read or exchanged.sent:
        lines([("messages of the city", taken.read), ("sent to the city", exchanged.sent)])
    lines([("notices sent", carried.sent), ("to be tried again", carried.delayed), ("kept for later", carried.held)])


def status(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """What stands in the deployment, as figures that recompute from the ledger."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module("status").status(house)
    if json:
        as_json(found)
        return
    lines(
        [
            (
                "district",
                f"{found.title} ({found.district}), {found.mode}" + (MADE_UP if found.synthetic else ""),
            ),
            ("requests", f"{found.requests}, {found.waiting} of them without a case yet"),
            ("cases", f"{found.cases}, {found.open} open, {found.overdue} overdue"),
            *((f"  {state}", count) for state, count in found.cases_by_state.items()),
            ("ledger", f"{found.events} events in {found.batches} batches"),
            ("head", found.head or "empty"),
            *_failing(found),
            ("calendar", f"{found.calendar}, known until {found.calendar_known_until}"),
        ]
    )


def systems(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """The 33 systems a district needs: works, part or absent, with matters, tests and a link into the demo."""
    toolbox: Toolbox = ctx.obj
    rows = toolbox.module("systems").systems()
    del home
    if json:
        as_json({"systems": rows})
        return
    table(
        ("id", "state", "system", "matters", "tests", "link"),
        ((row.id, row.state, row.en, " ".join(row.matters) or "-", len(row.tests), row.link or "-") for row in rows),
    )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("import")(import_)
    for command in (run, status, systems):
        app.command(command.__name__)(command)


def _failing(found: Any) -> Iterator[tuple[str, str]]:
    """Reactions that failed, looks that cannot be read and rules not taken up yet, with what to do about them."""
    if found.reactions_waiting:
        yield "reactions", f"{found.reactions_waiting} failed and are tried again by themselves"
    if found.reactions_set_aside:
        cure = "see the log for why, then: sanban run --again"
        yield "set aside", f"{found.reactions_set_aside} reactions failed too often; {cure}"
    if found.looks_set_aside:
        cure = "see looks/*.torn in the home, then move them out of it"
        yield "looks", f"{found.looks_set_aside} files have lines that cannot be read; {cure}"
    if found.after_restart:
        yield "rules", f"in force for the server after its restart: {', '.join(found.after_restart)}"


def _show_mapping(mapping: Any) -> None:
    aside("columns (change with --map field=COLUMN):")
    for one in mapping.choices:
        aside(f"  {one.field:<12} <- {one.column}  ({one.why})")
    if mapping.unused:
        aside(f"  not read: {', '.join(mapping.unused)}")


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; silence elsewhere."""
    with typer.progressbar(length=100, label=title, file=_stderr(), width=40) as bar:

        def move(done: int, total: int) -> None:
            bar.update(max(0, done * 100 // max(total, 1) - bar.pos))

        yield move if is_terminal() else _silent


def _silent(_done: int, _total: int) -> None:
    return None


def _stderr() -> Any:
    return typer.get_text_stream("stderr")
