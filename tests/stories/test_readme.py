"""Every command of the README does what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from litestar.testing import TestClient

from sanban.main.house import open_house
from sanban.main.serving import application
from stories.test_main_job import ROWS, sanban, written

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
COMMANDS = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
SERVING = {"make demo", ".venv/bin/sanban serve --home ./home"}
HOW_TO = (ROOT / "docs" / "how-to" / "production.md").read_text(encoding="utf-8")


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {command.split()[1] for command in COMMANDS if command.startswith("make ")}
    assert targets == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)


def test_every_command_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in an empty folder; `make` targets are run by those who test, and serving is tested in the browser."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANBAN_PASSWORD", "correct-horse-battery")
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
    assert {"verify", "status", "matter", "systems", "init", "import", "backup"} <= set(ran)
    cases = json.loads(sanban("status", "--json", home=tmp_path / "home"))["cases"]
    assert len(waiting_at_the_desk(tmp_path / "home")) == len(ROWS) - cases > 0
    assert (tmp_path / "short-let.svg").read_bytes().startswith(b"<svg")
    shutil.rmtree(tmp_path / "home")


def waiting_at_the_desk(home: Path) -> set[str]:
    """The requests that the operator of the README finds at the desk, after signing in on the page."""
    with open_house(home) as house, TestClient(application(house)) as visitor:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', visitor.get("/sign-in").text)
        assert token is not None
        typed = {"_csrf_token": token[1], "account": "desk-1", "password": "correct-horse-battery"}
        visitor.post("/sign-in", data=typed)
        return set(re.findall(r'href="/requests/([0-9a-f-]{36})"', visitor.get("/requests").text))


def test_every_command_of_the_way_to_production_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, with the two edits that it asks for; then the home takes a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANBAN_PASSWORD", "correct-horse-battery")
    for block in re.findall(r"```(?:sh|toml)\n(.*?)```", HOW_TO, re.S):
        for line in filter(None, map(str.strip, block.splitlines())):
            program, *words = shlex.split(line)
            if program == "shipped_matters":
                edit(tmp_path / "home" / "sanban.toml", 'shipped_matters = ["all"]', line)
            elif program == "trusted_proxy":
                edit(tmp_path / "home" / "sanban.toml", "trusted_proxy = []", line)
            elif words[0] != "serve":
                assert program == "sanban"
                sanban(*words)
            if words[:2] == ["district", "new"]:
                edit(tmp_path / "home" / "district" / "district.yaml", "synthetic: yes", "synthetic: no")
    sanban("import", str(written(tmp_path / "FILE.csv", ROWS)), home=tmp_path / "home")
    assert json.loads(sanban("status", "--json", home=tmp_path / "home"))["requests"] == len(ROWS)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_picture_of_the_readme_is_there() -> None:
    for image in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / image).read_bytes().startswith(b"\x89PNG")


def test_every_page_the_readme_links_to_is_there() -> None:
    linked = re.findall(r"(?<!!)\[[^\]]*\]\((?!http)([^)]+)\)", README)
    assert linked
    assert [link for link in linked if not (ROOT / link).exists()] == []
