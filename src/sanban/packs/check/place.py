"""Faults at a place of a draft: by the path of keys that leads there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sanban.kernel.errors import Fault
from sanban.kernel.expression.report import nearest, suggestion
from sanban.packs.reading.mechanism import Draft

USED_BY: Final = " (as "
"""What sets off, in a message, the matter by which an inherited part is wrong."""


def fault_at(draft: Draft, path: tuple[str, ...], code: str, message: str, example: str) -> Fault:
    """A fault at the key a path leads to, or at the nearest key above that the file has."""
    node = draft.place(*path)
    inherited = "" if node.path == draft.material.own.path else f"{USED_BY}{draft.head.matter} uses it)"
    return Fault(node.path, node.key_line or node.line, code, message + inherited, example)


def unknown(draft: Draft, path: tuple[str, ...], what: str, word: str, known: Iterable[str]) -> Fault:
    """A fault `unknown_<what>` that says which word was perhaps meant."""
    words = sorted(known)
    near = nearest(word, words)
    message = (
        f"{word!r} is not a {what.replace('_', ' ')} here{suggestion(near)}; there are: {', '.join(words) or 'none'}"
    )
    return fault_at(draft, path, f"unknown_{what}", message, near or next(iter(words), "none"))
