"""House rules of templates and styles, and the pieces of pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sanban.web.files import WEB
from sanban.web.rendering import PACKAGE

TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
ICONS = set((WEB / "assets" / "icons.txt").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_a_template_has_no_inline_script_or_style_and_only_known_icons(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text), "nothing is fetched from elsewhere"
    assert "|safe" not in text.replace(" ", "")
    assert set(re.findall(r"""icon\(["']([a-z0-9-]+)""", text)) <= ICONS, "add the icon to web/assets/icons.txt"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_every_form_that_posts_has_its_hidden_fields(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    posting = re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL)
    assert all("form_fields(site)" in form for form in posting)


def test_the_icons_are_listed_once_and_in_order() -> None:
    listed = (WEB / "assets" / "icons.txt").read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed))


def test_our_own_styles_stay_small() -> None:
    lines = (WEB / "assets" / "sanban.css").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 300
    assert max(len(line) for line in lines) < 180


def test_our_own_styles_say_each_rule_once_and_a_name_on_a_map_stands_over_its_place() -> None:
    lines = (WEB / "assets" / "sanban.css").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line.endswith("; }") and not line.startswith(" ")]
    assert len(rules) == len(set(rules))
    for name in (".map-code", ".map-name"):
        assert any("text-anchor: middle" in rule for rule in rules if name in rule.partition("{")[0])


@pytest.mark.parametrize(
    "piece",
    [
        '<span class="badge state state-late"><svg class="icon" aria-hidden="true">',
        "已超时</span>",
        "已超时 3 小时</span>",
        "已中止计时，还剩 1 个工作日</span>",
        '<abbr title="该日期的工作日历尚未公布。">暂定</abbr>',
        '<time datetime="2026-01-01T08:00:00+08:00">2026-01-01 08:00</time>',
        '<a class="btn" rel="next" href="/samples?after=3">',
        "<dt>编号</dt><dd>2026-000001</dd>",
        '<li class="now" aria-current="step">',
        '<p class="empty-title">这里还没有内容</p>',
        '<div class="form-hint" id="note-hint">一句话即可。</div>',
    ],
)
def test_the_pieces_say_what_they_show(visitor: Any, piece: str) -> None:
    page = re.sub(r">\s+<", "><", visitor.enter().get("/samples").text)
    assert piece in page
