"""Texts that staff write about a case: whose they are, and what is left of them when requesters are erased."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sanban.handling.needs import Needs
from sanban.handling.pages.forms import submission
from sanban.handling.reactions import opening
from sanban.intake.desk.deciding import answer_on_the_spot
from sanban.kernel.case.state import Case
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.main.binding import intake_needs_of, needs_of
from sanban.main.copies import back_up, erase_person, restore_into
from sanban.main.house import House, open_house
from sanban.main.meeting.facts import arrival_of
from sanban.main.proving import prove
from sanban.main.setup import init

DISPATCHER = Actor("dispatcher-1", "dispatcher", "centre", unit_kind="centre")
TEXT = "小区路灯不亮，路灯坏了好几天，夜里漆黑一片，请尽快维修路灯。"
ROWS = [["1", "U1", "路灯不亮", TEXT], ["2", "U2", "路灯不亮", TEXT + "谢谢"]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A deployment with one case of two requesters."""
    init(tmp_path / "home", code="demo", title="示范区", mode="trial")
    file = tmp_path / "messages.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["编号", "用户", "标题", "内容"], *ROWS])
    with open_house(tmp_path / "home") as opened:
        opened.import_file(file, rejects_path=tmp_path / "rejects.csv")
        first, second = requests_of(opened)
        arrival = arrival_of(opened.reader.state(f"request:{first}"), "street-light", opened.cases)
        started = msgspec.structs.replace(opening(arrival), command_id="open", actor=DISPATCHER)
        assert opened.ledger.submit(started).refused is None
        case_id = case_of(opened).id
        joins = (
            Part(f"case:{case_id}", "attach", {"request": second}),
            Part(f"request:{second}", "link", {"case": case_id}),
        )
        assert opened.ledger.submit(Submission("join", DISPATCHER, joins)).refused is None
        yield opened


def requests_of(house: House) -> list[str]:
    sql = "SELECT request FROM request_view WHERE district = :district ORDER BY number"
    return [row[0] for row in house.reader.query(sql)]


def case_of(house: House) -> Case:
    ((case_id,),) = house.reader.query("SELECT case_id FROM case_view WHERE district = :district")
    found = house.reader.state(f"case:{case_id}")
    assert isinstance(found, Case)
    return found


def note_down(house: House, text: str, step: str = "note", **args: object) -> str:
    """Takes a step with a note and gives the note's ref; it must succeed."""
    needs: Needs = needs_of(house)
    sent = submission(needs, DISPATCHER, case_of(house), step, args, text, f"note {text}")
    answer = house.ledger.submit(sent)
    assert answer.refused is None, answer.refused
    return sent.secrets[0].ref


def kept(house: House, *refs: str) -> list[bool]:
    opened = house.reader.open_secrets(list(refs))
    return [ref in opened for ref in refs]


def test_a_note_belongs_to_the_case_and_a_text_about_one_request_to_its_requester(house: House) -> None:
    case = case_of(house)
    note_down(house, "约了周三上门")
    promised = case.requests[1].promised_at or 0
    note_down(
        house, "已告知延期", "lengthen_promise", request=case.requests[1].id, promised_at=promised + 86_400_000_000
    )
    owners = house.reader.query("SELECT person FROM vault_entry WHERE district = :district AND kind = 'text'")
    assert (f"case:{case.id}",) in owners
    assert owners.count((case.requests[1].requester,)) == 2


def test_erasing_one_requester_neither_blocks_the_case_nor_takes_the_others_texts(house: House) -> None:
    case = case_of(house)
    one, two = (request.requester for request in case.requests)
    general = note_down(house, "约了周三上门")
    erase_person(house, one)
    assert kept(house, general) == [True]
    later = note_down(house, "周三已修好一半")
    assert kept(house, later) == [True]
    assert prove(house).findings == []
    erase_person(house, two)
    assert kept(house, general, later) == [False, False]
    assert prove(house).findings == []
    after = note_down(house, "全部修好")
    assert kept(house, after) == [True]
    events = house.reader.query(
        "SELECT stream FROM ledger_event WHERE district = :district AND type = :type", {"type": "person.erased"}
    )
    assert {row[0] for row in events} == {one, two, f"person:case:{case.id}"}


def test_what_is_written_about_an_erased_persons_request_stands_under_a_key_that_lives(house: House) -> None:
    case = case_of(house)
    gone = case.requests[0]
    erase_person(house, gone.requester)
    promised = (gone.promised_at or 0) + 86_400_000_000
    ref = note_down(house, "延期", "lengthen_promise", request=gone.id, promised_at=promised)
    rows = house.reader.query("SELECT person FROM vault_entry WHERE district = :district AND ref = :ref", {"ref": ref})
    assert rows == [(f"case:{case.id}",)]


def test_a_request_of_an_erased_person_can_still_be_answered_and_closed(house: House) -> None:
    case = case_of(house)
    leaving = case.requests[1]
    parts = (
        Part(f"request:{leaving.id}", "unlink", {"case": case.id}),
        Part(f"case:{case.id}", "split", {"request": leaving.id}),
    )
    assert house.ledger.submit(Submission("split", DISPATCHER, parts)).refused is None
    erase_person(house, leaving.requester)
    needs, request = intake_needs_of(house), house.reader.state(f"request:{leaving.id}")
    assert answer_on_the_spot(needs, DISPATCHER, "answer", request, "已说明", "explained", house.clock()) is None
    assert house.reader.state(f"request:{leaving.id}").state == "closed"
    assert prove(house).findings == []


def test_a_restored_copy_forgets_the_texts_of_the_case_again(house: House, tmp_path: Path) -> None:
    case = case_of(house)
    note = note_down(house, "约了周三上门")
    back_up(house, tmp_path / "copy", with_key=True)
    for request in case.requests:
        erase_person(house, request.requester)
    assert kept(house, note) == [False]
    lines = restore_into(tmp_path / "copy", tmp_path / "elsewhere", None, None, no_erasures=False)
    assert ("erased again", 3) in lines
    with open_house(tmp_path / "elsewhere") as again:
        assert kept(again, note) == [False]
        assert prove(again).findings == []
        assert kept(again, note_down(again, "又一条")) == [True]
    shutil.rmtree(tmp_path / "elsewhere")


def test_an_erasure_cut_short_after_its_lines_is_completed_with_the_cases_texts(house: House) -> None:
    case = case_of(house)
    note = note_down(house, "约了周三上门")
    one, two = (request.requester for request in case.requests)
    erase_person(house, one)
    register = house.home.erasure_register
    before = register.read_bytes()
    line = before.splitlines()[-1].replace(one.encode(), two.encode())
    key = line.replace(two.encode(), f"case:{case.id}".encode())
    register.write_bytes(before + key + b"\n" + line + b"\n")
    house.close()
    house.ledger.reach()
    assert kept(house, note) == [False]
    assert prove(house).findings == []
