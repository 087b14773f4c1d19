"""`sanban officer` and `sanban token`: accounts that may sign in, and keys for programs. Every change is recorded."""

from __future__ import annotations

from typing import Annotated

import typer

from sanban.cli.options import HomeOption, JsonOption, folder_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import as_json, aside, lines, table

MODULE = "deployment.officers"

officer = typer.Typer(no_args_is_help=True)
token = typer.Typer(no_args_is_help=True)

AccountArgument = Annotated[str, typer.Argument(help="Name of the account.")]
PasswordOption = Annotated[
    str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="SANBAN_PASSWORD")
]


@officer.command("add")
def add(
    ctx: typer.Context,
    account: AccountArgument,
    role: Annotated[
        str, typer.Option(help="operator, dispatcher, handler, verifier, coordinator, leader, auditor ...")
    ],
    unit: Annotated[str, typer.Option(help="Code of the officer's unit.")],
    home: HomeOption = None,
    title: Annotated[str, typer.Option(help="What pages call the account.")] = "",
    password: PasswordOption = "",
) -> None:
    """Add an account. The password is asked for, or taken from SANBAN_PASSWORD."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        toolbox.module(MODULE).add_officer(house, account, role, unit, password, title)
    aside(f"{account} may sign in as {role} of {unit}")


@officer.command("list")
def list_officers(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Every account with its role, its unit and whether it may come in."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        found = toolbox.module(MODULE).listed(house)
    rows = [(one.account, one.role, one.unit, "disabled" if one.disabled else "may sign in") for one in found]
    head = ("account", "role", "unit", "state")
    if json:
        as_json({"officers": [dict(zip(head, row, strict=True)) for row in rows]})
    else:
        table(head, rows)


@officer.command("disable")
def disable(ctx: typer.Context, account: AccountArgument, home: HomeOption = None) -> None:
    """Shut an account out. Its sessions and tokens end at once."""
    _set_disabled(ctx.obj, account, home, disabled=True)
    aside(f"{account} is shut out")


@officer.command("enable")
def enable(ctx: typer.Context, account: AccountArgument, home: HomeOption = None) -> None:
    """Let an account in again. It signs in anew."""
    _set_disabled(ctx.obj, account, home, disabled=False)
    aside(f"{account} may sign in again")


@officer.command("password")
def password(
    ctx: typer.Context, account: AccountArgument, home: HomeOption = None, password: PasswordOption = ""
) -> None:
    """Give an account a new password. Its sessions end."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        toolbox.module(MODULE).reset_password(house, account, password)
    aside(f"{account} has a new password")


@officer.command("change")
def change(
    ctx: typer.Context,
    account: AccountArgument,
    home: HomeOption = None,
    role: Annotated[str, typer.Option(help="The new role.")] = "",
    unit: Annotated[str, typer.Option(help="Code of the new unit.")] = "",
) -> None:
    """Give an account another role or unit, from the next click on."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        after = toolbox.module(MODULE).change_officer(house, account, role, unit)
    aside(f"{account} is {after.role} of {after.unit} now")


@officer.command("address")
def address(
    ctx: typer.Context,
    account: AccountArgument,
    notify: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="sms:NUMBER, mail:ADDRESS, wecom:NAME; '' for none.")
    ],
    home: HomeOption = None,
) -> None:
    """Say where an officer is told of what their unit is told."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        after = toolbox.module(MODULE).set_address(house, account, notify)
    channel = after.notify.partition(":")[0]
    aside(f"{account} is told by {channel} from now on" if channel else f"{account} is told nowhere from now on")


@token.command("issue")
def issue(
    ctx: typer.Context,
    officer: Annotated[str, typer.Option(help="The account that the program acts as.")],
    expires: Annotated[str, typer.Option(help="Days, at most a year: 90d.")],
    scope: Annotated[str, typer.Option(help="read, or write.")] = "read",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    home: HomeOption = None,
) -> None:
    """Issue a key for the API. It is printed this once and kept nowhere."""
    toolbox: Toolbox = ctx.obj
    module = toolbox.module(MODULE)
    with toolbox.house(folder_of(home)) as house:
        issued = module.issue_token(house, officer, expires, scope, label)
        until = module.day_of(house, issued.token.expires_at)
    aside(f"token {issued.token.id} of {officer}, {issued.token.scope}, until {until}; keep it safe:")
    typer.echo(issued.secret)


@token.command("list")
def list_tokens(ctx: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Every token with its officer, scope and end; never the token itself."""
    toolbox: Toolbox = ctx.obj
    module = toolbox.module(MODULE)
    with toolbox.house(folder_of(home)) as house:
        rows = [
            (one.id, one.account, one.scope, module.day_of(house, one.expires_at), one.label or "-")
            for one in module.listed_tokens(house)
        ]
    head = ("id", "officer", "scope", "until", "label")
    if json:
        as_json({"tokens": [dict(zip(head, row, strict=True)) for row in rows]})
    else:
        table(head, rows)


@token.command("revoke")
def revoke(
    ctx: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `sanban token list` shows it.")],
    home: HomeOption = None,
) -> None:
    """End a token at once."""
    toolbox: Toolbox = ctx.obj
    with toolbox.house(folder_of(home)) as house:
        revoked = toolbox.module(MODULE).revoke_token(house, token_id)
    lines([("revoked", revoked.id), ("officer", revoked.account)])


def _set_disabled(toolbox: Toolbox, account: str, home: HomeOption, *, disabled: bool) -> None:
    with toolbox.house(folder_of(home)) as house:
        toolbox.module(MODULE).set_disabled(house, account, disabled=disabled)
