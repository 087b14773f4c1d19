"""Two languages, the district's own time."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from babel.dates import format_date

from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import Refused
from sanban.kernel.view import Language, TimeLeft
from sanban.web.language import LANGUAGES, Speech, catalogues, load
from sanban.web.rendering import PACKAGE

MIDNIGHT = 1_767_196_800_000_000  # 2026-01-01 00:00 in Shanghai, still 2025 in UTC
ROOT = PACKAGE.parent.parent


@pytest.fixture(scope="module")
def speech() -> dict[Language, Speech]:
    return {each: Speech(each, load(each, catalogues([PACKAGE])), "Asia/Shanghai") for each in LANGUAGES}


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """The tool that finds message ids."""
    spec = importlib.util.spec_from_file_location("messages_tool", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("left", "zh", "en"),
    [
        (TimeLeft(0, 1, "working_day"), "还剩 1 个工作日", "1 working day left"),
        (TimeLeft(0, 2, "working_day"), "还剩 2 个工作日", "2 working days left"),
        (TimeLeft(0, 1, "day"), "还剩 1 天", "1 day left"),
        (TimeLeft(0, 30, "minute"), "还剩 30 分钟", "30 min left"),
        (TimeLeft(0, 3, "hour", overdue=True), "已超时 3 小时", "overdue by 3 h"),
        (TimeLeft(0, 3, "hour", stopped=True), "已中止计时，还剩 3 小时", "clock stopped, 3 h left"),
    ],
)
def test_time_left_is_said_in_words(speech: dict[Language, Speech], left: TimeLeft, zh: str, en: str) -> None:
    assert (speech["zh"].left(left), speech["en"].left(left)) == (zh, en)


def test_a_date_is_the_districts_and_a_machine_can_read_it(speech: dict[Language, Speech]) -> None:
    assert speech["zh"].day(MIDNIGHT) == '<time datetime="2026-01-01">2026年1月1日 周四</time>'
    assert speech["en"].day(MIDNIGHT) == '<time datetime="2026-01-01">Thu 1 Jan 2026</time>'
    assert speech["zh"].instant(MIDNIGHT) == '<time datetime="2026-01-01T00:00:00+08:00">2026-01-01 00:00</time>'
    assert speech["en"].instant(MIDNIGHT) == '<time datetime="2026-01-01T00:00:00+08:00">1 Jan 2026, 00:00</time>'


def test_days_and_months_are_called_as_unicode_calls_them(speech: dict[Language, Speech]) -> None:
    for number in range(366):
        instant = MIDNIGHT + number * DAY
        day = speech["zh"].local(instant)
        assert f">{format_date(day, 'y年M月d日 EEE', locale='zh_Hans_CN')}<" in speech["zh"].day(instant)
        assert f">{format_date(day, 'EEE d MMM y', locale='en_GB')}<" in speech["en"].day(instant)
        assert f">{format_date(day, 'd MMM y', locale='en_GB')}, 00:00<" in speech["en"].instant(instant)


def test_a_refusal_is_translated_by_its_reason_and_else_said_as_it_is(speech: dict[Language, Speech]) -> None:
    known, unknown = Refused("stale", "someone was faster"), Refused("never_heard", "no")
    assert speech["zh"].refusal(known) == "其他人刚刚更新过，请刷新后再办理。"
    assert [speech["en"].refusal(known), speech["zh"].refusal(unknown)] == ["someone was faster", "no"]


def test_an_unknown_message_is_said_as_it_is(speech: dict[Language, Speech]) -> None:
    assert [speech["zh"].say("100 % new"), speech["zh"].say("")] == ["100 % new", ""]


def test_every_message_has_a_chinese_text(messages: ModuleType) -> None:
    assert messages.untranslated() == [], "add the texts: python tools/messages.py, then fill in the catalogue"


@pytest.mark.parametrize("folder", ["web", "intake", "handling", "adapters"])
def test_a_catalogue_holds_nothing_that_is_no_longer_said(messages: ModuleType, folder: str) -> None:
    def keys(catalogue: object) -> set[tuple[str | None, str]]:
        return {(each.context, messages._first(each.id)) for each in catalogue if each.id}

    known = messages.read(PACKAGE / folder / messages.PLACE)
    assert keys(known) <= keys(messages.update(folder)), "run python tools/messages.py"


def test_a_new_message_is_found_wherever_it_stands(messages: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "page.html").write_text("{{ _('In a template') }}", encoding="utf-8")
    code = 'x = phrase("In code")\ny = Refused(\n    "a_reason", "words")\nz = self._counted("one", "many", 2)\n'
    (tmp_path / "new" / "pages.py").write_text(code, encoding="utf-8")
    found = {key for _, key in messages.untranslated(tmp_path)}
    assert found == {(None, "In a template"), (None, "In code"), ("refusal", "a_reason"), (None, ("one", "many"))}


def test_a_slice_keeps_its_own_texts_unless_the_shell_has_them(messages: ModuleType, tmp_path: Path) -> None:
    for folder, said in (("intake", "Shared"), ("handling", "Own"), ("kernel", "Deep")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "words.py").write_text(f'x = phrase("{said}")\ny = phrase("Shared")\n', encoding="utf-8")
    for folder in ("web", "handling", "intake"):
        messages.write(folder, tmp_path)
    texts = {path.parts[-5]: path.read_text(encoding="utf-8") for path in tmp_path.glob(f"*/{messages.PLACE}")}
    assert {name: text.count("msgid") for name, text in texts.items()} == {"handling": 1, "web": 2}
    assert '"Own"' in texts["handling"]


@pytest.mark.parametrize("path", catalogues([PACKAGE]), ids=lambda path: path.parts[-5])
def test_placeholders_survive_translation(messages: ModuleType, path: Path) -> None:
    for each in messages.read(path):
        texts = [each.string] if isinstance(each.string, str) else each.string
        for text in texts if each.id else ():
            assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(re.findall(r"%\(\w+\)s", messages._first(each.id)))
