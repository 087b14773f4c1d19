"""Keys of programs that file requests over Open311: give one, withdraw one."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import aside

app = typer.Typer(no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the program: small letters, digits, dots, hyphens.")]


@app.command("key")
def key(ctx: typer.Context, name: NameArgument, home: HomeOption = None) -> None:
    """Give a program a key. It is shown once; one given before under the same name is withdrawn."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        issued = toolbox.module("surfaces.open311").issue_key(house, name)
    typer.echo(issued)
    aside(f"{name} may file requests with this api_key; it is not shown again")


@app.command("withdraw")
def withdraw(ctx: typer.Context, name: NameArgument, home: HomeOption = None) -> None:
    """Withdraw a program's key, at once."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        was = toolbox.module("surfaces.open311").withdraw_key(house, name)
    aside(f"{name} may no longer file requests" if was else f"{name} has no key that still opens anything")
