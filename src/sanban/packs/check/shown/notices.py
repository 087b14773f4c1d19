"""Texts of notices and answers fill what they can be filled with, and are there in both languages or in none."""

from __future__ import annotations

from collections.abc import Iterator

from sanban.kernel.errors import Fault
from sanban.kernel.notice import KINDS, Flaw, flaws_of
from sanban.kernel.reply import flaws_of_answer
from sanban.packs.reading.mechanism import Draft
from sanban.packs.reading.texts import LANGUAGES

NOTICES, ANSWERS = "notices", "answers"


def check(draft: Draft) -> Iterator[Fault]:
    """Flaws of this folder's own texts, each at its line; what was inherited is checked where it stands."""
    if draft.mechanism is None:
        return
    for language, flat in draft.material.own_texts.items():
        for path, (text, node) in flat.items():
            flaws = _flaws(path, text)
            if flaws is None:
                continue
            for flaw in flaws:
                yield Fault(node.path, node.key_line or node.line, flaw.code, flaw.message, flaw.example)
            for other in (one for one in LANGUAGES if path not in draft.material.own_texts.get(one, {})):
                message = f"{path} has a text of its own in {language} and none in {other}: they would differ"
                yield Fault(node.path, node.key_line or node.line, "missing_text", message, f"texts/{other}.yaml")


def _flaws(path: str, text: str) -> tuple[Flaw, ...] | None:
    """The flaws of a notice or an answer; None for any other text."""
    section, _, name = path.partition(".")
    if section == ANSWERS:
        return flaws_of_answer(text)
    return flaws_of(name, text) if section == NOTICES and name in KINDS else None
