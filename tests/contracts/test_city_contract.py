"""One contract for every way to the city's platform: the twin in memory, and the folder with CSV or xlsx."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
import pytest

from sanban.intake.city.messages import CityAway, CityPlatform, Incoming, Outgoing, Rejected, SheetRow
from sanban.intake.city.platform.folder import FolderCity
from sanban.intake.city.platform.memory import MemoryCity
from sanban.intake.city.platform.tables import TableReader, write_table
from sanban.intake.sheet import open_sheet
from sanban.kernel.errors import Refused, SanbanError
from sanban.packs.desk.city import CityTerms, load_city_terms

ZONE = ZoneInfo("Asia/Shanghai")
AT = 1_780_362_000_000_000
TERMS: CityTerms = load_city_terms(Path("nowhere"))
ORDER = Incoming(
    place=1, number="SH2026-1", said_at=AT, due_at=AT + 3_600_000_000, text="路灯不亮，请修理。", name="欧阳测试",
    phone="13800001234", address="和平路1号",
)  # fmt: skip
URGING = Incoming(place=2, kind="urging", number="SH2026-1", said_at=AT, message="m-1", text="再次催促")
WHY = Refused("unknown_order", "no order of this number was taken", "the order first")


class Side(Protocol):
    """The other side of a platform: what the city does, and what it finds."""

    platform: CityPlatform

    def give(self, *messages: Incoming) -> None: ...

    def received(self) -> list[tuple[str, str, str, str]]:
        """(kind, number, message, text) of what has arrived there, each once."""
        ...

    def rejected(self) -> list[tuple[int, str]]: ...

    def list_day(self, day: str, rows: Sequence[SheetRow]) -> None: ...

    def go_away(self) -> None: ...


class MemorySide:
    def __init__(self) -> None:
        self.platform = self.city = MemoryCity(TERMS.reply)
        self.city.answers = "late"

    def give(self, *messages: Incoming) -> None:
        self.city.give(*messages)

    def received(self) -> list[tuple[str, str, str, str]]:
        return [(one.kind, one.number, one.message, one.text) for one in self.city.received.values()]

    def rejected(self) -> list[tuple[int, str]]:
        return [(one.place, one.why.reason) for found in self.city.rejected.values() for one in found]

    def list_day(self, day: str, rows: Sequence[SheetRow]) -> None:
        self.city.sheets[day] = tuple(rows)

    def go_away(self) -> None:
        self.city.away = True


class FolderSide:
    def __init__(self, root: Path, ending: str) -> None:
        self.root, self.ending = root, ending
        files = msgspec.structs.replace(TERMS.files, written=ending)
        self.words = files
        self.platform = FolderCity(root, files, ZONE)
        self.given = 0
        self.platform.collect()

    def give(self, *messages: Incoming) -> None:
        self.given += 1
        columns = [self.words.columns[name][0] for name in ("kind", "number", "message", "time", "due", "text")]
        rows = [[*columns, "姓名", "联系电话", "地址"]]
        for one in messages:
            kind = self.words.kinds[one.kind][0]
            words = [one.text, one.name, one.phone, one.address]
            rows.append([kind, one.number, one.message, clock(one.said_at), clock(one.due_at), *words])
        write_table(self.root / "inbox" / f"{self.given:03}.{self.ending}", rows)

    def received(self) -> list[tuple[str, str, str, str]]:
        found = []
        for path in sorted((self.root / "outbox").iterdir()):
            with open_sheet(path) as sheet:
                places = {name: sheet.headers.index(names[0]) for name, names in self.words.columns.items()
                          if names[0] in sheet.headers}  # fmt: skip
                for row in sheet.rows:
                    kind, number, message, text = (
                        row.cells[places[name]] for name in ("kind", "number", "message", "text")
                    )
                    ours = next(ours for ours, names in self.words.kinds.items() if kind in names)
                    found.append((ours, number, message, text))
        return found

    def rejected(self) -> list[tuple[int, str]]:
        found = []
        for path in sorted((self.root / "rejects").glob("*.rejects.csv")):
            with open_sheet(path) as sheet:
                found += [(int(row.cells[0]) - 1, row.cells[1]) for row in sheet.rows]
        return found

    def list_day(self, day: str, rows: Sequence[SheetRow]) -> None:
        number, state = self.words.columns["number"][0], self.words.columns["state"][0]
        lines = [[one.number, self.words.states[one.state][0]] for one in rows]
        write_table(self.root / "day" / f"{day}.{self.ending}", [[number, state], *lines])

    def go_away(self) -> None:
        self.root.rename(self.root.with_name("elsewhere"))
        self.root.write_text("a file stands where the folder was", encoding="utf-8")


def clock(at: int | None) -> str:
    return "" if at is None else dt.datetime.fromtimestamp(at / 1e6, ZONE).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture(params=["memory", "csv", "xlsx"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Side:
    return MemorySide() if request.param == "memory" else FolderSide(tmp_path / "city", request.param)


def plain(message: Incoming) -> Incoming:
    return msgspec.structs.replace(message, place=0)


def test_what_the_city_gives_arrives_as_it_was_given_and_in_order(side: Side) -> None:
    side.give(ORDER, URGING)
    side.give(msgspec.structs.replace(ORDER, number="SH2026-2"))
    found = [plain(one) for delivery in side.platform.collect() for one in delivery.messages]
    assert found == [plain(ORDER), plain(URGING), plain(msgspec.structs.replace(ORDER, number="SH2026-2"))]


def test_a_delivery_comes_until_it_is_settled_and_then_no_more(side: Side) -> None:
    side.give(ORDER)
    first = side.platform.collect()
    assert side.platform.collect() == first
    side.platform.settle(first[0], ())
    assert side.platform.collect() == ()
    assert side.rejected() == []


def test_the_city_learns_which_messages_were_not_taken_and_why(side: Side) -> None:
    side.give(ORDER, URGING)
    (delivery,) = side.platform.collect()
    side.platform.settle(delivery, (Rejected(delivery.messages[1].place, WHY),))
    assert side.rejected() == [(2, "unknown_order")]


def test_a_message_of_ours_arrives_once_however_often_it_is_sent(side: Side) -> None:
    side.give(ORDER)
    side.platform.collect()
    reply = Outgoing("r-1", "reply", "SH2026-1", AT, text='=已修复,"现场"正常。', ending="已解决")
    for _ in range(3):
        assert side.platform.send(reply).outcome in ("handed", "taken")
    ((kind, number, message, text),) = side.received()
    assert (kind, number, message) == ("reply", "SH2026-1", "r-1")
    assert text.lstrip("'") == reply.text


def test_the_citys_list_of_a_day_is_none_until_it_is_given(side: Side) -> None:
    assert side.platform.sheet("2026-06-02") is None
    rows = (SheetRow("SH2026-1", "open"), SheetRow("SH2026-2", "replied"), SheetRow("SH2026-3", "returned"))
    side.list_day("2026-06-02", rows)
    assert side.platform.sheet("2026-06-02") == rows
    assert side.platform.sheet("2026-06-03") is None


def test_a_city_that_is_away_says_so_and_loses_nothing(side: Side) -> None:
    side.give(ORDER)
    side.go_away()
    with pytest.raises(CityAway):
        side.platform.collect()
    sent = side.platform.send(Outgoing("r-1", "reply", "SH2026-1", AT, text="已修复，现场正常。"))
    assert (sent.outcome, sent.code) == ("later", "unreachable")


# What only files can do wrong.


@pytest.fixture
def folder(tmp_path: Path) -> FolderSide:
    return FolderSide(tmp_path / "city", "csv")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("别的,SH1,,,,说的话", "unknown_kind"),
        ("新工单,SH1,,昨天,,说的话", "bad_time"),
        ("新工单,SH1,,,2026-13-40,说的话", "bad_time"),
        ("回执,SH1,,,,", "unknown_outcome"),
        ("新工单,SH1,,,,说的话,多一格", "wrong_width"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_problem_of_that_row_alone(folder: FolderSide, line: str, reason: str) -> None:
    text = f"类型,工单编号,消息编号,时间,办理时限,内容\n{line}\n新工单,SH2,,,,另一件事\n"
    (folder.root / "inbox" / "a.csv").write_text(text, encoding="utf-8")
    (delivery,) = folder.platform.collect()
    bad, good = delivery.messages
    assert bad.problem is not None
    assert (bad.problem.reason, bool(bad.problem.example), good.problem) == (reason, True, None)


def test_a_file_that_is_no_table_goes_to_the_rejects_whole_with_its_reason(folder: FolderSide) -> None:
    for name, content in (("a.csv", b"\x00\x01\x02"), ("b.xlsx", b"PK\x03\x04 damaged"), ("c.csv", b"a,b\n1,2\n")):
        (folder.root / "inbox" / name).write_bytes(content)
    for delivery in folder.platform.collect():
        assert delivery.problem is not None
        folder.platform.settle(delivery, (Rejected(0, delivery.problem),))
    assert folder.platform.collect() == ()
    assert {path.name for path in (folder.root / "rejects").iterdir()} >= {"a.csv", "b.xlsx", "c.csv"}
    assert len(folder.rejected()) == 3


def test_a_file_that_is_still_being_written_is_left_alone(folder: FolderSide) -> None:
    for name in (".a.csv.part", "b.csv.part", "c.tmp", ".hidden.csv", "~$d.xlsx"):
        (folder.root / "inbox" / name).write_text("类型,工单编号,内容\n", encoding="utf-8")
    assert folder.platform.collect() == ()


def test_two_files_of_one_name_are_both_kept(folder: FolderSide) -> None:
    for number in ("SH1", "SH2", "SH1"):
        text = f"类型,工单编号,内容\n新工单,{number},路灯不亮\n"
        (folder.root / "inbox" / "today.csv").write_text(text, encoding="utf-8")
        (delivery,) = folder.platform.collect()
        folder.platform.settle(delivery, ())
    assert len(list((folder.root / "done").iterdir())) == 3


@pytest.mark.parametrize("rows", ["工单编号,状态\nSH1,不知道\n", "工单编号,状态\n,在办\n", "编号\nSH1\n"])
def test_a_list_of_a_day_that_cannot_be_read_says_which_row(folder: FolderSide, rows: str) -> None:
    path = folder.root / "day" / "2026-06-02.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(SanbanError) as raised:
        folder.platform.sheet("2026-06-02")
    assert raised.value.example


def test_files_of_the_city_are_for_their_owner_alone_and_a_formula_stays_text(folder: FolderSide) -> None:
    folder.platform.send(Outgoing("r-1", "return", "SH1", AT, ground="事发地不在本区", text='=HYPERLINK("x")'))
    (path,) = (folder.root / "outbox").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert ",'=HYPERLINK" in path.read_text(encoding="utf-8-sig").replace('"', "")


def test_a_file_of_too_many_rows_is_not_taken_in_one_piece(folder: FolderSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sanban.intake.city.platform.tables.ROWS_AT_MOST", 2)
    rows = "".join(f"新工单,SH{number},路灯不亮\n" for number in range(3))
    path = folder.root / "inbox" / "big.csv"
    path.write_text(f"类型,工单编号,内容\n{rows}", encoding="utf-8")
    (delivery,) = folder.platform.collect()
    assert delivery.problem is not None
    assert TableReader(TERMS.files, ZONE)
