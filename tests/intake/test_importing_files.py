"""Importing: every row is accepted, repeated or rejected; twice changes nothing; personal data stays in the vault."""

from __future__ import annotations

import csv
import hmac
import json
import os
import re
import stat
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanban.intake.identity.persons import nobody
from sanban.intake.importing import ImportReport, import_file
from sanban.intake.triage import MatterWords, Triage
from sanban.kernel.errors import Refused, SanbanError
from sanban.ledger.port import Answer, Submission

DATA = Path(os.environ.get("SANBAN_DATA", Path(__file__).parents[3] / "shared" / "data"))
KEY = b"k" * 32
TRIAGE = Triage([MatterWords("noise", "噪音扰民", "Noise", (("噪音", 5), ("路灯", 1)), auto_at=6000)], "1")
HEADERS = "编号,用户,姓名,电话,主题,内容,时间,地址,经度,纬度,渠道,网格"
FULL = (
    "SH-1,U1,某甲,138 0000 0000,噪音扰民,楼下夜间噪音很大,2026-01-05 09:30:00,幸福路1号,121.4737,31.2304,12345热线,G-01"
)

Import = Callable[..., ImportReport]


@pytest.fixture
def run(tmp_path, ledger) -> Import:
    """Imports text into the ledger of the test; keywords change the settings."""

    def imported(content: str, into: Any = None, **changes: Any) -> ImportReport:
        path = tmp_path / "file.csv"
        path.write_text(content, encoding="utf-8", newline="")
        plain = {
            "district": "d1", "desk_unit": "hotline", "triage": TRIAGE, "party_key": KEY,
            "zone": ZoneInfo("Asia/Shanghai"), "rejects_path": tmp_path / "rejects.csv",
            "find": getattr(into or ledger, "find", nobody), "channels": ("kiosk-2",),
        }  # fmt: skip
        return import_file(path, into or ledger, **plain | changes)

    return imported


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.read, report.accepted, report.repeated, report.rejected


def only(ledger: Any) -> Any:
    (state,) = ledger.states.values()
    return state


def test_a_row_becomes_a_request_with_everything_personal_in_the_vault(run, ledger) -> None:
    assert counts(run(f"{HEADERS}\n{FULL}\n")) == (1, 1, 0, 0)
    received = only(ledger).received
    said = {name: ledger.secrets.get(getattr(received, name)) for name in ("text", "title", "name", "phone", "address")}
    assert said == {
        "text": "楼下夜间噪音很大",
        "title": "噪音扰民",
        "name": "某甲",
        "phone": "138 0000 0000",
        "address": "幸福路1号",
    }
    assert json.loads(ledger.secrets[received.point]) == {"lon": 1_214_737_000, "lat": 312_304_000, "crs": "unstated"}
    assert (ledger.secrets[received.external_ref], received.channel, received.grid, received.desk) == (
        "SH-1",
        "phone",
        "G-01",
        "hotline",
    )
    assert received.received_at == 1_767_576_600_000_000
    stored = re.sub("[0-9a-f-]{36}", "drawn", b"".join(payload for _, payload in ledger.stored).decode())
    assert stored.isascii()
    assert "person:drawn" in stored
    assert not any(value in stored for value in ("U1", "138", "1214737", "SH-1"))


def test_the_same_command_holds_the_suggestion(run, ledger) -> None:
    run(f"{HEADERS}\n{FULL}\n")
    assert only(ledger).best.matter == "noise"
    assert only(ledger).model == TRIAGE.model
    assert only(ledger).auto


def test_a_text_of_which_no_word_speaks_gets_no_suggestion(run, ledger) -> None:
    run("内容\n一切安好没有问题\n")
    assert only(ledger).candidates == ()


def test_importing_twice_changes_nothing(run, ledger) -> None:
    content = f"{HEADERS}\n{FULL}\n,U2,,,,没有编号的一行诉求,,,,,,\n"
    first = run(content)
    stored = list(ledger.stored)
    assert counts(first) == (2, 2, 0, 0)
    assert counts(run(content)) == (2, 0, 2, 0)
    assert ledger.stored == stored


