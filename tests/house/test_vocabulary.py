"""One vocabulary: what the kernel calls things in public stands in the glossary, or is made of words that do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sanban.kernel.case.event import Event
from sanban.kernel.case.verbs import SYSTEM_VERBS, VERBS

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[a-z]+", GLOSSARY.lower()))


def test_every_verb_is_made_of_words_of_the_glossary() -> None:
    unknown = {word for verb in (*VERBS, *SYSTEM_VERBS) for word in verb.split("_")} - WORDS
    assert unknown == set()


def test_every_noun_of_an_event_stands_in_the_glossary() -> None:
    nouns = {kind.__struct_config__.tag.split(".")[0] for kind in Event.__args__}
    assert nouns - WORDS == set()


def test_every_struct_of_a_case_and_a_mechanism_is_named_from_the_glossary() -> None:
    unknown = set()
    for name in ("case/state.py", "mechanism.py"):
        tree = ast.parse((ROOT / "src/sanban/kernel" / name).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                unknown |= {word for word in re.findall(r"[A-Z][a-z]+", node.name) if word.lower() not in WORDS}
    assert unknown == set()
