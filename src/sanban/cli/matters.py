"""`sanban matter`: mechanisms are files, and these commands are how they are looked after."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sanban.cli.options import AuthorityOption, DateOption, DocumentOption, HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, lines

NOT_IN_ORDER = 1
MODULE = "mechanisms"

app = typer.Typer(no_args_is_help=True)


@app.command("check")
def check(
    ctx: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="A matter, or a folder of matters; else the shipped.")] = None,
    usage: Annotated[bool, typer.Option("--usage", help="Also list keys that fewer than two matters use.")] = False,
    json: JsonOption = False,
) -> None:
    """Check matters, their worked examples and figures. Every fault at once, with file, line and a valid example."""
    toolbox: Toolbox = ctx.obj
    found = toolbox.module(MODULE).check(folder, usage)
    if json:
        as_json(found)
    else:
        for fault in found.faults:
            typer.echo(str(fault))
        lines(
            [
                ("matters in order", len(found.matters)),
                ("examples played", found.examples),
                ("figures", found.figures),
            ]
        )
        lines((f"lonely: {one.key}", one.matter or "nobody") for one in found.lonely)
    raise typer.Exit(0 if found.ok else NOT_IN_ORDER)


@app.command("draw")
def draw(
    ctx: typer.Context,
    matter: Annotated[str, typer.Argument(help="A matter, or matter@version.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="SVG file; else standard output.", show_default=False)
    ] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    state: Annotated[str, typer.Option(help="A state to mark.")] = "",
    folder: Annotated[Path | None, typer.Option(help="A folder of further matters.", show_default=False)] = None,
) -> None:
    """Draw a mechanism from the table that runs it."""
    toolbox: Toolbox = ctx.obj
    folders = () if folder is None else (folder,)
    svg: bytes = toolbox.module(MODULE).draw(matter, language, state, folders)
    if out is None:
        sys.stdout.buffer.write(svg)
    else:
        out.write_bytes(svg)
        aside(f"drawn: {out}")


@app.command("diff")
def diff(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(help="matter@version, or a file or folder.")],
    new: Annotated[str, typer.Argument(help="The same, after the change.")],
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Say in words what changes from one version to another."""
    toolbox: Toolbox = ctx.obj
    found = toolbox.module(MODULE).compare(old, new)
    for line in found:
        typer.echo(line.en if language == "en" else line.zh)
    if not found:
        aside("no difference: both work the same")


@app.command("replay")
def replay(
    ctx: typer.Context,
    new: Annotated[str, typer.Argument(metavar="NEW", help="A matter's file or folder, or a district's directory.")],
    since: Annotated[str, typer.Option("--from", help="Cases opened from this day on: YYYY-MM-DD.")],
    until: Annotated[str, typer.Option("--to", help="Up to, not including, this day.")],
    response: Annotated[str, typer.Option(help="kept or shifted: what people do; else both, as bounds.")] = "",
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD: VALUE", help="What a case has answered in a field that is new.", show_default=False
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run recorded cases again under a changed matter or directory, and say what changes and what nobody can know.

    Ends with 1 where some cases cannot be opened under the new rules.
    """
    toolbox: Toolbox = ctx.obj
    replaying = toolbox.module("revision.replaying")
    with toolbox.house(folder_of(home)) as house:
        results = replaying.replay_new(house, new, since, until, response, assume or ())
    if json:
        as_json(results)
    else:
        for result in results:
            lines(replaying.in_words(result))
            typer.echo()
    raise typer.Exit(NOT_IN_ORDER if any(result.not_replayed for result in results) else 0)


@app.command("new")
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens, e.g. street-light.")],
    folder: Annotated[Path, typer.Option("--in", help="The folder of matters.")] = Path("matters"),
    version: Annotated[str, typer.Option(help="In force from this day; else today.")] = "",
) -> None:
    """Write a new matter that is valid as it stands, with comments that say what to change."""
    toolbox: Toolbox = ctx.obj
    for path in toolbox.module(MODULE).make(folder, name, version):
        typer.echo(path)


@app.command("adopt")
def adopt(
    ctx: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="MATTER...", help="Matters by name with --home, else paths of their folders.")
    ],
    authority: AuthorityOption,
    document: DocumentOption,
    date: DateOption,
    home: HomeOption = None,
) -> None:
    """Adopt matters. A shipped one is copied into the home, where it replaces the one that ships."""
    toolbox: Toolbox = ctx.obj
    adopting = toolbox.module("deployment.adopting")
    by = adopting.By(authority, document, date)
    for path in adopting.adopt_matters(home and folder_of(home), names, by):
        aside(f"adopted: {path}")
