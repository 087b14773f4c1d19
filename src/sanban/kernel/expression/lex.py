"""The characters and words of an expression, looked at before Python's parser sees them.

Python would quietly accept some texts that mean something else to their author (a comment that swallows half of a
guard, two texts joined because a comma is missing) and answers others (Chinese punctuation, `&&`) in words that help
nobody. Each is reported here with what to write instead. A faulty piece is replaced by one of the same length, so that
reading can go on and find the other faults at their right columns.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sanban.kernel.expression.report import Report

MAX_LENGTH: Final = 2_000

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t]+)
  | (?P<text>'[^'\\]*'|"[^"\\]*")
  | (?P<number>\.?[0-9][\w.]*)
  | (?P<name>[^\W\d]\w*)
  | (?P<comment>\#.*)
  | (?P<wrong>&&|\|\||<>|===|=>|=<|!(?!=))
  | (?P<sign>[=!<>]=|[-+*/%()\[\]{},.:;<>&|^~@])
  | (?P<equals>=)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_INTEGER: Final = re.compile(r"0|[1-9][0-9]*(_[0-9]+)*")
_WRITE: Final = {
    "&&": "and",
    "||": "or",
    "!": "not",
    "<>": "!=",
    "===": "==",
    "=>": ">=",
    "=<": "<=",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "mul_div",
    "“": "'",
    "”": "'",
    "‘": "'",
    "’": "'",
    "、": ",",
    "−": "-",
}


def repair(report: Report) -> str:
    """Return the source with every faulty piece replaced by one of the same length, each reported."""
    pieces: list[str] = []
    before = ""
    for match in _TOKEN.finditer(_printable(report)):
        token, kind, start = match.group(), match.lastgroup or "", match.start()
        pieces.append(_piece(token, kind, start, before, report))
        before = before if kind == "space" else token[0] if kind == "text" else token
    return "".join(pieces)


def lone_equals(text: str) -> tuple[int, ...]:
    """Return where a single '=' stands; the parser refuses it everywhere but in a named argument."""
    return tuple(match.start() for match in _TOKEN.finditer(text) if match.lastgroup == "equals")


def _printable(report: Report) -> str:
    """Return the source with line breaks and invisible characters made spaces."""
    kept: list[str] = []
    for start, character in enumerate(report.source):
        visible = character.isprintable() or character == "\t"
        if not visible:
            _report_invisible(character, start, report)
        kept.append(character if visible else " ")
    return "".join(kept)


def _report_invisible(character: str, start: int, report: Report) -> None:
    example = report.scope.example("bool")
    if character in "\r\n":
        report.fault(start, "line_break", "an expression is written on one line", example)
    else:
        message = f"the invisible character U+{ord(character):04X} cannot stand in an expression; write a plain space"
        report.fault(start, "bad_character", message, example)


def _piece(token: str, kind: str, start: int, before: str, report: Report) -> str:
    """Return what stands for a token, as long as the token; report it if it is faulty."""
    if kind == "number":
        return _number(token, start, report)
    if kind == "text" and before in ("'", '"'):
        message = "two texts stand side by side; a comma is missing between them"
        report.fault(start, "missing_comma", message, "'b' in ('a', 'b')")
        return " " * len(token)
    if kind == "comment":
        report.fault(start, "comment", "a comment cannot stand in an expression; move it out", "True")
        return " " * len(token)
    if kind in ("wrong", "other"):
        return _wrong(token, start, report)
    return token


def _number(token: str, start: int, report: Report) -> str:
    """Return an integer as it is; report a fraction or any other way of writing a number."""
    if _INTEGER.fullmatch(token):
        return token
    message = f"'{token}' is not a whole number; there are no fractions: multiply and divide with mul_div"
    report.fault(start, "not_an_integer", message, "mul_div(1000, 15, 10)")
    return "1".ljust(len(token))


def _wrong(token: str, start: int, report: Report) -> str:
    """Report a sign that is not of the language, with the one that is meant if that is plain."""
    normal = unicodedata.normalize("NFKC", token)
    meant = _WRITE.get(token) or (normal if normal.isascii() and normal != token else "")
    advice = f"; write {meant}" if meant else ""
    report.fault(start, "bad_character", f"'{token}' is no sign of an expression{advice}", report.scope.example("bool"))
    return meant if len(meant) == len(token) else " " * len(token)
