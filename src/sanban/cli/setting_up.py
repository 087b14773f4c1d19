"""Commands that make a deployment and run it: init, demo, serve."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sanban.cli.options import HomeOption, folder_of, password_of
from sanban.cli.ports import Toolbox
from sanban.cli.printing import aside, lines

PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="TCP port; else that of sanban.toml.")]

SERVED = "import sys; sys.modules['rich'] = None; from sanban.main import served; served()"
"""Goes on as a server in a fresh interpreter, with its folder and port (0: that of the settings) behind it.

Logging would load `rich` wherever it is installed, some megabytes for colours that no log of a server has.
"""


def init(
    ctx: typer.Context,
    home: HomeOption = None,
    code: Annotated[str, typer.Option(help="Code of the district; it never changes.")] = "demo",
    title: Annotated[str, typer.Option(help="Name of the district.")] = "示范区（合成数据）",
    mode: Annotated[str, typer.Option(help="demo, trial or production.")] = "trial",
    database_url: Annotated[str, typer.Option(help="PostgreSQL URL; empty: SQLite in the folder.")] = "",
    duty: Annotated[str, typer.Option(help="Shipped district, or a folder of duty files in the home.")] = "demo",
    operator: Annotated[str, typer.Option(help="Account of the desk's first operator; asks for its password.")] = "",
) -> None:
    """Set up a deployment in a folder."""
    password = password_of(operator) if operator else ""
    toolbox: Toolbox = ctx.obj
    made = toolbox.module("setup").init(
        folder_of(home), code=code, title=title, mode=mode, database_url=database_url, duty=duty
    )
    if operator:
        with toolbox.house(made.folder) as house:
            toolbox.module("deployment.officers").add_officer(
                house, operator, "operator", house.district.desk, password
            )
    lines(
        [
            ("home", made.folder),
            ("settings", made.folder / "sanban.toml"),
            ("master key", f"{made.key_file} (keep a copy apart from the backups)"),
            *((("operator", f"{operator}, of the desk"),) if operator else ()),
            ("next", f"sanban import FILE.csv --home {made.folder}"),
        ]
    )


def serve(ctx: typer.Context, home: HomeOption = None, port: PortOption = None) -> None:
    """Serve pages and API on loopback until Ctrl-C; timers and reactions run beside."""
    toolbox: Toolbox = ctx.obj
    folder = folder_of(home)
    toolbox.look(folder)
    _go_on_serving(folder, port)


def serve_here(toolbox: Toolbox, home: Path, port: int) -> None:
    """The server itself, in a process that has read no options."""
    with toolbox.house(home) as house:
        toolbox.module("serving").serve(
            house, port or None, lambda url: aside(f"Sanban serves on {url}  (Ctrl-C stops it)")
        )


def demo(
    ctx: typer.Context,
    home: Annotated[Path, typer.Option("--home", help="Folder of the demo; made when it is not there.")] = Path(
        ".demo"
    ),
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Days to simulate, ending now.")] = 30,
    port: PortOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another month.")] = 1,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Simulate and report only.")] = False,
) -> None:
    """A synthetic district at work: thirty days of requests, and units that are good, slow or shirk."""
    toolbox: Toolbox = ctx.obj
    shown = toolbox.module("demo").prepare(home, days, seed, aside)
    lines(shown)
    if not no_serve:
        _go_on_serving(home, port)


def _go_on_serving(home: Path, port: int | None) -> None:
    """The same process, without the memory that a simulation took, and what reads options."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(  # noqa: S606 -- our own program, with arguments of our own
        sys.executable, [sys.executable, "-P", "-c", SERVED, str(home), str(port or 0)]
    )


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (init, demo, serve):
        app.command(command.__name__)(command)
