"""The pages through the real web shell, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from handling.small_app import Browser, small_app
from handling.small_district import DAY, NOW, District, damage, worked_case
from sanban.handling.aggregate import stream_of
from sanban.handling.views.proof import Verified

PHONE = "13800000001"


class Visitor:
    """Signed in as one of the district's people; fills in the forms it is shown."""

    def __init__(self, client: TestClient[Any], name: str) -> None:
        self.client = Browser(client)
        self.client.get("/sign-in?lang=en")
        assert self.post("/sign-in", "/sign-in/demo", account=name).status_code == 303

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, page: str, action: str, **fields: Any) -> Any:
        shown = self.client.get(page).text
        hidden = {
            name: found[1]
            for name in ("_csrf_token", "command_id")
            if (found := re.search(rf'name="{name}" value="([^"]+)"', shown))
        }
        return self.client.post(action, data=hidden | fields)

    def step(self, case_id: str, step: str, **fields: Any) -> Any:
        return self.post(f"/cases/{case_id}", f"/cases/{case_id}/steps/{step}", **fields)


Enter = Callable[..., Visitor]


@pytest.fixture
def enter(district: District, tmp_path: Path) -> Iterator[Enter]:
    with ExitStack() as stack:
        clients: dict[Verified | None, TestClient[Any]] = {}

        def entered(name: str, verified: Verified | None = None) -> Visitor:
            if verified not in clients:
                app = small_app(tmp_path, district, verified)
                clients[verified] = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            return Visitor(clients[verified], name)

        yield entered


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_a_case_goes_from_its_queue_to_its_end_by_pages_alone(district: District, enter: Enter) -> None:
    case_id = district.open_case(subject=False)
    dispatcher, handler = enter("disp"), enter("h1")
    assert dispatcher.step(case_id, "dispatch").headers["location"] == f"/cases/{case_id}"
    assert f"/cases/{case_id}" in handler.get("/queue").text
    for step, fields in (
        ("accept", {}),
        ("contact", {"request": "r-1"}),
        ("finish", {"note": "已劝离并上门复核"}),
    ):
        assert handler.step(case_id, step, **fields).status_code == 303, step
    verifier = enter("ver")
    assert f"/cases/{case_id}" in verifier.get("/queue").text
    assert verifier.step(case_id, "verify").status_code == 303
    operator = enter("op")
    told = {"request": "r-1", "reached": "yes", "contacted": "yes", "resolved": "yes", "satisfied": "5"}
    assert operator.step(case_id, "call_back", **told).status_code == 303
    assert operator.step(case_id, "close", ending="resolved").status_code == 303
    case = district.case(case_id)
    assert (case.state, case.ending) == ("closed", "resolved")
    assert case.requests[0].call_back is not None
    assert case.requests[0].call_back.satisfied == 5
    page = text_of(operator.get(f"/cases/{case_id}?lang=en"))
    assert "Closed" in page
    assert "satisfied 5 of 5" in page


