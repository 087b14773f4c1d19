"""The tool that lays the browser libraries."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from sanban.web.rendering import PACKAGE

ROOT = PACKAGE.parent.parent


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lay_static_tool", ROOT / "tools" / "lay_static.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _packages(tool: ModuleType, folder: Path) -> Path:
    for source in [*tool.FILES.values(), *tool.LICENCES.values()]:
        path = folder / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a{}\n/*# sourceMappingURL=a.css.map */", encoding="utf-8")
    icons = folder / "@tabler" / "icons" / "icons" / "outline"
    icons.mkdir(parents=True)
    for name in tool.icon_names():
        (icons / f"{name}.svg").write_text('<svg\n width="24">\n <path d="M1 1"/>\n</svg>', encoding="utf-8")
    return folder


def test_it_lays_the_libraries_their_licences_and_one_sprite(tool: ModuleType, tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "old.js").write_text("", encoding="utf-8")
    laid = {path.name for path in tool.lay(_packages(tool, tmp_path / "node_modules"), vendor)}
    assert laid == {*tool.FILES, *tool.LICENCES, "icons.svg"}
    assert (vendor / "tabler.min.css").read_text(encoding="utf-8") == "a{}\n"
    symbols = re.findall(r'<symbol id="([a-z0-9-]+)"', (vendor / "icons.svg").read_text(encoding="utf-8"))
    assert symbols == tool.icon_names()


def test_a_package_that_is_not_installed_is_named(tool: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="tabler"):
        tool.lay(tmp_path, tmp_path / "vendor")


def test_packages_are_pinned_and_the_lock_names_no_address() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    pins = package["dependencies"] | package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    entries = [entry for path, entry in lock["packages"].items() if path]
    assert all("integrity" in entry and "resolved" not in entry for entry in entries)
    assert all(lock["packages"][f"node_modules/{name}"]["version"] == version for name, version in pins.items())
