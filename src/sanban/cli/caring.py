"""Commands that care for the ledger: verify, rebuild, backup, restore, upgrade; and erasing a person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, lines

NOT_IN_ORDER = 1

person = typer.Typer(no_args_is_help=True)


def verify(
    ctx: typer.Context,
    home: HomeOption = None,
    head: Annotated[Path | None, typer.Option(help="A head kept elsewhere: finds a truncated end.")] = None,
    write_head: Annotated[Path | None, typer.Option(help="Write the head here, to keep on another machine.")] = None,
    json: JsonOption = False,
) -> None:
    """Prove that nothing was altered: hashes, chain, positions, projections, timers and the vault."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        report = toolbox.module("proving").prove(house, head, write_head)
    if json:
        as_json(report)
    else:
        lines(
            [
                ("ledger", _outcome(report)),
                ("events", f"{report.events} in {report.streams} streams"),
                ("batches", f"{report.batches}, {report.commands} commands"),
                ("vault", f"{report.sealed} secrets sealed, {report.erased} of them erased with their person"),
                ("head", f"{report.position} {report.hash}"),
            ]
        )
        for finding in report.findings:
            typer.echo(f"  {finding}")
        if report.more:
            typer.echo(f"  and {report.more} more")
    raise typer.Exit(0 if report.is_whole else NOT_IN_ORDER)


def _outcome(report: Any) -> str:
    if not report.is_whole:
        return "ALTERED"
    return "whole: nothing was altered" if report.batches else "empty, and whole: nothing was written yet"


def rebuild(ctx: typer.Context, home: HomeOption = None) -> None:
    """Refill projections and timers from the events."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        aside(f"{house.rebuild()} streams folded again")


def backup(
    ctx: typer.Context,
    destination: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    home: HomeOption = None,
    with_key: Annotated[bool, typer.Option("--with-key", help="Put the master key beside it (keep it safe).")] = False,
) -> None:
    """Copy the deployment while it serves. Without its master key no personal data in it can be read."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        lines(toolbox.module("copies").back_up(house, destination, with_key))


def restore(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(help="Folder of the backup.")],
    home: HomeOption = None,
    erasures: Annotated[Path | None, typer.Option(help="Register of erased persons to apply again.")] = None,
    key: Annotated[Path | None, typer.Option(help="Master key file, when it is not in the backup.")] = None,
    no_erasures: Annotated[bool, typer.Option("--no-erasures", help="There were none since the backup.")] = False,
) -> None:
    """Restore into a new folder; whoever was erased since is erased again before it can be served."""
    toolbox: Toolbox = ctx.obj
    lines(toolbox.module("copies").restore_into(source, folder_of(home), erasures, key, no_erasures))


def upgrade(
    ctx: typer.Context,
    home: HomeOption = None,
    check: Annotated[bool, typer.Option("--check", help="Say what would be done, change nothing.")] = False,
) -> None:
    """Bring the store to this program's version. Forward only; back up first."""
    toolbox: Toolbox = ctx.obj
    lines(toolbox.module("copies").upgrade_store(folder_of(home), check_only=check))


def erase(
    ctx: typer.Context,
    person_id: Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person, as events carry it.")],
    home: HomeOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy a person's keys and texts for ever. The ledger still verifies."""
    toolbox: Toolbox = ctx.obj
    if not yes:
        typer.confirm(f"erase {person_id}? this cannot be undone", abort=True)
    with toolbox.house(folder_of(home)) as house:
        lines(toolbox.module("copies").erase_person(house, person_id))


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (verify, rebuild, backup, restore, upgrade):
        app.command(command.__name__)(command)


@person.callback()
def personal() -> None:
    """Personal data."""


person.command("erase")(erase)
