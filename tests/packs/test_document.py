"""YAML is read as it is written, with places, and whatever could deceive a reader is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanban.kernel.clock.calendar import HOUR, MINUTE, day_of_iso
from sanban.kernel.errors import Fault, FaultsFound
from sanban.packs.document import MAX_BYTES, MAX_DEPTH, Fields, Node, parse_document, read_document


def parsed(text: str) -> Node:
    return parse_document(text.encode(), "a.yaml")


def faults_of(content: bytes) -> list[tuple[int, str]]:
    with pytest.raises(FaultsFound) as caught:
        parse_document(content, "a.yaml")
    assert all(fault.path == "a.yaml" and fault.example for fault in caught.value.faults)
    return [(fault.line, fault.code) for fault in caught.value.faults]


def plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    return [plain(value) for value in node.value] if isinstance(node.value, list) else node.value


@pytest.mark.parametrize("text", ["010", "8:30", "no", "1e3", "2025-01-01", "null", "~", "0x1f", ".5", "1_000", "是"])
def test_a_scalar_stays_the_text_that_was_written(text: str) -> None:
    assert plain(parsed(f"key: {text}")) == {"key": text}


def test_an_absent_value_is_an_empty_text() -> None:
    assert plain(parsed("a:\nb: ''\nc: []\nd: {}")) == {"a": "", "b": "", "c": [], "d": {}}


def test_every_node_knows_its_place_and_its_key() -> None:
    root = parsed("first: 1\nnest:\n  - x\n  - {deep: 2}\n")
    assert isinstance(root.value, dict)
    nest = root.value["nest"]
    assert (root.line, root.column, root.path, root.kind) == (1, 1, "a.yaml", "mapping")
    assert (nest.line, nest.column, nest.key_line, nest.kind) == (3, 3, 2, "list")
    assert isinstance(nest.value, list)
    assert (nest.value[0].line, nest.value[0].column, nest.value[0].kind) == (3, 5, "text")
    inner = nest.value[1].value
    assert isinstance(inner, dict)
    assert (inner["deep"].line, inner["deep"].column) == (4, 12)
    assert nest.fault("bad", "is bad", "good") == Fault("a.yaml", 3, "bad", "is bad", "good", 3)


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (b"", [(0, "empty")]),
        (b"# only a comment\n", [(0, "empty")]),
        (b"a: 1\nb: 2\na: 3", [(3, "duplicate_key")]),
        (b"a: {b: 1, b: 2}", [(1, "duplicate_key")]),
        (b"a: &x 1\nb: *x", [(1, "anchor"), (2, "alias")]),
        (b"a: &x [1]\nb: &y {c: 1}", [(1, "anchor"), (2, "anchor")]),
        (b"a: !!int 3\nb: !python/object:os.system x\nc: ! y", [(1, "tag"), (2, "tag"), (3, "tag")]),
        (b"a: !!seq [1]\nb: !!map {c: 1}", [(1, "tag"), (2, "tag")]),
        (b"%YAML 1.1\n---\na: 1", [(1, "directive")]),
        (b"%TAG ! tag:x,2000:\n---\na: 1", [(1, "directive")]),
        (b"a: 1\n---\nb: 2", [(2, "second_document")]),
        (b"? [1, 2]\n: 3\n'': 4", [(1, "key_not_text"), (3, "key_not_text")]),
        (b"a: 1\na: 2\nb: [1", [(2, "duplicate_key"), (4, "not_yaml")]),
        (b"a:\n\tb: 1", [(2, "not_yaml")]),
        (b"a: \x00", [(0, "not_yaml")]),
        ("名: 1\n街道: 中".encode("gbk"), [(1, "not_utf8")]),
        ("a: 1\nb: 中".encode("utf-16"), [(1, "not_utf8")]),
        (b"a: 1\nb: \xff", [(2, "not_utf8")]),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), [(1, "too_deep")]),
        (b"[" * 100_000, [(1, "too_deep")]),
        (b"#" * (MAX_BYTES + 1), [(0, "too_large")]),
    ],
)
def test_what_is_refused_is_reported_with_its_line(content: bytes, faults: list[tuple[int, str]]) -> None:
    assert faults_of(content) == faults


def test_the_deepest_allowed_nesting_and_a_byte_order_mark_are_read() -> None:
    assert parsed("[" * MAX_DEPTH + "]" * MAX_DEPTH).kind == "list"
    assert plain(parse_document(b"\xef\xbb\xbfa: 1", "a.yaml")) == {"a": "1"}


def test_a_file_is_read_or_named_in_the_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1", encoding="utf-8")
    assert read_document(path).path == str(path)
    assert read_document(path, shown="shown.yaml").path == "shown.yaml"
    with pytest.raises(FaultsFound, match=r"absent\.yaml: not_readable: cannot be read: No such file"):
        read_document(tmp_path / "absent.yaml")
    with pytest.raises(FaultsFound, match="not_readable"):
        read_document(tmp_path)


@given(st.binary(max_size=60) | st.text(alphabet="ab:[]{},-&*!'\"\n #%?|>", max_size=40).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_either_read_or_refused_with_a_fault(content: bytes) -> None:
    def outcome() -> int:
        try:
            return parse_document(content, "a.yaml").line
        except FaultsFound as found:
            return len(found.faults)

    assert outcome() >= 1


def test_fields_keep_faults_and_go_on() -> None:
    fields = Fields()
    root = parsed("list: x\ntext: []\nextra:\n  more: 1\nchoice: red\nyear: 20\nday: 2025-2-30\ntime: 25:61\n")
    keys = ("list", "text", "choice", "year", "day", "time", "absent")
    taken = fields.mapping(root, keys, "{...}")
    assert fields.items(taken["list"], "[]") == []
    assert fields.text(taken["text"], "x") == ""
    assert fields.choice(taken["choice"], ("blue", "green")) == "blue"
    assert (fields.year(taken["year"]), fields.day(taken["day"]), fields.time(taken["time"])) == (0, -1, -1)
    assert fields.mapping(taken["list"], ("a",), "{a: 1}") == {}
    assert sorted((fault.line, fault.code) for fault in fields.faults) == [
        (1, "missing_key"),
        (1, "wrong_kind"),
        (1, "wrong_kind"),
        (2, "wrong_kind"),
        (3, "unknown_key"),
        (5, "not_a_choice"),
        (6, "not_a_year"),
        (7, "not_a_date"),
        (8, "not_a_time"),
    ]


def test_fields_take_typed_values_and_pass_over_what_is_absent() -> None:
    fields = Fields()
    root = parsed("{list: [a], text: x, choice: green, year: 2025, day: 2025-02-28, time: 8:30, noon: '24:00'}")
    taken = fields.mapping(root, ("list", "text", "choice", "year", "day", "time", "noon"), "{...}")
    assert [node.value for node in fields.items(taken["list"], "[]")] == ["a"]
    assert fields.text(taken["text"], "x") == "x"
    assert fields.choice(taken["choice"], ("blue", "green")) == "green"
    assert (fields.year(taken["year"]), fields.day(taken["day"])) == (2025, day_of_iso("2025-02-28"))
    assert (fields.time(taken["time"]), fields.time(taken["noon"])) == (8 * HOUR + 30 * MINUTE, 24 * HOUR)
    absent = (fields.items(None, ""), fields.text(None, ""), fields.year(None), fields.day(None), fields.time(None))
    assert absent == ([], "", 0, -1, -1)
    assert fields.choice(None, ("blue",)) == "blue"
    assert fields.faults == []
