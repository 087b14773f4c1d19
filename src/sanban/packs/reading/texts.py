"""What people read of a matter, in Chinese and in English: `texts/zh.yaml` and `texts/en.yaml`.

Each file has the same sections as the mechanism has parts, and under each a text for every name. Texts are inherited
along `extends`, so a matter gives only those of its own parts. Under `answers` stand template answers, which belong to
no part: see `kernel.reply`. Choices of a field stand under `choices: {field: {..}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from sanban.kernel.mechanism import Title
from sanban.packs.document import Node
from sanban.packs.reading.section import Notes

LANGUAGES: Final = ("zh", "en")
SECTIONS: Final = (
    "states",
    "steps",
    "limits",
    "tasks",
    "fields",
    "grounds",
    "tests",
    "choices",
    "figures",
    "parameters",
    "items",
    "notices",
    "answers",
)

Flat = dict[str, tuple[str, Node]]
"""Text and place by dotted path, as `steps.accept` or `choices.kind.loud`."""


class Texts(msgspec.Struct, frozen=True):
    """The flat texts of a matter in each language, inherited ones included."""

    by_language: Mapping[str, Flat]

    def title(self, section: str, name: str, bare: str = "") -> Title:
        """The text of one part; its bare name where a language has none (which the checker reports)."""
        path = f"{section}.{name}"
        zh, en = (self.by_language[language].get(path, (bare or name, None))[0] for language in LANGUAGES)
        return Title(zh, en)

    def missing(self, path: str) -> tuple[str, ...]:
        """The languages that have no text at this path."""
        return tuple(language for language in LANGUAGES if path not in self.by_language[language])

    def titles(self) -> dict[str, Title]:
        """Every text that there is, by its path."""
        paths = sorted({path for flat in self.by_language.values() for path in flat})
        return {path: self.title(*path.split(".", 1)) for path in paths}


NO_TEXTS: Final = Texts({language: {} for language in LANGUAGES})


def read_texts(node: Node, notes: Notes) -> Flat:
    """The texts of one file, flat."""
    flat: Flat = {}
    if not isinstance(node.value, dict):
        notes.refuse(node, "wrong_kind", f"texts are a mapping, not a {node.kind}", "steps: {accept: 接单}")
        return flat
    for section, part in node.value.items():
        if section not in SECTIONS:
            notes.unknown(part, "key", section, SECTIONS, at_key=True)
        else:
            _flatten(part, section, 2 if section == "choices" else 1, flat, notes)
    return flat


def _flatten(node: Node, path: str, depth: int, flat: Flat, notes: Notes) -> None:
    if not isinstance(node.value, dict):
        notes.refuse(node, "wrong_kind", f"{path} is a mapping, not a {node.kind}", f"{path}: {{name: text}}")
        return
    for name, part in node.value.items():
        if depth > 1:
            _flatten(part, f"{path}.{name}", depth - 1, flat, notes)
        elif isinstance(part.value, str) and part.value.strip():
            flat[f"{path}.{name}"] = (part.value.strip(), part)
        else:
            notes.refuse(part, "wrong_kind", f"{path}.{name} is a text that is not empty", f"{name}: 接单", at_key=True)


def over(base: Texts, own: Mapping[str, Flat]) -> Texts:
    """A folder's own texts laid over those it inherits."""
    return Texts({language: {**base.by_language[language], **own.get(language, {})} for language in LANGUAGES})
