"""The `sanban` command: its groups, its options, and how a failure is told.

Exit codes: 0 done; 1 done, and what was looked at is not in order (`verify`, `matter check`); 2 could not be done; 70 a
fault of the program itself, told in one sentence (with its trace when SANBAN_TRACE is set: it may hold personal data).
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from sanban.cli import caring, cases, daily, figures, matters, own, setting_up
from sanban.cli.access import officers, open311, views, webhooks
from sanban.cli.desk import city
from sanban.cli.joint import yearly
from sanban.cli.learning import revision, risk, triage
from sanban.cli.ports import Toolbox
from sanban.cli.scorecard import brief, periods
from sanban.kernel.errors import SanbanError

NAME = "sanban"
"""As it is called in help and in what a wrong option is told, however it was started."""
CANNOT = 2
FAULT = 70
TRACE = "SANBAN_TRACE"
UsageFault: Any = typer.BadParameter.__mro__[2]
"""The base of what a wrong option raises; typer carries its own copy of click and does not name it."""

CURES = {
    errno.ENOENT: "a file or folder that is there: ls DIR",
    errno.ENOTDIR: "a folder: mkdir DIR",
    errno.EISDIR: "a file in that folder: DIR/NAME",
    errno.EACCES: "chmod u+rwX PATH, or run it as the user who owns it",
    errno.EPERM: "chmod u+rwX PATH, or run it as the user who owns it",
    errno.EROFS: "a folder on a disk that can be written",
    errno.ENOSPC: "df -h; make room, then run the same command again",
    errno.EDQUOT: "df -h; make room, then run the same command again",
}

app = typer.Typer(
    name=NAME,
    help="Requests and services of a city district on one ledger, every matter by its declared mechanism. (三办)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
setting_up.add_to(app)
daily.add_to(app)
caring.add_to(app)
views.add_to(app)
brief.add_to(app)
figures.add_to(app)
app.add_typer(cases.app, name="case", help="Look at one case.")
app.add_typer(matters.app, name="matter", help="Check, draw, compare and adopt matter files.")
app.add_typer(triage.app, name="triage", help="Train, measure and ask what sorts requests into matters.")
app.add_typer(risk.app, name="risk", help="Learn and measure how likely cases are to miss their due time.")
app.add_typer(revision.app, name="revision", help="What the ledger proposes to change, and what became of it.")
app.add_typer(yearly.app, name="joint", help="Joint handling: the yearly list of hard matters.")
app.add_typer(own.calendar, name="calendar", help="The working-day calendar of a deployment.")
app.add_typer(own.district, name="district", help="The units, grids and directory of a deployment.")
app.add_typer(caring.person, name="person", help="Personal data: erase a person.")
app.add_typer(officers.officer, name="officer", help="Accounts that may sign in.")
app.add_typer(officers.token, name="token", help="Keys for programs that use the API.")
app.add_typer(open311.app, name="open311", help="Keys of programs that file over Open311.")
app.add_typer(city.app, name="city", help="Orders of the city's hotline platform: take, reply, reconcile.")
app.add_typer(periods.app, name="scorecard", help="Months of figures: totals reconciled with the city's sheet.")
app.add_typer(webhooks.app, name="webhook", help="Systems that hear of events: add, list, remove, test.")


def run(toolbox: Toolbox) -> None:
    """Runs the command given on the command line and exits with its code."""
    told(lambda: app(obj=toolbox, prog_name=NAME, standalone_mode=False))


def told(work: Callable[[], object]) -> None:
    """Exits with the code of some work; a failure is told."""
    try:
        code = work()
    except SanbanError as error:
        typer.echo(f"sanban: {error}", err=True)
        sys.exit(CANNOT)
    except OSError as error:
        _tell_file(error)
        sys.exit(CANNOT)
    except UsageFault as error:
        error.show()
        sys.exit(CANNOT)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("sanban: stopped", err=True)
        sys.exit(CANNOT)
    except Exception as error:  # the last stop: people get a sentence, and the trace when they ask for it
        _tell_fault(error)
        sys.exit(FAULT)
    sys.exit(code if isinstance(code, int) else 0)


def _tell_file(error: OSError) -> None:
    """A file, folder or port that cannot be had: which, why, and what would do."""
    place = f"{error.filename}: " if error.filename else ""
    typer.echo(f"sanban: {place}{error.strerror or error}", err=True)
    cure = CURES.get(error.errno or 0, "another file or folder, then the same command again")
    typer.echo(f"  for example: {cure}", err=True)


def _tell_fault(error: Exception) -> None:
    if os.environ.get(TRACE):
        traceback.print_exception(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    typer.echo(f"sanban: a fault of the program: {type(error).__name__} at {place.name}, line {place.lineno}", err=True)
    typer.echo(f"  nothing acknowledged was lost; for the trace: {TRACE}=1 sanban ...", err=True)
