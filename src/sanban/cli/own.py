"""`sanban calendar` and `sanban district`: the files a district has of its own, and who answers for them."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import AuthorityOption, DateOption, DocumentOption, HomeOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import aside, lines

MODULE = "deployment.adopting"

calendar = typer.Typer(no_args_is_help=True)
district = typer.Typer(no_args_is_help=True)


@calendar.callback()
def calendars() -> None:
    """The working-day calendar of a deployment."""


@calendar.command("adopt")
def adopt_calendar(
    ctx: typer.Context,
    authority: AuthorityOption,
    document: DocumentOption,
    date: DateOption,
    home: HomeOption = None,
) -> None:
    """Adopt the office hours. The shipped calendar is copied into the home first."""
    toolbox: Toolbox = ctx.obj
    adopting = toolbox.module(MODULE)
    aside(f"adopted: {adopting.adopt_office_hours(folder_of(home), adopting.By(authority, document, date))}")


@district.command("new")
def new_district(
    ctx: typer.Context,
    home: HomeOption = None,
    since: Annotated[str, typer.Option(help="The units hold from this day on.")] = "2024-01-01",
) -> None:
    """Write a small district into the home, valid as it stands, to put your own units, grids and directory in."""
    toolbox: Toolbox = ctx.obj
    place = toolbox.module(MODULE).new_district(folder_of(home), since)
    lines(
        [
            ("district", place),
            ("next", "put your units, grids and directory in; `synthetic: no`; sanban district adopt"),
        ]
    )


@district.command("check")
def check_district(ctx: typer.Context, home: HomeOption = None) -> None:
    """Check the district's files, and that somebody answers for every duty of the matters that run."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        faults = toolbox.module("deployment.duties").unanswered(house)
        checked = house.district
    for fault in faults:
        typer.echo(str(fault))
    lines([("units", len(checked.titles)), ("grids", len(checked.duty.grids.versions)), ("faults", len(faults))])
    raise typer.Exit(1 if faults else 0)


@district.command("adopt")
def adopt_district(
    ctx: typer.Context,
    authority: AuthorityOption,
    document: DocumentOption,
    date: DateOption,
    home: HomeOption = None,
) -> None:
    """Record who answers for the district's own files."""
    toolbox: Toolbox = ctx.obj
    adopting = toolbox.module(MODULE)
    aside(f"adopted: {adopting.adopt_own_district(folder_of(home), adopting.By(authority, document, date))}")
