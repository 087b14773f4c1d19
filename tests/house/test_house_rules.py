"""The house's rules as tests: sizes, names, imports, vocabulary. A rule without a test is a wish."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sanban"
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_LINES = 500
MOST_FUNCTION_LINES = 60
MOST_MODULES = 12
NAMELESS = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "base", "misc", "tools"}
A_MACHINE = re.compile(r"(?<![\w.~])/(?:root|home|Users)/\w+")
"""A path of somebody's own machine."""


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in MODULES:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_is_longer_than_it_may_be() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_function_is_longer_than_one_thought() -> None:
    long = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno > MOST_FUNCTION_LINES
    }
    assert long == {}


def test_no_package_has_more_modules_than_a_person_keeps_in_mind() -> None:
    packages = {name_of(path.parent) for path in MODULES}
    crowded = {
        package: count
        for package in packages
        if (count := sum(one.name != "__init__.py" for one in (ROOT / package).glob("*.py"))) > MOST_MODULES
        and package != "src/sanban/kernel"
    }
    assert crowded == {}


def test_no_module_is_named_for_what_it_is_not() -> None:
    assert [name_of(path) for path in MODULES if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


def test_every_module_says_what_it_is() -> None:
    silent = [name_of(path) for path, tree in trees() if len(ast.get_docstring(tree) or "") < 20]
    assert silent == []


def test_every_public_function_and_class_of_kernel_and_ports_is_described() -> None:
    silent = [
        f"{name_of(path)}:{node.name}"
        for path, tree in trees()
        if path.is_relative_to(SOURCE / "kernel")
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
        and not node.name.endswith(("Args", "Event"))
        and "events" not in path.stem
        and not (path.parent.name == "case" and path.stem == "event")
    ]
    assert silent == []


def test_our_own_code_is_imported_at_the_top() -> None:
    hidden = [
        f"{name_of(path)}:{inner.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if (isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("sanban"))
        or (isinstance(inner, ast.Import) and any(name.name.startswith("sanban") for name in inner.names))
    ]
    assert hidden == []


def test_nothing_is_swallowed() -> None:
    swallowed = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and all(isinstance(one, ast.Pass) for one in node.body)
    ]
    assert swallowed == []


def test_no_pattern_takes_a_line_that_begins_after_it() -> None:
    """`$` alone also stands before a last line break."""
    loose = [
        f"{name_of(path)}:{node.value.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "pattern" and isinstance(node.value, ast.Constant)
        if re.search(r"\$(\||$)", str(node.value.value))
    ]
    assert loose == []


def test_nothing_loads_what_numpy_has_for_masked_arrays() -> None:
    """`numpy.unique` does, where it is asked for nothing but the values; a server would keep it."""
    loading = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in trees()
        if "learning" not in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"np.unique", "numpy.unique"}
        and not any(keyword.arg in {"return_inverse", "return_counts"} for keyword in node.keywords)
    ]
    assert loading == []


def test_silenced_checks_give_a_reason() -> None:
    bare = [
        f"{name_of(path)}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"# (noqa(: [A-Z0-9, ]+)?|type: ignore(\[[a-z-, ]+\])?)\s*$", line)
    ]
    assert bare == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    kinds = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".json", ".txt", ".po", ""}
    git = shutil.which("git")
    assert git is not None, "the project's files are listed by git: apt-get install git"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    told = [
        f"{name_of(path)}:{number}"
        for path in paths
        if path.is_file() and path.suffix in kinds and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if A_MACHINE.search(line)
    ]
    assert told == []


def test_the_lock_names_hashes_and_no_index() -> None:
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"index-url|find-links|https?://", lock)
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.M))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[<>=; ]", one)[0].lower() for one in project["dependencies"]}
    assert wanted <= locked


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = Counter(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [number for number, count in numbers.items() if count > 1] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docs/architecture.md"])
def test_a_newcomer_finds_the_documents(name: str) -> None:
    assert (ROOT / name).stat().st_size > 500
