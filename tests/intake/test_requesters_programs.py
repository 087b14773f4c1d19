"""Programs file requests and follow them as requesters do on their pages: the same words, checks and counts."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec
from litestar.testing import TestClient

from handling.small_district import DAY, actor
from intake.requester_desk import FORM, opened_case, request_by
from sanban.intake.public.api import PHOTOS_MEGABYTES
from sanban.intake.public.pages import MOST_PHOTOS


def test_the_api_files_and_follows_with_the_same_words_and_the_same_counts(district) -> None:
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        key = {"Idempotency-Key": "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90"}
        first = client.post("/api/v1/public/requests", json=FORM, headers=key)
        again = client.post("/api/v1/public/requests", json=FORM, headers=key)
        assert (first.status_code, first.json()) == (200, again.json())
        body = {"receipt": first.json()["receipt"], "tail": "1234"}
        shown = client.post("/api/v1/public/follow", json=body)
        assert (shown.json()["stage"], shown.json()["number"]) == ("desk", first.json()["number"])
        for tail in range(10):
            assert client.post("/api/v1/public/follow", json=body | {"tail": f"000{tail}"}).status_code == 404
        assert client.post("/api/v1/public/follow", json=body).status_code == 429
        assert client.post("/api/v1/public/requests", json={"text": "x" * 2001}).status_code == 400
        refused = client.post("/api/v1/public/requests", json={"text": "路灯", "phone": "call"})
        assert (refused.status_code, refused.json()["example"]) == (409, "13800000000")


def test_a_program_adds_to_a_request_asks_again_and_disputes_its_closing_as_the_pages_do(district, person) -> None:
    receipt = person.file(**FORM)
    mine = {"receipt": receipt, "tail": "1234"}

    def done(act: str, key: str = "", **more: str) -> Any:
        headers = {"Idempotency-Key": f"0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f9{key}"} if key else {}
        return person.client.post(f"/api/v1/public/follow/{act}", json=mine | more, headers=headers)

    assert done("add", "1", words="是三号楼后面那台").json()["stage"] == "desk"
    assert done("add", "1", words="是三号楼后面那台").status_code == 200, "sent again"
    assert done("add", "1", words="是四号楼").json()["code"] == "command_reused"
    assert (done("add").status_code, done("add").json()["code"]) == (409, "empty_text")
    assert done("add", words="长" * 2001).status_code == 400
    assert done("add", tail="9999", words="不是我").status_code == 404
    assert done("dispute").json()["code"] == "no_dispute"
    case_id, request_id = opened_case(district, receipt), request_by(district, receipt)
    assert len(district.request(request_id).added) == 1
    assert done("again").json()["code"] == "not_yet", "not on the same day"
    district.now += DAY
    assert [done("again", "2", words="还没有人来").status_code for _ in "12"] == [200, 200]
    assert len(district.case(case_id).requests) == 2, "what is sent again joins once"
    assert done("again", "3").json()["code"] == "not_yet"
    joined = district.case(case_id).requests[1].id
    district.ended(case_id, (request_id, joined))
    assert [done(act, words="还有").json()["code"] for act in ("add", "again")] == ["not_open", "not_open"]
    assert [done("dispute", "4", words="仍很吵").json()["stage"] for _ in "12"] == ["closed", "closed"]
    disputes = [one for one in district.every_request() if one.received.disputes == case_id]
    assert [one.received.origin for one in disputes] == [f"request:{request_id}"]


def test_what_has_no_case_is_not_asked_for_again_under_whatever_name(district) -> None:
    """Not by the name under which it was filed, and not once the request was split off its case."""
    key = {"Idempotency-Key": "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f99"}
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        said = {"text": "楼下工地噪音很大"}
        receipt = client.post("/api/v1/public/requests", json=said, headers=key).json()["receipt"]
        mine = {"receipt": receipt, "words": said["text"]}
        for headers in (key, {}):
            refused = client.post("/api/v1/public/follow/again", json=mine, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (409, "not_yet")
        case_id, request_id = opened_case(district, receipt), request_by(district, receipt)
        district.now += DAY
        assert client.post("/api/v1/public/follow/again", json=mine, headers=key).status_code == 200
        part = district.needs.joins.joining(case_id, "split", request_id)
        command = msgspec.structs.replace(part, command_id=district.command_id(), actor=actor("disp"))
        assert district.ledger.submit(command).refused is None
        refused = client.post("/api/v1/public/follow/again", json=mine, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_yet")


def test_what_is_sent_again_and_what_is_refused_does_not_count(district) -> None:
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        receipt = client.post("/api/v1/public/requests", json=FORM).json()["receipt"]
        key = {"Idempotency-Key": "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f98"}
        mine = {"receipt": receipt, "tail": "1234", "words": "是三号楼"}
        done = [client.post("/api/v1/public/follow/add", json=mine, headers=key).status_code for _ in range(15)]
        refused = [client.post("/api/v1/public/follow/dispute", json=mine).status_code for _ in range(15)]
        assert (set(done), set(refused)) == ({200}, {409})
        more = [
            client.post("/api/v1/public/follow/add", json=mine | {"words": f"第{n}点"}).status_code for n in range(19)
        ]
        assert more == [200] * 18 + [429], "twenty in an hour with the filing and the first words"


def test_a_program_files_a_point_in_the_system_it_was_told_in_and_no_point_outside(district) -> None:
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        placed = FORM | {"lon": 0.00015, "lat": 0.00005, "crs": "gcj02"}
        receipt = client.post("/api/v1/public/requests", json=placed).json()["receipt"]
        received = district.request(request_by(district, receipt)).received
        assert received.grid == "g2"
        assert '"crs":"gcj02"' in district.reader.open_secrets([received.point])[received.point]
        for wrong, code in (({"lon": 10, "lat": 10}, "outside_district"), ({"lat": None}, "bad_point")):
            refused = client.post("/api/v1/public/requests", json=placed | wrong)
            assert (refused.status_code, refused.json()["code"]) == (409, code)
            assert refused.json()["example"]


def test_three_photos_of_a_program_are_read_up_to_the_megabytes_that_are_promised(district) -> None:
    """The small district keeps no photos; what is larger is not even read."""
    with TestClient(district.app(), raise_server_exceptions=False) as client:
        told = []
        for megabytes in (PHOTOS_MEGABYTES, PHOTOS_MEGABYTES + 3):
            photo = {"name": "a.jpg", "content": b64encode(bytes(megabytes * 1024 * 1024 // MOST_PHOTOS)).decode()}
            answer = client.post("/api/v1/public/requests", json=FORM | {"photos": [photo] * MOST_PHOTOS})
            told.append(answer.status_code)
        assert told == [409, 413]
