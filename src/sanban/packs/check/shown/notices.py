"""Texts of notices fill what they can be filled with, hold no link, and are there in both languages or in none."""

from __future__ import annotations

from collections.abc import Iterator

from sanban.kernel.errors import Fault
from sanban.kernel.notice import KINDS, flaws_of
from sanban.packs.reading.mechanism import Draft
from sanban.packs.reading.texts import LANGUAGES

SECTION = "notices"


def check(draft: Draft) -> Iterator[Fault]:
    """Flaws of this folder's own texts, each at its line; what was inherited is checked where it stands."""
    if draft.mechanism is None:
        return
    for language, flat in draft.material.own_texts.items():
        for path, (text, node) in flat.items():
            section, _, kind = path.partition(".")
            if section != SECTION or kind not in KINDS:
                continue
            for flaw in flaws_of(kind, text):
                yield Fault(node.path, node.key_line or node.line, flaw.code, flaw.message, flaw.example)
            for other in (one for one in LANGUAGES if path not in draft.material.own_texts.get(one, {})):
                message = f"{path} has a text of its own in {language} and none in {other}: they would differ"
                yield Fault(node.path, node.key_line or node.line, "missing_text", message, f"texts/{other}.yaml")