def test_other_rules_of_triage_do_not_make_a_row_new(run, ledger) -> None:
    run(f"{HEADERS}\n{FULL}\n")
    assert counts(run(f"{HEADERS}\n{FULL}\n", triage=Triage([], "2"), desk_unit="other")) == (1, 0, 1, 0)


def test_columns_that_are_not_read_do_not_make_a_row_new(run) -> None:
    run("编号,内容,点赞数\n1,路灯坏了请修理,5\n")
    assert counts(run("编号,内容,点赞数\n1,路灯坏了请修理,99\n")) == (1, 0, 1, 0)


def test_padding_does_not_make_a_row_new(run) -> None:
    run('编号,内容\n1,"\n\t\t路灯坏了\t\n"\n')
    assert counts(run("编号,内容\n1,路灯坏了\n")) == (1, 0, 1, 0)


def test_a_number_that_comes_again_with_the_same_content_is_repeated_and_with_other_content_rejected(run) -> None:
    report = run("编号,内容\n1,路灯坏了\n1,路灯坏了\n1,停车困难\n")
    assert counts(report) == (3, 1, 1, 1)
    assert report.reasons == {"number_reused": 1}


def test_the_same_number_of_two_sources_is_two_requests(run, ledger) -> None:
    run("编号,内容\n1,路灯坏了\n")
    assert counts(run("编号,内容\n1,停车困难\n", source="street-app")) == (1, 1, 0, 0)
    assert len(ledger.states) == 2


def test_rows_without_a_number_are_told_apart_by_their_content(run) -> None:
    assert counts(run("用户,内容\nU1,路灯坏了\nU2,路灯坏了\nU1,路灯坏了\n")) == (3, 2, 1, 0)


@pytest.mark.parametrize(
    ("headers", "rows", "persons"),
    [
        ("用户,内容", ["U1,甲事甲事", "U1,乙事乙事"], 1),
        ("用户,内容", ["U1,甲事甲事", "U2,乙事乙事"], 2),
        ("电话,内容", ["138 0000 1234,甲事甲事", "+86-138-0000-1234,乙事乙事"], 1),
        ("姓名,内容", ["某甲,甲事甲事", "某甲,乙事乙事"], 2),
        ("内容", ["甲事甲事", "乙事乙事"], 2),
    ],
)
def test_persons_are_known_by_user_or_phone_and_never_by_name(headers, rows, persons, run, ledger) -> None:
    run("\n".join([headers, *rows]))
    assert len({state.received.requester for state in ledger.states.values()}) == persons


def test_who_gives_a_placeholder_for_a_phone_stays_a_stranger_and_the_report_counts_it(run, ledger) -> None:
    report = run("电话,内容\n12345,甲事甲事\n12345,乙事乙事\n13800001234,丙事丙事\n,丁事丁事\n")
    assert len({state.received.requester for state in ledger.states.values()}) == 4
    assert report.unnamed == 2


def test_a_person_is_found_again_in_another_file_and_has_an_id_of_chance(run, ledger, new_ledger) -> None:
    run("电话,内容\n13800001234,甲事甲事\n")
    run("电话,内容\n+86 138-0000-1234,乙事乙事\n")
    (person,) = {state.received.requester for state in ledger.states.values()}
    other = new_ledger()
    run("电话,内容\n13800001234,甲事甲事\n", into=other)
    assert person != only(other).received.requester


def test_after_an_erasure_the_same_file_changes_nothing_and_a_new_row_is_a_new_person(run, ledger) -> None:
    content = "编号,电话,内容\n1,13800001234,甲事甲事\n,13800001234,无号的事\n"
    run(content)
    (person,) = {state.received.requester for state in ledger.states.values()}
    ledger.erase(person)
    stored, secrets = list(ledger.stored), dict(ledger.secrets)
    assert counts(run(content)) == (2, 0, 2, 0)
    assert (ledger.stored, ledger.secrets) == (stored, secrets)
    run(content + "2,13800001234,又一件事\n")
    assert len({state.received.requester for state in ledger.states.values()}) == 2


