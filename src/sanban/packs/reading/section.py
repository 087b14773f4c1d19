"""One mapping of a matter's file while it is being read.

A `Section` hands out its values by key and by the kind the place asks for. It remembers which keys it was asked for, so
`close` can report all others, with the nearest known key. Nothing is raised: a wrong value becomes a fault in `Notes`
and a stand-in is returned, so that one reading finds every fault. `Notes.known` gathers the keys of the format that
were asked for (as `limit.extend`) and `used` those the file really has, from which lonely keys are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sanban.kernel.clock.calendar import Day, day_of_iso
from sanban.kernel.clock.limit import Length, parse_length
from sanban.kernel.errors import Fault
from sanban.kernel.expression.report import nearest, suggestion
from sanban.kernel.mechanism import Title
from sanban.packs.document import Node

CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_YES_NO: Final = {"yes": True, "no": False, "true": True, "false": False}


class Notes:
    """What is noted while the files of one matter are read: faults, each once, and the keys used."""

    def __init__(self) -> None:
        self.faults: set[Fault] = set()
        self.used: set[str] = set()
        self.known: set[str] = set()

    def refuse(self, node: Node, code: str, message: str, example: str, *, at_key: bool = False) -> None:
        """Keep a fault at a node, or at the key in front of it."""
        line = (node.key_line or node.line) if at_key else node.line
        self.faults.add(Fault(node.path, line, code, message, example))

    def unknown(self, node: Node, what: str, word: str, known: Iterable[str], *, at_key: bool = False) -> None:
        """Keep a fault `unknown_<what>` that says which word was perhaps meant."""
        words = sorted(known)
        near = nearest(word, words)
        there = ", ".join(words) or "none"
        message = f"{word!r} is not a {what.replace('_', ' ')} here{suggestion(near)}; there are: {there}"
        self.refuse(node, f"unknown_{what}", message, near or next(iter(words), ""), at_key=at_key)


class Section:
    """A mapping with the name of what it declares (`what`, such as step) and its own name."""

    def __init__(self, node: Node, what: str, notes: Notes, name: str = "") -> None:
        self.node = node
        self.what = what
        self.name = name
        self.notes = notes
        self._asked: set[str] = set()
        self._is_data = False
        self._values: dict[str, Node] = {}
        if isinstance(node.value, dict):
            self._values = node.value
        elif node.value != "":
            self.refuse(node, "wrong_kind", f"{self} must be a mapping, not a {node.kind}", "{key: value}")

    def __str__(self) -> str:
        return f"{self.what} {self.name}".strip()

    def refuse(self, node: Node, code: str, message: str, example: str) -> None:
        """Keep a fault at a node."""
        self.notes.refuse(node, code, message, example)

    def has(self, key: str) -> bool:
        """Whether the file gives the key."""
        return key in self._values

    def take(self, key: str, example: str = "", *, required: bool = False) -> Node | None:
        """The node of a key, None where it is absent; `required` makes that a fault."""
        self._asked.add(key)
        node = self._values.get(key)
        if not self._is_data:
            self.notes.known.add(f"{self.what}.{key}")
            if node is not None:
                self.notes.used.add(f"{self.what}.{key}")
        if node is None and required:
            message = f"{self} has no {key}"
            self.notes.refuse(self.node, "missing_key", message, f"{key}: {example}", at_key=True)
        return node

    def text(self, key: str, example: str, *, required: bool = False, default: str = "") -> str:
        """A text that is not empty."""
        node = self.take(key, example, required=required)
        if node is None:
            return default
        if isinstance(node.value, str) and node.value.strip():
            return node.value.strip()
        self.refuse(node, "wrong_kind", f"{key} must be a text, not {_seen(node)}", f"{key}: {example}")
        return default

    def choice(self, key: str, choices: Iterable[str], *, default: str = "", required: bool = False) -> str:
        """One of the choices; the default, or the first, where it is absent or wrong."""
        words = tuple(choices)
        stand_in = default or words[0]
        text = self.text(key, stand_in, required=required, default=stand_in)
        if text in words:
            return text
        near = nearest(text, words)
        message = f"{key} {text!r} is none of {', '.join(words)}{suggestion(near)}"
        self.refuse(self._values[key], "not_a_choice", message, f"{key}: {near or words[0]}")
        return stand_in

    def words(self, key: str, example: str, *, required: bool = False) -> tuple[str, ...]:
        """One text, or a list of them."""
        return tuple(str(node.value) for node in self.word_nodes(key, example, required=required))

    def word_nodes(self, key: str, example: str, *, required: bool = False) -> tuple[Node, ...]:
        """The nodes of one text or of a list of texts, each of which is a text."""
        node = self.take(key, example, required=required)
        if node is None:
            return ()
        listed = node.value if isinstance(node.value, list) else [node]
        good = tuple(each for each in listed if isinstance(each.value, str) and each.value)
        if len(good) < len(listed):
            self.refuse(node, "wrong_kind", f"{key} must be a text or a list of texts", f"{key}: {example}")
        return good

    def flag(self, key: str, *, default: bool = False) -> bool:
        """yes or no."""
        text = self.text(key, "yes", default="yes" if default else "no")
        if text not in _YES_NO:
            self.refuse(self._values[key], "not_yes_or_no", f"{key} is yes or no, not {text!r}", f"{key}: yes")
        return _YES_NO.get(text, default)

    def integer(self, key: str, low: int, high: int, *, default: int = 0, required: bool = False) -> int:
        """A whole number of a closed range."""
        example = str(max(low, min(default, high)))
        text = self.text(key, example, required=required, default=str(default))
        if _INTEGER.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        if key in self._values:
            message = f"{key} is a whole number from {low} to {high}, not {text!r}"
            self.refuse(self._values[key], "not_an_integer", message, f"{key}: {example}")
        return default

    def length(self, key: str, example: str = "15 working_days", *, required: bool = False) -> Length | None:
        """A length of time with its unit."""
        text = self.text(key, example, required=required)
        if not text:
            return None
        read = parse_length(text)
        if isinstance(read, Length):
            return read
        code = "limit_without_unit" if text.isdecimal() else "not_a_length"
        unit = "; it needs a unit of time" if text.isdecimal() else ""
        self.refuse(self._values[key], code, f"{self}: {read.message}{unit}", f"{key}: {example}")
        return None

    def day(self, key: str, example: str = "2026-01-01", *, required: bool = False) -> Day | None:
        """A date, as the day's number."""
        text = self.text(key, example, required=required)
        if not text:
            return None
        try:
            return day_of_iso(text)
        except ValueError:
            message = f"{key} is a date written YYYY-MM-DD, not {text!r}"
            self.refuse(self._values[key], "not_a_date", message, f"{key}: {example}")
            return None

    def title(self, key: str = "title", *, required: bool = False) -> Title | None:
        """A text in both languages."""
        section = self.section(key, "title", example="{zh: 噪声扰民, en: Noise}", required=required)
        if section is None:
            return None
        title = Title(
            zh=section.text("zh", "噪声扰民", required=True, default="?"),
            en=section.text("en", "Noise", required=True, default="?"),
        )
        section.close()
        return title

    def section(self, key: str, what: str, *, example: str = "{}", required: bool = False) -> Section | None:
        """The mapping under a key."""
        node = self.take(key, example, required=required)
        return None if node is None else Section(node, what, self.notes)

    def sections(self, key: str, what: str, *, pattern: re.Pattern[str] = CODE) -> dict[str, Section]:
        """The mappings under a key, by their names, which are codes."""
        table = self.section(key, key)
        return {} if table is None else table.each(what, pattern)

    def each(self, what: str, pattern: re.Pattern[str] = CODE) -> dict[str, Section]:
        """Every value as a mapping of its own, by its name; a name that is no code is reported and left out."""
        found: dict[str, Section] = {}
        for name, node in self._values.items():
            self._asked.add(name)
            if pattern.fullmatch(name):
                found[name] = Section(node, what, self.notes, name)
            else:
                message = f"{name!r} is not a name of a {what}: small letters, digits and _, a letter first"
                self.notes.refuse(node, "bad_name", message, "first_contact: {...}", at_key=True)
        return found

    def integers(self, low: int, high: int) -> tuple[tuple[str, int], ...]:
        """Every key of the mapping with its whole number."""
        self._is_data = True
        return tuple((name, self.integer(name, low, high)) for name in self._values)

    def texts(self) -> dict[str, str]:
        """Every key of the mapping with its text."""
        self._is_data = True
        return {name: self.text(name, "text") for name in self._values}

    def close(self) -> None:
        """Report every key that nobody asked for."""
        for key in self._values.keys() - self._asked:
            self.notes.unknown(self._values[key], "key", key, self._asked, at_key=True)


def _seen(node: Node) -> str:
    return "nothing" if node.value == "" else f"a {node.kind}"
