"""Reads one YAML file strictly, into nodes that know their place.

Every scalar stays the text that was written: PyYAML alone would read street code 010 as 8, 8:30 as 510 and `no` as
false. The schema that uses a node says what its text means. What makes a file mean something else than it shows is
refused: a key given twice, anchors and aliases, tags, directives, a second document, other encodings than UTF-8. All
faults that can be found in one pass are reported together.

A schema takes its values out of nodes with `Fields`, which keeps the faults and goes on.

It works on the parser's events, so nothing is ever constructed from a file; depth and size are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import yaml

from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, Day, day_of_iso
from sanban.kernel.errors import Fault, FaultsFound

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 32
_YEAR: Final = re.compile("[12][0-9]{3}")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class Node(msgspec.Struct, frozen=True):
    """A text, a list or a mapping of a file, with the place where it begins; lines and columns count from 1.

    `key_line` is the line of the key in front of a mapping's value, 0 elsewhere.
    """

    value: str | list[Node] | dict[str, Node]
    line: int
    column: int
    path: str = ""
    key_line: int = 0

    @property
    def kind(self) -> str:
        """What it is, in the words of a message: text, list or mapping."""
        if isinstance(self.value, str):
            return "text"
        return "list" if isinstance(self.value, list) else "mapping"

    def fault(self, code: str, message: str, example: str = "") -> Fault:
        """A fault at the place of this node."""
        return Fault(self.path, self.line, code, message, example, self.column)


class Fields:
    """Takes values out of nodes; a fault is kept and a stand-in returned, so that one reading finds every fault."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def refuse(self, node: Node, code: str, message: str, example: str) -> None:
        """Keeps a fault at the place of the node."""
        self.faults.append(node.fault(code, message, example))

    def mapping(
        self, node: Node, keys: tuple[str, ...], example: str, optional: tuple[str, ...] = ()
    ) -> dict[str, Node]:
        """The values of exactly these keys; those missing are absent from the answer, `optional` ones silently."""
        if not isinstance(node.value, dict):
            self.refuse(node, "wrong_kind", f"must be a mapping, not a {node.kind}", example)
            return {}
        for key in sorted(node.value.keys() - {*keys, *optional}):
            place = node.value[key]
            fault = Fault(place.path, place.key_line, "unknown_key", f"{key!r} is not a key here", example)
            self.faults.append(fault)
        missing = [key for key in keys if key not in node.value]
        if missing:
            self.refuse(node, "missing_key", f"lacks {', '.join(missing)}", example)
        return {key: node.value[key] for key in (*keys, *optional) if key in node.value}

    def items(self, node: Node | None, example: str) -> list[Node]:
        """The members of a list; none where the node is absent or something else."""
        if node is None:
            return []
        if isinstance(node.value, list):
            return node.value
        self.refuse(node, "wrong_kind", f"must be a list, not a {node.kind}", example)
        return []

    def text(self, node: Node | None, example: str) -> str:
        """A text; empty where the node is absent or something else."""
        if node is None:
            return ""
        if isinstance(node.value, str) and node.value:
            return node.value
        self.refuse(node, "wrong_kind", "must be a text that is not empty", example)
        return ""

    def choice(self, node: Node | None, choices: tuple[str, ...]) -> str:
        """One of the choices; the first where the node is absent or something else."""
        text = self.text(node, choices[0])
        if node is not None and text and text not in choices:
            self.refuse(node, "not_a_choice", f"{text!r} is none of {', '.join(choices)}", choices[0])
        return text if text in choices else choices[0]

    def year(self, node: Node | None) -> int:
        """A year, or 0 where there is none."""
        text = self.text(node, "2025")
        if _YEAR.fullmatch(text):
            return int(text)
        if node is not None and text:
            self.refuse(node, "not_a_year", f"{text!r} is not a year", "2025")
        return 0

    def day(self, node: Node | None) -> Day:
        """A date, or -1 where there is none."""
        text = self.text(node, "2025-05-01")
        try:
            return day_of_iso(text)
        except ValueError:
            if node is not None and text:
                self.refuse(node, "not_a_date", f"{text!r} is not a date", "2025-05-01")
            return -1

    def time(self, node: Node | None) -> int:
        """A time of day as microseconds, or -1 where there is none."""
        text = self.text(node, "13:30")
        match = _TIME.fullmatch(text)
        offset = int(match[1]) * HOUR + int(match[2]) * MINUTE if match else -1
        if node is not None and text and not 0 <= offset <= DAY:
            self.refuse(node, "not_a_time", f"{text!r} is not a time of day from 0:00 to 24:00", "13:30")
            return -1
        return offset