@pytest.mark.parametrize("number", ["13800001234", "110101199003078881", "021-62345678", "李四-1"])
def test_a_number_that_looks_personal_is_kept_apart_and_tells_no_request_apart(number, run, ledger) -> None:
    content = f"编号,内容\n{number},路灯坏了\n{number},停车困难\n"
    assert counts(run(content)) == (2, 2, 0, 0)
    assert counts(run(content)) == (2, 0, 2, 0)
    assert {ledger.secrets[state.received.external_ref] for state in ledger.states.values()} == {number}
    stored = b"".join(payload for _, payload in ledger.stored).decode()
    assert number not in stored
    assert uuid_of_number(number) not in stored


def uuid_of_number(number: str) -> str:
    """The id that the number would give a request if it were none of anybody's."""
    digest = hmac.digest(KEY, msgspec.json.encode(("d1", "city", "number", number)), "sha256").hex()
    return str(uuid5(uuid5(NAMESPACE_DNS, "intake.sanban"), msgspec.json.encode(("request", digest)).decode()))


def test_a_plain_number_gives_the_request_an_id_that_needs_the_key(run, ledger) -> None:
    run("编号,内容\nSH-1,路灯坏了\n")
    assert only(ledger).id == uuid_of_number("SH-1")


def changed(**cells: str) -> str:
    """The full row with some cells changed, by the number of their column."""
    row = FULL.split(",")
    for name, value in cells.items():
        row[int(name[1:])] = f'"{value}"'
    return ",".join(row)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (changed(c5=""), "empty_text"),
        (changed(c5=" \n\t "), "empty_text"),
        (changed(c5="长" * 20_001), "text_too_long"),
        (changed(c4="长" * 201), "title_too_long"),
        (changed(c7="长" * 501), "address_too_long"),
        (changed(c6="yesterday"), "bad_time"),
        (changed(c6="1989-12-31 23:59"), "too_long_ago"),
        (changed(c6="2999-01-01"), "in_the_future"),
        (changed(c0="SH 1 x"), "bad_number"),
        (changed(c8="121.4737E"), "bad_point"),
        (changed(c9=""), "bad_point"),
        (changed(c9="91"), "bad_point"),
        (changed(c11="第一网格"), "bad_grid"),
        (changed(c11="13800001234"), "bad_grid"),
        (FULL + ",surplus", "wrong_width"),
        ('SH-1,"never closed', "open_quote"),
    ],
)
def test_a_row_that_cannot_be_taken_is_rejected_with_a_reason_and_an_example(row, reason, run, tmp_path) -> None:
    report = run(f"{HEADERS}\n{changed(c0='SH-0')}\n{row}\n{changed(c0='SH-2')}\n")
    assert (counts(report), report.reasons) == ((3, 2, 0, 1), {reason: 1})
    assert report.rejects_path == tmp_path / "rejects.csv"
    with report.rejects_path.open(encoding="utf-8-sig", newline="") as file:
        headers, reject = csv.reader(file)
    assert headers == ["reject_row", "reject_reason", "reject_message", "reject_example", *HEADERS.split(",")]
    assert reject[:2] == ["3", reason]
    assert all(reject[2:4])
    assert reject[4:] == next(csv.reader([row]))


def test_a_time_just_long_enough_ago_and_a_text_just_short_enough_are_taken(run) -> None:
    row = changed(c5="长噪音灯" * 5000, c6="1990-01-01T00:00:00Z")
    assert counts(run(f"{HEADERS}\n{row}\n")) == (1, 1, 0, 0)


def test_the_file_of_rejects_is_private_marked_and_runs_no_formula(run, tmp_path) -> None:
    hostile = "=cmd|'/c calc'!A1"
    report = run(
        f'编号,内容,"=1+1"\n{hostile},坏编号的诉求,"@sum"\n1,,"-2+3"\n2,,"\t=x"\n', mapping={"external_no": "编号"}
    )
    assert report.reasons == {"bad_number": 1, "empty_text": 2}
    path = tmp_path / "rejects.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"\xef\xbb\xbfreject_row")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][-1] == "'=1+1"
    assert [row[4] for row in rows[1:]] == [f"'{hostile}", "1", "2"]
    assert [row[6] for row in rows[1:]] == ["'@sum", "'-2+3", "'\t=x"]


