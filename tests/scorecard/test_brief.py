"""The weekly brief: frozen once, the same bytes ever after, every figure with its source, readable in Word."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path
from uuid import uuid4

import docx as word
import pytest

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.scorecard.brief import layout
from sanban.scorecard.brief.composing import Brief, brief_of, freeze
from sanban.scorecard.brief.printing import MEDIA, printed
from sanban.scorecard.brief.stream import UNSAID, Counted, Figured, Freeze
from sanban.scorecard.brief.typesetting import pictures
from sanban.scorecard.brief.wording import Said, written
from sanban.scorecard.figures.spans import before, period_of
from sanban.web.language import LANGUAGES
from scorecard.conftest import Scene
from working_house import DAY

LEADER = Actor("leader-of-centre", "leader", "centre")


def frozen(scene: Scene, who: Actor = LEADER) -> Brief:
    found = freeze(scene.needs, who, str(uuid4()), scene.week, scene.now)
    assert isinstance(found, Brief), found
    return found


def cells(content: bytes) -> dict[str, list[str]]:
    """The rows of every table of a Word file, by their first cell."""
    tables = word.Document(io.BytesIO(content)).tables
    return {row.cells[0].text: [cell.text for cell in row.cells] for table in tables for row in table.rows}


def test_a_reprint_has_the_same_bytes_whatever_has_happened_since(scene: Scene) -> None:
    calendar = scene.needs.calendar
    first = {form: printed(frozen(scene), form, "zh", calendar) for form in MEDIA}
    scene.working.step("dispatcher", scene.working.opened(scene.working.filed()), "dispatch")
    scene.working.now += DAY
    again = frozen(scene, Actor("coordinator-1", "coordinator", "centre"))
    assert again.frozen.by == LEADER.id
    assert {form: printed(again, form, "zh", calendar) for form in MEDIA} == first


def test_every_number_is_of_one_position_of_the_ledger_and_cut_off_at_the_weeks_end(scene: Scene) -> None:
    brief = frozen(scene)
    head = scene.working.house.head()
    assert head is not None
    assert 0 < brief.frozen.position <= head.position
    assert brief.frozen.until <= brief.frozen.at
    keys = [(one.figure, one.unit) for one in brief.frozen.figures]
    assert len(keys) == len(set(keys))
    counts = {one.key: one.count for one in brief.frozen.counts}
    came = {one.figure: one.holds for one in brief.frozen.figures if not one.unit and one.n is None}
    assert came["cases"] == counts["closed"] + counts["open"] > counts["open"]
    assert came["requests"] > 0
    said = "".join(brief.words.en.sections[-1].paragraphs)
    assert str(brief.frozen.position) in said
    assert brief.frozen.head in said.replace(" ", "")


def test_the_word_file_says_the_figures_that_are_frozen(scene: Scene) -> None:
    brief = frozen(scene)
    rows = cells(printed(brief, "docx", "zh", scene.needs.calendar))
    table = next(part.table for part in brief.words.zh.sections if part.table and part.table.keys[0].endswith("/"))
    shares = {one.figure: one for one in brief.frozen.figures if not one.unit and one.n is not None}
    titles = dict(zip((key.rstrip("/") for key in table.keys), (row[0] for row in table.rows), strict=True))
    assert titles.keys() == shares.keys() != set()
    for figure, one in shares.items():
        assert rows[titles[figure]][1:4] == [one.value, one.of, one.interval]


def test_every_figure_says_its_source_or_what_is_assumed_in_word_as_on_the_page(scene: Scene) -> None:
    brief = frozen(scene)
    for language in LANGUAGES:
        content = printed(brief, "docx", language, scene.needs.calendar)
        said = [paragraph.text for paragraph in word.Document(io.BytesIO(content)).paragraphs]
        marks = ("Source: ", "Assumed: ") if language == "en" else ("来源：", "假设：")
        for figure in {one.figure for one in brief.frozen.figures}:
            title = getattr(scene.needs.figure(figure), language)
            assert any(title in line and any(mark in line for mark in marks) for line in said), figure


def test_below_the_least_number_of_cases_count_and_interval_stand_without_a_share() -> None:
    few, enough, nothing = (Figured("in_time", "", n and n - 1, n, 15, 16, 30) for n in (16, 30, 0))
    assert (few.value, few.of, few.interval, few.before) == (UNSAID, "15/16", "71.7–98.9", "15/16")
    assert (enough.value, enough.of) == ("96.67 %", "29/30")
    assert nothing.value == "n/a"


def test_the_english_title_names_the_district_in_english(scene: Scene) -> None:
    title = frozen(scene).words.en.title
    assert scene.working.house.district.title.en in title
    assert not re.search(r"[\u4e00-\u9fff]", title)


def told(scene: Scene, week: str, *figures: Figured) -> list[str]:
    """What the brief of a week says of these, in English; as many cases were closed as requests received."""
    needs, period = scene.needs, period_of(week, scene.needs.calendar)
    earlier = before(period, needs.calendar)
    came = next(one for one in figures if one.figure == "requests")
    counts = tuple(Counted(key, came.holds, came.holds_before) for key in ("closed", "open", "late"))
    frozen = Freeze(week, period.since, period.until, 1, "0" * 64, counts, figures, "v:" + "0" * 32)
    titles = {f"figure:{one.figure}": Title(one.figure, one.figure) for one in figures}
    said = Said(
        "en",
        partial(needs.say, "en"),
        titles,
        needs.indexes,
        needs.calendar,
        {one.figure: ("a source", None) for one in figures},
        (period.working_days, earlier.working_days),
    )
    volume, index, *_ = written(said, Title("甲", "A"), Title("乙", "B"), frozen).sections
    assert volume.table is not None
    return [*volume.paragraphs, *index.paragraphs, *map(" | ".join, volume.table.rows)]


def test_after_a_week_of_holidays_counts_are_compared_by_the_working_day_too(scene: Scene) -> None:
    """Three working days after the national holiday, five in the week that follows."""
    requests, cases = (Figured(key, "", 500, None, 310, None) for key in ("requests", "cases"))
    said = told(scene, "2026-W42", requests, cases)
    assert any("5 working days, the week before 3" in line for line in said)
    assert "requests | 500 | 310 | +190 | -3.2 %" in said
    assert "Cases open at the cut-off | 500 | 310 | +190 | —" in said, "what is open stands whatever the week"
    assert "requests: 500, the week before 310; wanted: down; as before, by working day -3.2 %." in said


def test_each_aim_is_told_as_wanted_or_against_it_only_beyond_chance(scene: Scene) -> None:
    cases = Figured("cases", "", 9, None, 9, None)
    more = Figured("requests", "", 900, None, 500, None)
    worse, better = Figured("resolved", "", 60, 100, 90, 100), Figured("satisfied", "", 90, 100, 60, 100)
    same = Figured("contacted", "", 90, 100, 91, 100)
    said = told(scene, "2026-W24", more, cases, same, worse, better)
    assert [line.rpartition("; ")[2] for line in said if "; wanted: " in line] == [
        "against what is wanted, by working day +80.0 %.",
        "as before.",
        "against what is wanted.",
        "as wanted.",
    ]


def test_the_page_is_an_official_documents(scene: Scene) -> None:
    document = word.Document(io.BytesIO(printed(frozen(scene), "docx", "zh", scene.needs.calendar)))
    (grid,) = document.element.body.sectPr.xpath("w:docGrid")
    assert {name.rpartition("}")[2]: value for name, value in grid.items()} == {
        "type": "lines", "linePitch": str(round(layout.LINE_PT * 20)),
    }  # fmt: skip
    (spacing,) = document.styles["Normal"].element.rPr.xpath("w:spacing/@w:val")
    width = (layout.BODY_PT + int(spacing) / 20) * layout.CHARACTERS
    assert 0 <= layout.TEXT_MM[0] * 72 / 25.4 - width < layout.BODY_PT
    page = document.sections[0]
    assert [round(one.mm) for one in (page.page_width, page.page_height)] == [210, 297]
    assert [round(one.mm) for one in (page.top_margin, page.left_margin, page.right_margin)] == [37, 28, 26]
    assert round(layout.LINE_PT * layout.LINES / 72 * 25.4) == 225


def test_the_pages_can_be_looked_at_in_both_languages(scene: Scene) -> None:
    brief = frozen(scene)
    for language in LANGUAGES:
        pages = pictures(brief.text(language), language, dt.date(2026, 6, 8))
        assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_week_that_is_not_over_cannot_be_frozen_nor_by_anybody(scene: Scene) -> None:
    refused = freeze(scene.needs, LEADER, str(uuid4()), "2026-W50", scene.now)
    assert isinstance(refused, Refused)
    assert refused.reason == "week_not_over"
    handler = freeze(scene.needs, Actor("h", "handler", "power"), str(uuid4()), "2026-W21", scene.now)
    assert isinstance(handler, Refused)
    assert handler.reason == "not_permitted"
    assert brief_of(scene.needs, "2026-W21") is None


@pytest.mark.prove
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice, another reader of Word files, is not there")
def test_another_reader_opens_the_word_file_and_sets_it_on_no_more_pages_than_the_pdf(
    scene: Scene, tmp_path: Path
) -> None:
    brief, calendar = frozen(scene), scene.needs.calendar
    for language in LANGUAGES:
        (tmp_path / "brief.docx").write_bytes(printed(brief, "docx", language, calendar))
        command = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), "brief.docx"]
        environment = {"HOME": str(tmp_path), "PATH": os.defpath}
        subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True, timeout=120)
        read = len(re.findall(rb"/Type ?/Page\b(?!s)", (tmp_path / "brief.pdf").read_bytes()))
        assert 1 <= read <= len(pictures(brief.text(language), language, dt.date(2026, 6, 8))) + 1
