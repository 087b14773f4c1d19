"""Every command of the README does what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from stories.test_main_job import ROWS, sanban, written

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
COMMANDS = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
SERVING = {"make demo", ".venv/bin/sanban serve --home ./home"}


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {command.split()[1] for command in COMMANDS if command.startswith("make ")}
    assert targets == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)


def test_every_command_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in an empty folder; `make` targets are run by those who test, and serving is tested in the browser."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "FILE.csv", ROWS)
    sanban("demo", "--days", "2", "--no-serve", home=tmp_path / ".demo")
    shown = json.loads(sanban("status", "--json", home=tmp_path / ".demo"))
    assert shown["requests"] > 10
    assert shown["cases"] > 5
    ran = []
    for command in COMMANDS:
        if command.startswith("make ") or command in SERVING:
            continue
        program, *words = shlex.split(command)
        assert program == ".venv/bin/sanban"
        sanban(*words)
        ran.append(words[0])
    assert {"verify", "status", "matter", "systems", "init", "import"} <= set(ran)
    assert (tmp_path / "short-let.svg").read_bytes().startswith(b"<svg")
    shutil.rmtree(tmp_path / "home")


def test_the_picture_of_the_readme_is_there() -> None:
    for image in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / image).read_bytes().startswith(b"\x89PNG")


def test_every_page_the_readme_links_to_is_there() -> None:
    linked = re.findall(r"(?<!!)\[[^\]]*\]\((?!http)([^)]+)\)", README)
    assert linked
    assert [link for link in linked if not (ROOT / link).exists()] == []