def test_a_corrected_file_of_rejects_imports(run, tmp_path, ledger) -> None:
    run("电话,内容,时间\n+86 13800001234,=路灯坏了请修,yesterday\n")
    corrected = (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig").replace("yesterday", "2026-01-05")
    assert counts(run(corrected)) == (1, 1, 0, 0)
    received = only(ledger).received
    assert ledger.secrets[received.phone] == "+86 13800001234"
    assert ledger.secrets[received.text] == "=路灯坏了请修"
    assert not (tmp_path / "rejects.csv").exists(), "an old file of rejects goes when there are none"


def test_a_file_that_is_no_file_of_rejects_is_never_overwritten(run, tmp_path) -> None:
    precious = tmp_path / "precious.csv"
    precious.write_text("not ours")
    with pytest.raises(SanbanError, match="not a file of rejects"):
        run("内容\n路灯坏了\n", rejects_path=precious)
    assert precious.read_text() == "not ours"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"party_key": b"short"}, "less than 16 bytes"),
        ({"source": " "}, "name the system"),
        ({"rejects_path": "file.csv"}, "over the file itself"),
        ({"mapping": {"text": "absent"}}, "not in the file"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_written(
    changes, message, run, ledger, tmp_path
) -> None:
    if "rejects_path" in changes:
        changes = {"rejects_path": tmp_path / changes["rejects_path"]}
    with pytest.raises(SanbanError, match=message):
        run("内容\n路灯坏了\n", **changes)
    assert not ledger.states


class Failing:
    """A ledger that refuses one command in the middle of a batch."""

    def submit(self, submission: Submission) -> Answer:
        is_second = any(secret.value == "乙事乙事" for secret in submission.secrets)
        refused = Refused("failed", "the person was erased", "register the person again") if is_second else None
        return Answer(submission.command_id, refused=refused)

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]:
        return [self.submit(submission) for submission in submissions]


def test_a_command_that_the_ledger_refuses_is_rejected_alone(run, tmp_path) -> None:
    report = run("内容\n甲事甲事\n乙事乙事\n丙事丙事\n", into=Failing())
    assert (counts(report), report.reasons) == ((3, 2, 0, 1), {"failed": 1})
    assert "3,failed,the person was erased" in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")


def test_a_folder_is_no_file_of_rejects(run, tmp_path) -> None:
    with pytest.raises(SanbanError, match="not a file of rejects"):
        run("内容\n路灯坏了\n", rejects_path=tmp_path)


def test_without_a_map_a_point_is_in_no_grid(run, ledger) -> None:
    run(f"{HEADERS}\n{changed(c11='')}\n")
    assert only(ledger).received.grid == ""


def test_a_point_outside_the_district_is_a_reject_with_one_inside(run, ledger, tmp_path) -> None:
    row = f"{HEADERS}\n{changed(c11='')}\n"
    report = run(row, inside=lambda: "121.473700, 31.230400")
    assert (counts(report), report.reasons) == ((1, 0, 0, 1), {"outside_district": 1})
    assert "121.473700, 31.230400" in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")
    assert counts(run(row, inside=lambda: "", locate=lambda *_: "")) == (1, 1, 0, 0)


def test_a_point_of_the_district_is_looked_for_once_for_all_rows_that_lie_outside(run) -> None:
    asked: list[str] = []
    rows = "\n".join(changed(c0=f"SH-{number}", c11="") for number in range(3))
    report = run(f"{HEADERS}\n{rows}\n", inside=lambda: asked.append("") or "121.473700, 31.230400")
    assert (report.reasons, report.lies_outside, len(asked)) == ({"outside_district": 3}, True, 1)


def test_a_point_is_located_where_the_file_names_no_grid(run, ledger) -> None:
    run(f"{HEADERS}\n{changed(c11='')}\n", locate=lambda lon, lat: f"{lon}-{lat}")
    assert only(ledger).received.grid == "1214737000-312304000"


