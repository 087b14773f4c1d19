"""Texts of notices in matter files: defaults in the base, own ones in a matter, and what is wrong said at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.kernel.errors import FaultsFound
from sanban.kernel.notice import KINDS
from sanban.packs.loading import SHIPPED, load_matters

HEAD = """\
format: 1
matter: own
version: 2025-01-01
title: {zh: 自有, en: Own}
origin: illustrative
extends: seven-steps
"""


def load(folder: Path, zh: str, en: str) -> dict[str, str]:
    """Chinese texts of notices of a matter with these texts of its own, by kind."""
    (folder / "own" / "texts").mkdir(parents=True)
    (folder / "own" / "mechanism.yaml").write_text(HEAD, encoding="utf-8")
    (folder / "own" / "texts" / "zh.yaml").write_text(zh, encoding="utf-8")
    (folder / "own" / "texts" / "en.yaml").write_text(en, encoding="utf-8")
    texts = load_matters((SHIPPED, folder)).keys["own@2025-01-01"].texts
    return {path.partition(".")[2]: title.zh for path, title in texts.items() if path.startswith("notices.")}


def test_a_matter_inherits_a_text_for_every_kind_and_may_have_its_own(tmp_path: Path) -> None:
    found = load(tmp_path, "notices:\n  closed: 结果：{ending}", 'notices: {closed: "Result: {ending}"}')
    assert set(found) == set(KINDS)
    assert found["closed"] == "结果：{ending}"
    assert "{receipt}" in found["received"]


@pytest.mark.parametrize(
    ("zh", "en", "code"),
    [
        ("notices:\n  closed: 结果：{endng}", "notices: {closed: x}", "unknown_placeholder"),
        ("notices:\n  closed: 结果：{receipt}", "notices: {closed: x}", "unknown_placeholder"),
        ("notices:\n  closed: 请看 http://x.example", "notices: {closed: x}", "link_in_notice"),
        ("notices:\n  closed: 结果", "fields: {}", "missing_text"),
        ("notices:\n  clsed: 结果", "fields: {}", "unused_text"),
    ],
)
def test_a_text_that_cannot_be_filled_is_a_fault_at_its_line(tmp_path: Path, zh: str, en: str, code: str) -> None:
    with pytest.raises(FaultsFound) as found:
        load(tmp_path, zh, en)
    fault = next(one for one in found.value.faults if one.code == code)
    assert (Path(fault.path).name, fault.line, bool(fault.example)) == ("zh.yaml", 2, True)
