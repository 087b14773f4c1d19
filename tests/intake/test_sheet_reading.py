"""Files as people have them: encodings, delimiters, line breaks in cells, broken rows, workbooks."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sanban.intake.files import workbook
from sanban.intake.files.encoding import detect
from sanban.intake.sheet import Row, open_sheet
from sanban.kernel.errors import SanbanError

reuse_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path) -> tuple[tuple[str, ...], list[Row]]:
    with open_sheet(path) as sheet:
        return sheet.headers, list(sheet.rows)


def written(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(path: Path) -> list[tuple[str, ...]]:
    return [row.cells for row in read(path)[1]]


TABLE = '编号,内容\r\n1,"路灯坏了\r\n请修"\r\n2,噪音\r\n'


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        ("gbk", b"", "gb18030"),
        ("gb18030", b"", "gb18030"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
    ],
)
def test_encodings_are_told_apart(tmp_path, encoding, mark, name) -> None:
    path = written(tmp_path, mark + TABLE.encode(encoding))
    assert detect(path).name == name
    assert read(path) == (("编号", "内容"), [Row(2, ("1", "路灯坏了\r\n请修")), Row(3, ("2", "噪音"))])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_recognised_when_it_is_all_ascii(tmp_path, encoding) -> None:
    assert cells(written(tmp_path, "no,text\n1,abc\n".encode(encoding))) == [("1", "abc")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_stray_zeros_do_not_make_a_file_wide(tmp_path, encoding) -> None:
    assert cells(written(tmp_path, "编号,内容\n1,\0\n2,路灯坏了请修理\n".encode(encoding)))[1] == (
        "2",
        "路灯坏了请修理",
    )


def test_a_chinese_word_far_into_the_file_still_decides(tmp_path) -> None:
    rows = "no,text\n" + "1,nothing but ASCII\n" * 60_000
    for encoding in ("utf-8", "gb18030"):
        path = written(tmp_path, rows.encode() + "2,噪音扰民\n".encode(encoding))
        assert read(path)[1][-1] == Row(60_002, ("2", "噪音扰民"))


@pytest.mark.parametrize(("encoding", "wrong"), [("utf-8", b"\xff"), ("gb18030", b"\xff")])
def test_a_damaged_place_costs_its_row_alone(tmp_path, encoding, wrong) -> None:
    good = "3,夜间施工噪音很大，请求处理\n" * 5
    content = "编号,内容\n1,路灯坏了\n2,停".encode(encoding) + wrong + ("，车\n" + good).encode(encoding)
    rows = read(written(tmp_path, content))[1]
    assert [row.problem for row in rows] == ["", "undecodable"] + [""] * 5
    assert rows[-1].cells == ("3", "夜间施工噪音很大，请求处理")


def test_a_replacement_sign_that_was_typed_is_no_damage(tmp_path) -> None:
    assert read(written(tmp_path, "no,text\n1,a\ufffdb\n"))[1] == [Row(2, ("1", "a\ufffdb"))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_told_by_the_names_of_the_columns(tmp_path, delimiter) -> None:
    path = written(tmp_path, f'"a,b;c\td"{delimiter}text{delimiter}x\n1{delimiter}"p,q;r\ts"{delimiter}2\n')
    assert read(path) == (("a,b;c\td", "text", "x"), [Row(2, ("1", "p,q;r\ts", "2"))])


def test_the_separator_line_of_a_spreadsheet_program_is_obeyed(tmp_path) -> None:
    assert cells(written(tmp_path, "sep=|\r\nno|text\r\n1|a,b\r\n")) == [("1", "a,b")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path, end) -> None:
    assert cells(written(tmp_path, f"no,text{end}1,a{end}2,b")) == [("1", "a"), ("2", "b")]


def test_empty_rows_are_left_out_and_counted_as_spreadsheets_do(tmp_path) -> None:
    path = written(tmp_path, "\n\nno,text\n\n1,a\n,\n2,b\n")
    assert read(path) == (("no", "text"), [Row(5, ("1", "a")), Row(7, ("2", "b"))])


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ('2,"never closed', "open_quote"),
        ('2,"closed" too early"', "open_quote"),
        ("2,b,c", "wrong_width"),
        ("2", "wrong_width"),
        ("2," + "x" * 140_000, "cell_too_long"),
        ("2," + "x" * (1 << 20), "line_too_long"),
        ("2," + "x" * (3 << 20), "line_too_long"),
    ],
)
@pytest.mark.parametrize("where", ["in the middle", "at the end"])
def test_a_broken_row_costs_itself_alone(tmp_path, broken, problem, where) -> None:
    after = [f'{number},"some\nlines"' for number in range(3, 40)] if where == "in the middle" else []
    rows = read(written(tmp_path, "\n".join(["no,text", "1,a", broken, *after]) + "\n"))[1]
    assert [row.problem for row in rows] == ["", problem] + [""] * len(after)
    assert [row.cells for row in rows[2:]] == [(str(number), "some\nlines") for number in range(3, 3 + len(after))]


def test_stray_quotes_inside_a_cell_are_forgiven(tmp_path) -> None:
    assert cells(written(tmp_path, 'no,text\n1,"he said "no" to me"\n2,5" pipe\n')) == [
        ("1", 'he said no" to me"'),
        ("2", '5" pipe'),
    ]


def test_columns_without_a_name_at_the_end_are_dropped_while_they_are_empty(tmp_path) -> None:
    rows = read(written(tmp_path, "no,text,,\n1,a,,\n2,b,,c\n"))
    assert rows == (("no", "text"), [Row(2, ("1", "a")), Row(3, ("2", "b", "", "c"), "wrong_width")])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "has no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "not a table"),
        (b"PK\x03\x04 and then nothing", "damaged or is not a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and then nothing", "damaged or is not a workbook"),
        (b'"never closed,text\n1,a\n', "names of columns"),
        (b",".join([b"c"] * 501), "names of columns"),
    ],
)
def test_what_is_no_table_is_named_with_an_example(tmp_path, content, message) -> None:
    with pytest.raises(SanbanError, match=message) as caught:
        read(written(tmp_path, content))
    assert caught.value.example


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_opened_is_named(tmp_path, name) -> None:
    with pytest.raises(SanbanError, match="cannot be read"):
        read(tmp_path / name)


def test_reading_tells_how_far_it_has_come(tmp_path) -> None:
    path = written(tmp_path, "no,text\n" + "1,a\n" * 10_000)
    with open_sheet(path) as sheet:
        assert 0 < sheet.done() <= sheet.total == path.stat().st_size
        list(sheet.rows)
        assert sheet.done() == sheet.total


printable = st.text(st.characters(codec="gb18030", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)


def _with_breaks(text: str) -> str:
    return f"列{text}\n行" if len(text) % 3 else f"值{text}"


tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(printable.map(_with_breaks), min_size=width, max_size=width), max_size=6).map(
        lambda rows: (width, rows)
    )
)


@reuse_folder
@given(
    table=tables,
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
def test_any_well_formed_table_reads_back(tmp_path, table, delimiter, encoding) -> None:
    width, rows = table
    buffer = io.StringIO(newline="")
    headers = [f"列{place}" for place in range(width)]
    csv.writer(buffer, delimiter=delimiter).writerows([headers, *rows])
    found = read(written(tmp_path, buffer.getvalue().encode(encoding)))
    assert found[0] == tuple(headers)
    assert [list(row.cells) for row in found[1]] == rows
    assert not any(row.problem for row in found[1])


@reuse_folder
@given(content=st.binary(max_size=200) | st.text('ab,;"\n\r\t=', max_size=80).map(str.encode))
@example(content=b'a,b\n"')
@example(content=b'"\n"x\n"')
def test_no_bytes_at_all_make_reading_fail_otherwise_than_by_naming_the_fault(tmp_path, content) -> None:
    with suppress(SanbanError):
        headers, rows = read(written(tmp_path, content))
        assert all(len(row.cells) == len(headers) or row.problem for row in rows)


def book(path: Path, *sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as made:
        date = made.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for rows in sheets:
            sheet = made.add_worksheet()
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    given_date = (date,) if isinstance(value, dt.datetime) else ()
                    sheet.write(number, place, value, *given_date)
    return path


def test_the_first_sheet_with_rows_is_read_as_text(tmp_path) -> None:
    moment = dt.datetime(2026, 1, 5, 9, 30)  # noqa: DTZ001 -- workbooks know no zones
    rows = [
        ["编号", "时间", "电话", "经度", "紧急", "内容"],
        [],
        [17, moment, 13800000000, 121.4737, True, "路灯\n坏了"],
        [18],
    ]
    found = read(book(tmp_path / "book.csv", [], rows))
    assert found[0] == tuple(rows[0])
    assert found[1] == [
        Row(3, ("17", "2026-01-05 09:30:00", "13800000000", "121.4737", "True", "路灯\n坏了")),
        Row(4, ("18", "", "", "", "", "")),
    ]


def test_a_workbook_counts_rows_from_its_top(tmp_path) -> None:
    path = book(tmp_path / "b.xlsx", [[], [], ["no", "text"], ["1", "a"]])
    assert read(path) == (("no", "text"), [Row(4, ("1", "a"))])


def test_a_workbook_without_rows_says_so(tmp_path) -> None:
    with pytest.raises(SanbanError, match="has no rows"):
        read(book(tmp_path / "b.xlsx", [], []))


def test_a_workbook_tells_how_far_it_has_come(tmp_path) -> None:
    with open_sheet(book(tmp_path / "b.xlsx", [["text"], ["a"], ["b"]])) as sheet:
        list(sheet.rows)
        assert (sheet.done(), sheet.total) == (3, 3)


def test_a_workbook_that_unpacks_beyond_measure_is_not_opened(tmp_path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/sheet.xml", "w") as entry:
        for _ in range(20):
            entry.write(bytes(1 << 20))
    limit = workbook.UNPACKED_LIMIT
    try:
        workbook.UNPACKED_LIMIT = 10 << 20
        with pytest.raises(SanbanError, match="unpacks to more"):
            read(path)
    finally:
        workbook.UNPACKED_LIMIT = limit
