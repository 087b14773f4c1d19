"""Template answers: what a unit writes to a requester, prepared, never sent unread.

A template stands in a matter's `texts/` under `answers`. `{number}`, `{matter}` and `{unit}` are filled in from the
case; what a person has to write stands between double brackets, in the template's own language: `[[what was done]]`.
As long as a text holds such a gap nobody can send it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sanban.kernel.errors import Refused
from sanban.kernel.notice import Flaw, fill

NAMES = ("number", "matter", "unit")
"""What is filled in from the case."""

_NAME = re.compile(r"\{([^{}]*)\}")
_GAP = re.compile(r"\[\[([^\[\]]+)\]\]")


def gaps_in(text: str) -> tuple[str, ...]:
    """What a person still has to write in a text."""
    return tuple(_GAP.findall(text))


def started(template: str, values: Mapping[str, str]) -> str:
    """The template with what the case knows; its gaps stay."""
    return fill(template, values)


def unfilled(text: str) -> Refused | None:
    """None for a text without gaps, else what is still to be written."""
    gaps = gaps_in(text)
    if not gaps:
        return None
    return Refused("unfilled", f"still to be written: {', '.join(gaps)}", "the lamp was replaced on 3 June")


def flaws_of_answer(text: str) -> tuple[Flaw, ...]:
    """Everything that is wrong with a template."""
    flaws = [
        Flaw("unknown_placeholder", f"{{{name}}} cannot be filled; there are: {', '.join(NAMES)}", "{number}")
        for name in dict.fromkeys(_NAME.findall(text))
        if name not in NAMES
    ]
    if not gaps_in(text):
        flaws.append(Flaw("no_gap", "a template has something that a person must write", "[[what was done]]"))
    bare = _GAP.sub("", text)
    if "[[" in bare or "]]" in bare:
        flaws.append(Flaw("stray_bracket", "a gap is opened and closed: [[...]]", "[[what was done]]"))
    return tuple(flaws)