def read_document(path: Path, *, shown: str = "", doubled: list[Fault] | None = None) -> Node:
    """The root node of a file. Raises FaultsFound with every fault; `shown` is the path to name in faults.

    `doubled` takes the faults of keys given twice: the first value stands, so that the rest of the file is checked too.
    """
    name = shown or str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        fault = Fault(
            name, 0, "not_readable", f"cannot be read: {error.strerror}", "a file that exists and is readable"
        )
        raise FaultsFound([fault]) from error
    return parse_document(content, name, doubled=doubled)


def parse_document(content: bytes, path: str, *, doubled: list[Fault] | None = None) -> Node:
    """The root node of a file's content. Raises FaultsFound with every fault; `doubled` as in `read_document`."""
    text = _decoded(content, path)
    builder = _Builder(path, doubled)
    try:
        events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        root = builder.document(events)
    except yaml.YAMLError as error:
        builder.faults.append(_syntax_fault(path, error))
        root = None
    if builder.faults or root is None:
        raise FaultsFound(builder.faults)
    return root


def _decoded(content: bytes, path: str) -> str:
    if len(content) > MAX_BYTES:
        raise FaultsFound([Fault(path, 0, "too_large", f"is larger than {MAX_BYTES} bytes", "two smaller files")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = Fault(path, line, "not_utf8", f"byte {error.start} is not UTF-8 text", "save the file as UTF-8")
        raise FaultsFound([fault]) from error


def _syntax_fault(path: str, error: yaml.YAMLError) -> Fault:
    example = "name: {zh: 劳动节, en: Labour Day}"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        message = f"is not YAML: {error.problem}"
        return Fault(path, mark.line + 1, "not_yaml", message, example, mark.column + 1)
    return Fault(path, 0, "not_yaml", f"is not YAML: {str(error).splitlines()[0]}", example)


class _Builder:
    """Builds nodes from the events of one file and collects what is refused on the way."""

    def __init__(self, path: str, doubled: list[Fault] | None) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.doubled = self.faults if doubled is None else doubled

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.version or event.tags:
                    self._refuse(event, "directive", "directives (%) are not allowed", "the file without that line")
                if root is not None:
                    self._refuse(event, "second_document", "one file holds one document", "two files")
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, events, 0)
                root = root or node
        if root is None and not self.faults:
            self.faults.append(Fault(self.path, 0, "empty", "holds nothing", "matter: noise"))
        return root

    def _node(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], depth: int) -> Node:
        self._check(event)
        value: str | list[Node] | dict[str, Node] = ""
        if isinstance(event, yaml.ScalarEvent):
            value = event.value
        elif isinstance(event, yaml.CollectionStartEvent):
            if depth == MAX_DEPTH:
                self._refuse(event, "too_deep", f"is nested deeper than {MAX_DEPTH} levels", "a flatter file")
                raise FaultsFound(self.faults)
            is_list = isinstance(event, yaml.SequenceStartEvent)
            value = self._list(events, depth) if is_list else self._mapping(events, depth)
        line, column = _place(event)
        return Node(value, line, column, self.path)

    def _list(self, events: Iterator[yaml.Event], depth: int) -> list[Node]:
        nodes: list[Node] = []
        for event in _children(events):
            nodes.append(self._node(event, events, depth + 1))
        return nodes

    def _mapping(self, events: Iterator[yaml.Event], depth: int) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        first_lines: dict[str, int] = {}
        children = _children(events)
        for event in children:
            key = self._node(event, events, depth + 1)
            value = self._node(next(children), events, depth + 1)
            if not isinstance(key.value, str) or not key.value:
                self.faults.append(key.fault("key_not_text", "a key must be a text", "matter: noise"))
            elif key.value in nodes:
                message = f"key {key.value!r} is given twice, first on line {first_lines[key.value]}"
                self.doubled.append(key.fault("duplicate_key", message, "each key once"))
            else:
                nodes[key.value] = msgspec.structs.replace(value, key_line=key.line)
                first_lines[key.value] = key.line
        return nodes

    def _check(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "alias", f"aliases (*{event.anchor}) are not allowed", "the value itself")
        elif event.anchor is not None:
            self._refuse(event, "anchor", f"anchors (&{event.anchor}) are not allowed", "the value without a name")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, "tag", f"tags ({tag}) are not allowed", "the value without a tag")

    def _refuse(self, event: yaml.Event, code: str, message: str, example: str) -> None:
        line, column = _place(event)
        self.faults.append(Fault(self.path, line, code, message, example, column))


def _children(events: Iterator[yaml.Event]) -> Iterator[yaml.NodeEvent]:
    """The events that begin the members of a list or mapping, up to its end."""
    for event in events:
        if not isinstance(event, yaml.NodeEvent):
            return
        yield event


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
