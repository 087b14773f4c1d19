"""Whatever stands in a matter's files, reading them ends in faults with a place, never in a traceback."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import read_once
from sanban.packs.loading import SHIPPED, ZONE, read_matters
from sanban.packs.rehearsal import rehearse_all

CALENDAR = read_once.calendar()
SHORT_LET = (SHIPPED / "short-let" / "mechanism.yaml").read_text(encoding="utf-8")
SEVEN_STEPS = (SHIPPED / "_bases" / "seven-steps" / "mechanism.yaml").read_text(encoding="utf-8")
STORY = (SHIPPED / "short-let" / "cases" / "two-branches.yaml").read_text(encoding="utf-8")

WORDS = sorted(
    {*SHORT_LET.replace(",", " ").replace("{", " ").replace("}", " ").split(), "-1", "''", "{}", "[]", "open"}
)
SCALARS = st.one_of(st.sampled_from(WORDS), st.text(max_size=12), st.integers().map(str))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS.filter(bool), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        "form",
        "states",
        "steps",
        "limits",
        "tasks",
        "grounds",
        "figures",
        "visible",
        "triage",
        "priority",
        "start",
        "remove",
        "kind",
        "extends",
        "migrations",
        "account",
        "capacity",
        "checklist",
        "title",
        "version",
        "origin",
        "source",
        "adopted",
        "matter",
        "format",
        "auto_dispatch",
    ]
)


def read(files: dict[str, str]) -> None:
    """Read a folder of these files and play its examples; every fault has its place and its words."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / "matters" / "trial" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
        found = read_matters([Path(folder) / "matters" / "trial"])
        played = rehearse_all(found.matters, found.matters, CALENDAR, ZONE)
    for fault in (*found.faults, *played.faults):
        assert fault.path
        assert fault.line >= 0
        assert fault.message
        assert fault.code.replace("_", "").isalpha()


@given(st.text(max_size=200))
@settings(max_examples=25, deadline=None)
def test_any_text_ends_in_faults(text: str) -> None:
    read({"mechanism.yaml": text, "texts/zh.yaml": text, "cases/a.yaml": text, "parameters/a.yaml": text})


@given(st.dictionaries(KEYS, VALUES, max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_values_under_known_keys_end_in_faults(values: dict[str, object]) -> None:
    head = {
        "format": "1",
        "matter": "trial",
        "version": "2025-01-01",
        "title": {"zh": "试", "en": "Trial"},
        "origin": "illustrative",
        "extends": "seven-steps",
    }
    text = json.dumps({**head, **values}, ensure_ascii=True)
    read({"mechanism.yaml": text, "texts/en.yaml": json.dumps(values), "cases/a.yaml": STORY})


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_file_with_lines_lost_and_words_changed_ends_in_faults(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([SHORT_LET, SEVEN_STEPS])).replace("short-let", "trial")
    lines = source.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        words = lines[at].split(" ")
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(SCALARS)
        lines[at : at + 1] = data.draw(st.sampled_from([[" ".join(words)], [], [lines[at], lines[at]]]))
    story = STORY.splitlines()
    spot = data.draw(st.integers(0, len(story) - 1))
    story[spot] = data.draw(st.sampled_from(["", "  lead: 3", story[spot].replace("fire", "police")]))
    read({"mechanism.yaml": "\n".join(lines), "cases/a.yaml": "\n".join(story)})
