"""The `sanban` command: its groups, its options, and how a failure is told.

Exit codes: 0 done; 1 done, and what was looked at is not in order (`verify`, `matter check`); 2 could not be done.
"""

from __future__ import annotations

import sys

import click
import typer

from sanban.cli import caring, cases, daily, matters, setting_up
from sanban.cli.ports import Toolbox
from sanban.kernel.errors import SanbanError

CANNOT = 2

app = typer.Typer(
    name="sanban",
    help="Requests and services of a city district on one ledger, every matter by its declared mechanism. (三办)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
setting_up.add_to(app)
daily.add_to(app)
caring.add_to(app)
app.add_typer(cases.app, name="case", help="Look at one case.")
app.add_typer(matters.app, name="matter", help="Check, draw, compare and adopt matter files.")
app.add_typer(caring.person, name="person", help="Personal data: erase a person.")
app.add_typer(setting_up.officer, name="officer", help="Accounts that may sign in.")


def run(toolbox: Toolbox) -> None:
    """Runs the command given on the command line and exits with its code."""
    try:
        code = app(obj=toolbox, standalone_mode=False)
    except SanbanError as error:
        typer.echo(f"sanban: {error}", err=True)
        sys.exit(CANNOT)
    except click.ClickException as error:
        error.show()
        sys.exit(CANNOT)
    except (click.Abort, KeyboardInterrupt):
        typer.echo("sanban: stopped", err=True)
        sys.exit(CANNOT)
    sys.exit(code if isinstance(code, int) else 0)
