"""Printing: JSON for programs, plain tables for people. Results go to standard output, all else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import typer


def as_json(value: Any) -> None:
    """One JSON document."""
    document = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
    typer.echo(document.decode())


def lines(pairs: Iterable[tuple[str, object]]) -> None:
    """`name: value` lines, aligned."""
    shown = [(name, str(value)) for name, value in pairs]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        typer.echo(f"{name:<{width}}  {value}")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns aligned by display width; wide characters count two."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(_width(cell) for cell in column) for column in zip(head, *cells, strict=True)]
    for row in [list(head), *cells]:
        typer.echo("  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())


def aside(text: str) -> None:
    """A remark for the person, not part of the result."""
    typer.echo(text, err=True)


def is_terminal() -> bool:
    """Whether somebody is watching."""
    return sys.stderr.isatty()


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
