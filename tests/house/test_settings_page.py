"""The reference pages are the code's own words."""

from __future__ import annotations

from pathlib import Path

from sanban.ledger.settings import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_as_the_code_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = {f"| `{one.name}` | {one.type} | `{one.default}` | {one.meaning} |" for one in SETTINGS}
    assert {row for row in rows if row not in page} == set()
    assert page.count("\n| `") == len(SETTINGS)
