"""Calendar files: the shipped ones agree with an independent source, and broken ones report every fault at once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import chinese_calendar
import pytest

import sanban
from sanban.kernel.clock.calendar import HOUR, MINUTE, day_of_iso
from sanban.kernel.errors import FaultsFound
from sanban.packs.calendar import load_calendar
from sanban.packs.document import Node, read_document

FOLDER = Path(sanban.__file__).parent / "matters" / "_calendar"
CN = load_calendar(FOLDER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "calendar"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def faults_of(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(FaultsFound) as caught:
        load_calendar(folder)
    assert all(fault.message and fault.example for fault in caught.value.faults)
    return [(Path(fault.path).name, fault.line, fault.code) for fault in caught.value.faults]


def test_every_day_of_2024_to_2026_agrees_with_the_independent_calendar() -> None:
    days = range(day_of_iso("2024-01-01"), day_of_iso("2027-01-01"))
    worked = [CN.iso(day) for day in days if CN.is_working(day)]
    assert worked == [CN.iso(day) for day in days if chinese_calendar.is_workday(date.fromisoformat(CN.iso(day)))]
    assert len(days) == 366 + 365 + 365
    assert all(CN.is_known(day) for day in days)


def test_a_public_holiday_has_a_name_exactly_when_a_weekday_is_off() -> None:
    days = [day for day in range(day_of_iso("2024-01-01"), day_of_iso("2027-01-01")) if not CN.is_rest_weekday(day)]
    assert [day for day in days if not CN.is_working(day)] == [day for day in days if CN.holiday_on(day)]


def test_the_table_reaches_past_what_is_published_and_is_provisional_there() -> None:
    assert (CN.iso(CN.known_from), CN.iso(CN.known_until)) == ("2024-01-01", "2026-12-31")
    assert CN.first_day == day_of_iso("2015-01-01")
    assert CN.day_of(CN.day_starts[-1] - 1) >= day_of_iso("2035-12-31")
    assert not CN.is_working(day_of_iso("2027-05-01"))
    assert CN.is_working(day_of_iso("2027-05-03")), "without a notice the weekly pattern holds"
    assert CN.start_of(day_of_iso("2025-01-01")) == (day_of_iso("2025-01-01") * 24 - 8) * HOUR
    assert CN.sessions == ((9 * HOUR, 12 * HOUR), (13 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE))
    assert CN.office_origin == "illustrative"


def test_every_year_names_its_notice() -> None:
    def text(node: Node, *keys: str) -> object:
        for key in keys:
            assert isinstance(node.value, dict)
            node = node.value[key]
        return node.value

    roots = [read_document(FOLDER / f"cn-{year}.yaml") for year in (2024, 2025, 2026)]
    assert [(text(root, "source", "document"), text(root, "source", "date")) for root in roots] == [
        ("国办发明电〔2023〕7号", "2023-10-25"),
        ("国办发明电〔2024〕12号", "2024-11-12"),
        ("国办发明电〔2025〕7号", "2025-11-04"),
    ]


def test_the_version_follows_the_content_and_nothing_else(folder: Path) -> None:
    assert load_calendar(folder).version == CN.version
    assert len(CN.version) == 12
    (folder / "cn-2026.yaml").unlink()
    shorter = load_calendar(folder)
    change(folder / "cn-2025.yaml", "Labour Day", "May Day")
    assert len({CN.version, shorter.version, load_calendar(folder).version}) == 3


def test_a_notice_may_move_a_day_of_the_last_week_of_the_december_before(folder: Path) -> None:
    change(folder / "cn-2024.yaml", "make_up_days: [", "make_up_days: [2023-12-30, ")
    calendar = load_calendar(folder)
    assert calendar.is_working(day_of_iso("2023-12-30"))
    change(folder / "cn-2024.yaml", "2023-12-30", "2023-12-24")
    assert faults_of(folder) == [("cn-2024.yaml", 12, "wrong_year")]


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("cn-2025.yaml", "[2025-01-26,", "[2025-01-28,", ("cn-2025.yaml", 11, "day_twice")),
        ("cn-2025.yaml", "[2025-01-26,", "[2025-01-25, 2025-01-25,", ("cn-2025.yaml", 11, "day_twice")),
        ("cn-2025.yaml", "[2025-01-26,", "[2025-01-24,", ("cn-2025.yaml", 11, "not_a_rest_day")),
        ("cn-2025.yaml", "[2025-01-26,", "[2026-01-24,", ("cn-2025.yaml", 11, "wrong_year")),
        ("cn-2025.yaml", "[2025-01-26,", "[2025-1-26,", ("cn-2025.yaml", 11, "not_a_date")),
        ("cn-2025.yaml", "from: 2025-05-01", "from: 2025-05-06", ("cn-2025.yaml", 8, "wrong_span")),
        ("cn-2025.yaml", "to: 2025-05-05", "to: 2025-06-30", ("cn-2025.yaml", 8, "wrong_span")),
        ("cn-2025.yaml", "2025-01-01, to: 2025-01-01", "2024-01-01, to: 2024-01-01", ("cn-2025.yaml", 5, "wrong_year")),
        ("cn-2025.yaml", "{zh: 劳动节, en: Labour Day}", "劳动节", ("cn-2025.yaml", 8, "wrong_kind")),
        ("cn-2025.yaml", "劳动节, en: Labour Day", "劳动节", ("cn-2025.yaml", 8, "missing_key")),
        ("cn-2025.yaml", "year: 2025", "year: 2052", ("cn-2025.yaml", 2, "wrong_year")),
        ("cn-2025.yaml", "year: 2025", "year: soon", ("cn-2025.yaml", 2, "not_a_year")),
        ("cn-2025.yaml", "year: 2025", "year: 2025\nyear: 2025", ("cn-2025.yaml", 3, "duplicate_key")),
        ("cn-2025.yaml", "year: 2025\n", "", ("cn-2025.yaml", 1, "missing_key")),
        ("cn-2025.yaml", "calendar: cn", "calendar: hk", ("cn-2025.yaml", 1, "wrong_name")),
        ("cn-2025.yaml", "date: 2024-11-12", "date: soon", ("cn-2025.yaml", 3, "not_a_date")),
        ("cn-2025.yaml", "document: ", "paper: x, document: ", ("cn-2025.yaml", 3, "unknown_key")),
        ("cn-2025.yaml", "make_up_days: [", "make_up: [", ("cn-2025.yaml", 11, "unknown_key")),
        ("cn.yaml", "zone: Asia/Shanghai", "zone: Asia/Atlantis", ("cn.yaml", 5, "not_a_zone")),
        ("cn.yaml", "zone: Asia/Shanghai", "zone: ../../etc/passwd", ("cn.yaml", 5, "not_a_zone")),
        ("cn.yaml", "zone: Asia/Shanghai", "zone: ''", ("cn.yaml", 5, "wrong_kind")),
        ("cn.yaml", "calendar: cn", "calendar: china", ("cn.yaml", 3, "wrong_name")),
        ("cn.yaml", "last_year: 2036", "last_year: 2014", ("cn.yaml", 7, "wrong_range")),
        ("cn.yaml", "last_year: 2036", "last_year: 2025", ("cn.yaml", 0, "wrong_range")),
        ("cn.yaml", "saturday", "saturn", ("cn.yaml", 8, "not_a_choice")),
        ("cn.yaml", "to: 12:00", "to: 14:00", ("cn.yaml", 13, "sessions_overlap")),
        ("cn.yaml", "to: 12:00", "to: 8:00", ("cn.yaml", 12, "sessions_overlap")),
        ("cn.yaml", "to: 12:00", "to: 24:01", ("cn.yaml", 12, "not_a_time")),
        ("cn.yaml", "origin: illustrative", "origin: somewhere", ("cn.yaml", 10, "not_a_choice")),
        (
            "cn.yaml",
            "[saturday, sunday]",
            "[monday, tuesday, wednesday, thursday, friday, saturday, sunday]",
            ("cn.yaml", 8, "no_working_day"),
        ),
    ],
)
def test_a_fault_is_reported_at_its_line(
    folder: Path, name: str, old: str, new: str, fault: tuple[str, int, str]
) -> None:
    change(folder / name, old, new)
    assert fault in faults_of(folder)


def test_faults_of_all_files_are_reported_at_once(folder: Path) -> None:
    (folder / "cn-2025.yaml").unlink()
    change(folder / "cn.yaml", "Asia/Shanghai", "Asia/Atlantis")
    change(folder / "cn-2024.yaml", "2024-02-04", "2024-02-10")
    change(folder / "cn-2026.yaml", "2026-01-04", "2028-01-09")
    assert faults_of(folder) == [
        ("cn-2024.yaml", 12, "day_twice"),
        ("cn-2025.yaml", 0, "missing_year"),
        ("cn-2026.yaml", 12, "wrong_year"),
        ("cn.yaml", 5, "not_a_zone"),
    ]


def test_a_gap_of_several_years_names_every_missing_file(folder: Path) -> None:
    text = (folder / "cn-2026.yaml").read_text(encoding="utf-8")
    (folder / "cn-2029.yaml").write_text(text, encoding="utf-8")
    missing = [fault for fault in faults_of(folder) if fault[2] == "missing_year"]
    assert missing == [("cn-2027.yaml", 0, "missing_year"), ("cn-2028.yaml", 0, "missing_year")]


def test_a_folder_needs_one_head_file_and_a_year(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "cn.yaml", folder / "hk.yaml")
    assert ("calendar", 0, "head_file") in faults_of(folder)
    (tmp_path / "empty").mkdir()
    assert faults_of(tmp_path / "empty") == [("empty", 0, "head_file"), ("empty", 0, "no_year")]


def test_a_head_file_that_cannot_be_read_does_not_hide_the_faults_of_the_years(folder: Path) -> None:
    (folder / "cn.yaml").write_text("calendar: [", encoding="utf-8")
    (folder / "cn-2025.yaml").write_text("calendar: cn\n", encoding="utf-8")
    (folder / "cn-2026.yaml").write_text("- 1\n", encoding="utf-8")
    assert faults_of(folder) == [
        ("cn-2025.yaml", 1, "missing_key"),
        ("cn-2026.yaml", 1, "wrong_kind"),
        ("cn.yaml", 2, "not_yaml"),
    ]


def test_an_empty_head_file_reports_what_it_lacks_and_nothing_else(folder: Path) -> None:
    (folder / "cn.yaml").write_text("{}\n", encoding="utf-8")
    assert faults_of(folder) == [("cn.yaml", 1, "missing_key")]
    (folder / "cn.yaml").write_text("office: {}\nlast_year: 2036\n", encoding="utf-8")
    assert faults_of(folder) == [
        ("cn.yaml", 1, "missing_key"),
        ("cn.yaml", 1, "missing_key"),
        ("cn.yaml", 1, "no_session"),
    ]


def test_a_wrong_day_of_rest_is_one_fault(folder: Path) -> None:
    change(folder / "cn.yaml", "saturday", "saturn")
    assert faults_of(folder) == [("cn.yaml", 8, "not_a_choice")]