def test_a_note_goes_to_the_vault_and_its_ref_into_the_event(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    handler = enter("h1")
    assert handler.step(case_id, "note", note="业主王女士要求保密").status_code == 303
    stored = district.reader.events(stream_of(case_id))[-1]
    assert "王女士" not in stored.payload.decode()
    ref = msgspec.json.decode(stored.payload)["note"]
    assert district.reader.open_secrets([ref]) == {ref: "业主王女士要求保密"}
    assert "业主王女士要求保密" in handler.get(f"/cases/{case_id}").text


def test_a_refused_step_says_why_and_keeps_what_was_typed(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    handler = enter("h1")
    handler.get("/queue?lang=en")
    fields = {"ground": "weather", "review_at": "2027-06-01", "note": "等雨停"}
    page = handler.step(case_id, "ask_suspension", **fields)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "30 days at most" in text_of(page)
    assert 'value="2027-06-01"' in page.text
    assert "等雨停</textarea>" in page.text
    assert re.search(r'<option value="weather" selected', page.text)
    assert district.case(case_id).asked == ()


@pytest.mark.parametrize(
    ("step", "fields", "status"),
    [
        ("ask_extension", {"ground": "complex"}, 303),
        ("ask_extension", {}, 422),
        ("ask_suspension", {"ground": "weather", "review_at": "tomorrow"}, 422),
        ("finish", {"note": "长" * 4001}, 422),
        ("finish", {}, 422),
        ("dispatch", {}, 409),
        ("expire", {"clock": "x"}, 409),
        ("nothing", {}, 409),
    ],
)
def test_what_a_form_sends_is_taken_or_refused_in_words(
    district: District, enter: Enter, step: str, fields: dict[str, str], status: int
) -> None:
    case_id = worked_case(district)
    assert enter("h1").step(case_id, step, **fields).status_code == status


def test_a_form_sent_twice_acts_once(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    handler = enter("h1")
    shown = handler.get(f"/cases/{case_id}").text
    hidden = {name: re.search(rf'name="{name}" value="([^"]+)"', shown) for name in ("_csrf_token", "command_id")}
    sent = {name: found[1] for name, found in hidden.items() if found} | {"note": "一次"}
    before = len(district.reader.events(stream_of(case_id)))
    answers = [handler.client.post(f"/cases/{case_id}/steps/note", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(district.reader.events(stream_of(case_id))) == before + 1


def test_one_who_has_done_their_part_goes_back_to_the_queue(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    answer = enter("cop").step(case_id, "finish_task")
    assert answer.headers["location"] == "/queue"
    assert district.case(case_id).tasks[1].state == "finished"


def test_a_helper_gives_its_task_back_by_the_page_and_the_lead_has_it(district: District, enter: Enter) -> None:
    case_id = district.open_case(fire_risk=False, unregistered=True)
    district.took("disp", case_id, "dispatch")
    answer = enter("cop").step(case_id, "return_task", ground="police_matter", note="属城管职责")
    assert answer.status_code == 303
    assert [(task.unit, task.state) for task in district.case(case_id).tasks] == [
        ("st1", "dispatched"), ("police", "returned"), ("st1", "dispatched"),
    ]  # fmt: skip
    offered = enter("h1").get(f"/cases/{case_id}").text
    assert f"/cases/{case_id}/steps/return_order" in offered
    assert f"/cases/{case_id}/steps/return_task" not in offered


def test_a_street_is_offered_only_those_whose_duty_it_is(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    shown = enter("h1").get(f"/cases/{case_id}").text
    asked = re.search(r'<select[^>]* name="unit_1".*?</select>', shown, re.DOTALL)
    offered = re.findall(r'value="([^"]+)"', asked[0] if asked else "")
    assert sorted(offered) == ["fire", "firm", "housing", "police", "st1", "st1-team"]


def test_a_street_plans_with_others_and_passes_down(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    handler = enter("h1")
    assert handler.step(case_id, "plan", unit_1="firm", unit_2="housing").status_code == 303
    assert handler.step(case_id, "pass_down", station="st1-team").status_code == 303
    case = district.case(case_id)
    assert [task.unit for task in case.tasks[2:]] == ["firm", "housing"]
    assert case.tasks[0].station == "st1-team"
    assert f"/cases/{case_id}" in enter("pm").get("/queue").text


def test_in_a_flood_only_those_drawn_are_called_back_and_the_page_says_so(district: District, enter: Enter) -> None:
    case_id = district.open_case("water-outage", subject=False)
    for _ in range(39):
        district.attach(case_id)
    district.took("disp", case_id, "dispatch", unit="police")
    for who, step in (("cop", "accept"), ("cop", "finish"), ("ver", "verify")):
        district.took(who, case_id, step)
    case = district.case(case_id)
    assert len(case.spared) == 20
    shown = enter("op").get(f"/cases/{case_id}").text
    asked = re.search(r'<select[^>]* name="request".*?</select>', shown[shown.index("/steps/call_back") :], re.DOTALL)
    offered = re.findall(r'value="([^"]+)"', asked[0] if asked else "")
    assert set(offered) == {one.id for one in case.requests} - set(case.spared)
    words = text_of(enter("op").get(f"/cases/{case_id}"))
    assert words.count("answered by notice: not drawn") == 20
    assert "call-backs drawn: 20 answered by notice" in words


def test_a_dispatcher_locates_and_tells_a_later_date_with_a_notice(district: District, enter: Enter) -> None:
    case_id = district.open_case(subject=False)
    dispatcher = enter("disp")
    assert dispatcher.step(case_id, "locate", grid="g2").status_code == 303
    moved = district.case(case_id)
    assert (moved.grid, moved.street, moved.place) == ("g2", "st2", district.requests["r-1"].address)
    assert dispatcher.step(case_id, "lengthen_promise", promised_at="2026-12-31").status_code == 422
    assert dispatcher.step(case_id, "lengthen_promise", promised_at="2026-12-31", note="因故顺延").status_code == 303
    promised = district.case(case_id).requests[0].promised_at
    assert promised is not None
    assert district.cases.calendar.local_end(promised) == "2026-12-31 24:00"


def test_a_coordinator_grants_what_was_asked(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    assert enter("h1").step(case_id, "ask_extension", ground="complex").status_code == 303
    coordinator = enter("coord")
    assert "step-grant_extension" in coordinator.get(f"/cases/{case_id}").text
    assert coordinator.step(case_id, "grant_extension").status_code == 303
    assert "step-grant_extension" not in coordinator.get(f"/cases/{case_id}").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_there_for_those_it_is_for_and_nobody_else(
    district: District, enter: Enter, language: str
) -> None:
    case_id = worked_case(district)
    clock = next(clock.id for clock in district.case(case_id).clocks if clock.limit == "resolve")
    paths = {
        "queue": "/queue",
        "cases": "/cases",
        "case": f"/cases/{case_id}",
        "clock": f"/cases/{case_id}/clocks/{clock}",
        "ledger": "/ledger",
        "systems": "/systems",
    }
    found = {}
    for name in ("h1", "cop", "pm", "lead", "ver"):
        visitor = enter(name)
        found[name] = {page: visitor.get(f"{path}?lang={language}").status_code for page, path in paths.items()}
    everything = dict.fromkeys(paths, 200)
    assert found == {
        "h1": everything,
        "cop": everything | {"clock": 404},
        "pm": everything | {"cases": 403, "case": 404, "clock": 404},
        "lead": everything | {"queue": 403},
        "ver": everything,
    }


def test_a_case_is_shown_as_known_then(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    visitor = enter("disp")
    for typed in ("2026-06-01T10:00", str(NOW)):
        page = visitor.get(f"/cases/{case_id}?lang=en&at={typed}")
        assert "As known at" in page.text
        assert "Filed" in text_of(page)
        assert "step-form" not in page.text
    assert "Nothing was known of this case then" in visitor.get(f"/cases/{case_id}?lang=en&at=2020-01-01T10:00").text
    for typed in ("yesterday", "9999-01-01T00:00", "2026-06-01", "12:99T"):
        page = visitor.get(f"/cases/{case_id}?lang=en&at={typed}")
        assert (page.status_code, "write it like 2026-11-22T10:30" in page.text) == (400, True)


def test_a_number_leads_to_its_case(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    visitor = enter("lead")
    assert visitor.get(f"/cases?number={district.case(case_id).number}").headers["location"] == f"/cases/{case_id}"
    assert "2026-999999" in visitor.get("/cases?lang=en&number=2026-999999").text


def test_a_diagram_is_drawn_with_the_state_marked(tmp_path: Path) -> None:
    folder = tmp_path / "drawn"
    folder.mkdir()
    district = District(folder, drawn=True)
    case_id = worked_case(district)
    with TestClient(small_app(folder, district)) as client:
        visitor = Visitor(client, "h1")
        page = visitor.get(f"/cases/{case_id}/diagram?lang=zh")
        assert page.headers["content-type"].startswith("text/html")
        assert f'<a href="/cases/{case_id}">' in page.text
        assert re.search(r'<g id="now".*?● 办理中', page.text, re.S)
        near = visitor.get(f"/cases/{case_id}/diagram?part=near")
        assert near.headers["content-type"].startswith("image/svg+xml")
        assert "办理中" in near.text
        assert 1 < near.text.count('class="node"') < page.text.count('class="node"')
        shown = visitor.get(f"/cases/{case_id}").text
        assert f'href="/cases/{case_id}/diagram#now"' in shown
        assert f'src="/cases/{case_id}/diagram?part=near"' in shown
    district.close()


def test_the_ledger_page_proves_where_it_stands(district: District, enter: Enter) -> None:
    visitor = enter("lead")
    assert "The ledger is empty" in visitor.get("/ledger?lang=en").text
    worked_case(district)
    head = district.reader.head()
    assert head is not None
    page = visitor.get("/ledger?lang=en").text
    assert head.hash in page
    assert "none has been run" in page
    assert "sound up to event 5" in enter("lead", Verified(NOW, 5, sound=True)).get("/ledger?lang=en").text
    broken = enter("lead", Verified(NOW, 5, sound=False, faults=("batch 3: hash differs",))).get("/ledger?lang=en").text
    assert "batch 3: hash differs" in broken


def test_a_queue_shows_late_first_and_pages_on(district: District, enter: Enter) -> None:
    for _ in range(52):
        district.took("disp", district.open_case(subject=False), "dispatch")
    district.pass_time(40 * DAY)
    page = enter("h1").get("/queue?lang=en")
    assert "overdue by" in page.text
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following is not None
    second = enter("h1").get(following[1].replace("&amp;", "&"))
    assert len(re.findall(r'class="fw-bold" href="/cases/c-', second.text)) == 2
    assert 'rel="prev"' in second.text


def test_no_page_names_a_requester_to_those_who_help(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    assert PHONE in enter("h1").get(f"/cases/{case_id}").text
    for name in ("cop", "lead", "own"):
        page = enter(name).get(f"/cases/{case_id}").text
        assert [word for person in district.people for word in person.words if word in page] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_damaged_text_is_said_to_be_damaged_and_the_rest_of_the_page_stands(
    district: District, enter: Enter, language: str
) -> None:
    case_id = worked_case(district)
    handler = enter("h1")
    whole = text_of(handler.get(f"/cases/{case_id}?lang={language}"))
    assert "楼上民宿半夜吵闹" in whole
    damage(district, "text")
    page = handler.get(f"/cases/{case_id}?lang={language}")
    said = {"zh": "此段文字已损坏，请从备份恢复", "en": "This text is damaged: restore a backup"}[language]
    assert page.status_code == 200
    assert said in text_of(page)
    assert "楼上民宿半夜吵闹" not in text_of(page)
    assert PHONE in text_of(page)


def test_a_damaged_name_is_not_masked_into_a_strangers(district: District, enter: Enter) -> None:
    case_id = worked_case(district)
    damage(district, "name")
    damage(district, "phone")
    shown = text_of(enter("coord").get(f"/cases/{case_id}?lang=en"))
    assert "This text is damaged: restore a backup" in shown
    assert "T**" not in shown
