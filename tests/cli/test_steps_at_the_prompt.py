"""What owners of mechanisms and auditors do at the prompt, within the steps that it may take them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.test_plain_mistakes import TABLE, sanban
from sanban.packs.loading import SHIPPED

MATTER = "noise"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a request in it, and an owner's copy of a matter beside it."""
    made = tmp_path_factory.mktemp("prompt")
    (made / "table.csv").write_text(TABLE, encoding="utf-8")
    shutil.copytree(SHIPPED / MATTER, made / "matters" / MATTER)
    for words in ("init --home home", "import TABLE --home home"):
        assert sanban(made, words)[0] == 0
    return made


def test_a_mechanism_is_changed_in_five_steps_and_replayed_before_it_is_adopted(folder: Path) -> None:
    file = folder / "matters" / MATTER / "mechanism.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("2024-01-01", "2025-01-01").replace("3 working_days", "2 working_days"))
    steps = {
        f"matter draw {MATTER} --folder matters --out {MATTER}.svg": "drawn",
        f"matter diff {MATTER} matters/{MATTER}": "2个工作日",
        f"matter check matters/{MATTER}": "examples played   2",
        f"matter replay matters/{MATTER} --from 2025-04-01 --to 2025-05-01 --home home": "response kept",
        f"matter adopt matters/{MATTER} --authority 区城运中心 --document 城运1号 --date 2025-01-01": "adopted",
    }
    assert len(steps) == 5
    for words, told in steps.items():
        code, said = sanban(folder, words)
        assert (words, code) == (words, 0), said
        assert told in said
    assert "origin: local" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "told"), [("verify", "whole"), ("views", "cli.views")])
def test_an_auditor_verifies_and_reads_who_looked_with_one_command_each(folder: Path, words: str, told: str) -> None:
    first, second = (sanban(folder, f"{words} --home home") for _ in range(2))
    assert (first[0], second[0], told in second[1]) == (0, 0, True), second[1]