@pytest.mark.parametrize(
    ("said", "code"),
    [("微信公众号", "wechat"), ("12345", "phone"), ("随申办APP", "app"), ("网上留言", "web"), ("kiosk-2", "kiosk-2"),
     ("kiosk-3", "other"), ("口头", "other"), ("某甲转告 13800001234", "other"),
     ("电话 13800001234", "other"), ("", "file")],
)  # fmt: skip
def test_channels_become_codes(said, code, run, ledger) -> None:
    run(f"渠道,内容\n{said},路灯坏了\n")
    assert only(ledger).received.channel == code
    kept = ledger.secrets.get(only(ledger).received.channel_said, "")
    assert kept == (said if code == "other" else "")


def test_rows_go_in_batches_and_progress_is_told(run, ledger) -> None:
    told: list[tuple[int, int]] = []
    rows = "\n".join(f"{number},第{number}件事需要处理" for number in range(1100))
    report = run(f"编号,内容\n{rows}\n", progress=lambda done, total: told.append((done, total)))
    assert counts(report) == (1100, 1100, 0, 0)
    assert ledger.calls == 3
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.lists(
        st.sampled_from(
            [
                "1,路灯坏了",
                "1,停车困难",
                "2,=1+1 是什么",
                "3,",
                '4,"开',
                "5,a,b",
                "6,路灯\x00坏了，请尽快派人来修理，谢谢你们",
                ",无号诉求",
                "x y,z",
            ]
        ),
        max_size=12,
    )
)
def test_every_row_ends_in_exactly_one_count_and_again_nothing_is_accepted(body, run, new_ledger) -> None:
    own = new_ledger()
    content = "\n".join(["编号,内容", *body]) + "\n"
    first, second = run(content, into=own), run(content, into=own)
    for report in (first, second):
        assert report.read == report.accepted + report.repeated + report.rejected
        assert sum(report.reasons.values()) == report.rejected
    assert len(own.states) == first.accepted
    assert (second.read, second.accepted, second.rejected) == (first.read, 0, first.rejected)


@pytest.mark.parametrize(("name", "read", "accepted"), [("stream.csv", 4298, 4298), ("labelled_raw.csv", 447, 446)])
def test_real_messages_are_all_taken_once(name, read, accepted, ledger, tmp_path) -> None:
    path = DATA / "messages" / name
    if not path.is_file():
        pytest.skip(f"{path} is absent: set SANBAN_DATA to the folder of real data")
    for expected in ((read, accepted, read - accepted, 0), (read, 0, read, 0)):
        report = import_file(
            path, ledger, district="d1", desk_unit="hotline", triage=TRIAGE, party_key=KEY,
            zone=ZoneInfo("Asia/Shanghai"), rejects_path=tmp_path / "rejects.csv",
        )  # fmt: skip
        assert counts(report) == expected


class Sink:
    """A ledger that takes everything and keeps nothing."""

    def submit(self, submission: Submission) -> Answer:
        return Answer(submission.command_id)

    def submit_many(self, submissions: Sequence[Submission]) -> list[Answer]:
        return [self.submit(submission) for submission in submissions]


def peaks(tmp_path: Path, rows: int, text: str) -> tuple[int, list[int]]:
    """Imports a file of so many rows of one text; its size and the most memory held in each batch, in bytes."""
    held: list[int] = []

    def told(_done: int, _total: int) -> None:
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()

    path = tmp_path / "big.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "内容"])
        writer.writerows([number, text] for number in range(rows))
    tracemalloc.start()
    try:
        report = import_file(
            path, Sink(), district="d1", desk_unit="hotline", triage=Triage([], "1"), party_key=KEY,
            zone=ZoneInfo("Asia/Shanghai"), rejects_path=tmp_path / "rejects.csv", progress=told,
        )  # fmt: skip
        assert (report.read, report.accepted) == (rows, rows)
        return path.stat().st_size, held
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_from_batch_to_batch(tmp_path) -> None:
    _, [_, first, *later] = peaks(tmp_path, 6 * 512, "\n\t\t夜间施工噪音很大，" * 10)
    assert len(later) == 4
    assert max(later) < 1.1 * first


@pytest.mark.prove
def test_a_file_of_a_hundred_megabytes_is_read_in_the_memory_of_a_batch(tmp_path) -> None:
    size, held = peaks(tmp_path, 9300, "\n\t\t" + "夜间施工噪音很大，" * 600)
    assert size > 100_000_000
    assert max(held) < 45_000_000
