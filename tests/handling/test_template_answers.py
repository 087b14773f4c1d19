"""A handler begins an answer with the matter's template, writes what is missing, and only then can send it."""

from __future__ import annotations

from msgspec.structs import replace

from handling.small_district import District
from handling.test_case_pages import Enter
from handling.test_case_pages import enter as enter  # noqa: PLC0414 -- the fixture
from sanban.kernel.mechanism import Title

TEMPLATE = {"done": Title("{number}：{unit}已[[处理情况]]", "{number}: {unit} did [[what was done]]")}


def test_an_answer_begins_with_a_template_and_is_not_sent_with_a_gap(district: District, enter: Enter) -> None:
    district.needs = replace(district.needs, answers=lambda _key: TEMPLATE)
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    district.took("h1", case_id, "accept")
    handler = enter("h1")
    begun = handler.get(f"/cases/{case_id}?answer=done").text
    number = district.case(case_id).number
    text = f"{number}: Heping street did [[what was done]]"
    assert f">{text}</textarea>" in begun
    refused = handler.step(case_id, "finish", note=text)
    assert refused.status_code == 422
    assert district.case(case_id).state == "handling"
    by_api = handler.client.post(f"/api/v1/cases/{case_id}/steps/finish", json={"note": text})
    assert by_api.status_code >= 400
    assert handler.step(case_id, "finish", note=text.replace("[[what was done]]", "seal the flat")).status_code == 303
    assert district.case(case_id).state == "finished"
