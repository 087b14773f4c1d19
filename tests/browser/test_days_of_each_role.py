"""The whole day of each role in a real browser, within the actions that it may take; see `browser.walking`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attachments.sample_files import picture
from browser.looking import WIDTHS, Shots, served
from browser.walking import Walk
from sanban.main.serving import application
from working_house import Working

MATTER = "property-management"
SAID = "物业不作为，门禁坏了半年没人修。"
Walks = Callable[..., Walk]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Working]]:
    """The address of a demo district at work, and the district."""
    working = Working(tmp_path_factory.mktemp("day") / "home", mode="demo")
    with served(application(working.house)) as address:
        yield address, working
    working.close()


@pytest.fixture
def walks(browser_page: Callable[..., Any], screenshots: Shots, day: tuple[str, Working]) -> Callable[..., Walk]:
    """Somebody begins the day, in a language and at a width; with `taps`, else by keyboard."""

    def begin(account: str, language: str = "zh", width: str = "desk", *, taps: bool = False) -> Walk:
        seen = browser_page(WIDTHS[width], address=day[0])
        seen.page.context.add_cookies([{"name": "lang", "value": language, "url": day[0]}])
        if account:
            seen.enter(account)
        return Walk(seen, screenshots, account or "requester", language=language, taps=taps)

    return begin


def dispatched(working: Working) -> str:
    """A case that lies with the first street, unsigned."""
    case = working.opened(working.filed(text=SAID), MATTER)
    working.step("dispatcher", case, "dispatch")
    return case


def closed(working: Working, phone: str) -> tuple[str, str]:
    """The receipt of a request that was worked, called back and closed, and its case."""
    receipt = str(working.done("", "/public/requests", {"text": SAID, "phone": phone})["receipt"])
    newest = (
        "SELECT request FROM request_view WHERE district = :district ORDER BY recorded_at DESC, number DESC LIMIT 1"
    )
    request = str(working.house.reader.query(newest)[0][0])
    case = working.opened(request, MATTER)
    working.step("dispatcher", case, "dispatch")
    working.step("street", case, "accept")
    working.step("street", case, "finish", note="门禁已修好")
    working.step("verifier", case, "verify")
    working.step("operator", case, "call_back", request=request, reached=True, contacted=True, resolved="yes")
    working.step("operator", case, "close", ending="resolved")
    return receipt, case


def state(working: Working, case: str) -> str:
    return str(working.house.reader.state(f"case:{case}").state)


def test_a_requester_files_on_two_screens_and_follows_on_one(walks: Walks) -> None:
    walk = walks("", "zh", "phone", taps=True)
    page = walk.page
    walk.open("/")
    walk.look("start")
    walk.press(page.get_by_role("main").get_by_role("link", name="提交诉求"))
    walk.look("file")
    with walk.within(2):
        walk.type(page.locator("#text"), SAID)
        walk.type(page.locator("#phone"), "13800001234")
        walk.press(page.locator("button[value=check]"))
        walk.look("check")
        walk.press(page.locator("button[value=send]"))
    walk.look("receipt")
    receipt = re.sub(r"\s", "", page.locator(".receipt").inner_text())
    walk.open("/follow")
    with walk.within(1):
        walk.type(page.locator("#receipt"), receipt)
        walk.type(page.locator("#tail"), "1234")
        walk.press(page.locator("main button[type=submit]"))
    walk.look("standing")
    assert page.locator("#stands-head").is_visible()


def test_a_requester_sends_a_closed_request_back_with_two_taps(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    receipt, case = closed(working, phone="13800007788")
    walk = walks("", "en", "phone", taps=True)
    page = walk.page
    walk.open("/follow")
    walk.type(page.locator("#receipt"), receipt)
    walk.type(page.locator("#tail"), "7788")
    walk.press(page.locator("main button[type=submit]"))
    walk.look("closed")
    with walk.within(2):
        walk.press(page.get_by_text("It is not solved"), goes=False)
        walk.press(page.get_by_role("button", name="Send it back"))
    walk.look("sent-back")
    disputing = "SELECT request FROM request_view WHERE district = :district AND disputes = :case"
    assert len(working.house.reader.query(disputing, {"case": case})) == 1


def test_an_operator_dispatches_a_call_in_three_actions_by_keyboard(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    walk = walks("operator-1")
    page = walk.page
    walk.open("/")
    walk.look("start")
    walk.open("/requests/new")
    walk.look("noting")
    with walk.within(3):
        walk.type(page.locator("#text"), SAID)
        walk.type(page.locator("#grid"), working.real["grid"][0])
        walk.press(page.get_by_role("button", name="登记", exact=True))
        assert page.get_by_text("受理凭证").or_(page.locator("#receipt-head")).first.is_visible()
        assert page.locator("#matter").input_value() == MATTER
        walk.look("request")
        walk.press(page.get_by_role("button", name="立案", exact=True))
        walk.look("case")
        walk.press(page.locator("#step-dispatch button[type=submit]").first)
    case = page.url.rpartition("/")[2].partition("?")[0]
    assert (state(working, case), working.house.reader.state(f"case:{case}").lead) == ("dispatched", "street-01")


def test_an_operator_joins_and_answers_from_the_desk(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    dispatched(working)
    again, asks = working.filed(text=SAID + "又坏了。"), working.filed(text="请问居住证办理要带什么材料？")
    walk = walks("operator-1", "en", "phone")
    page = walk.page
    walk.open("/requests")
    walk.look("desk")
    walk.open(f"/requests/{again}")
    with walk.within(1):
        walk.press(page.get_by_role("button", name="Attach to this case").first)
    walk.look("joined")
    walk.open(f"/requests/{asks}")
    with walk.within(2):
        walk.press(page.get_by_role("link", name="Answer with it"))
        walk.press(page.locator("form[action$=answer] button[type=submit]"))
    assert working.house.reader.state(f"request:{asks}").closed_at


def test_a_handler_accepts_returns_extends_and_finishes(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    own, other = dispatched(working), dispatched(working)
    walk = walks("handler-street-01", "en", "phone")
    page = walk.page
    walk.open("/")
    walk.look("start")
    walk.open("/queue")
    walk.look("queue")
    walk.open(f"/cases/{own}")
    walk.look("case")
    with walk.within(1):
        walk.press(page.locator("#step-accept button[type=submit]").first)
    with walk.within(2):
        walk.press(page.locator("#step-contact summary, #step-contact button[type=submit]").first)
    walk.open(f"/cases/{own}")
    with walk.within(2):
        walk.press(page.locator("#step-ask_extension summary"), goes=False)
        walk.choose(page.locator("#ask_extension-ground"), "complex")
        walk.press(page.locator("#step-ask_extension button[type=submit]"))
    with walk.within(3):
        walk.press(page.locator("#step-finish button[type=submit]").first)
    assert state(working, own) == "finished"
    walk.open(f"/cases/{other}")
    with walk.within(2):
        walk.press(page.locator("#step-return_order summary"), goes=False)
        walk.choose(page.locator("#return_order-ground"), "not_our_duty")
        page.locator("#return_order-note").fill("职责清单中由区级部门负责")
        walk.look("return")
        walk.press(page.locator("#step-return_order button[type=submit]"))
    assert state(working, other) == "reassigning"


def test_a_verifier_checks_and_an_operator_calls_back_and_closes(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    case = dispatched(working)
    working.step("street", case, "accept")
    working.step("street", case, "finish", note="门禁已修好")
    walk = walks("verifier-1")
    page = walk.page
    walk.open("/")
    walk.look("start")
    walk.open(f"/cases/{case}")
    walk.look("case")
    with walk.within(2):
        walk.press(page.locator("#step-verify button[type=submit]").first)
    assert state(working, case) == "calling_back"
    walk = walks("operator-1")
    page = walk.page
    walk.open(f"/cases/{case}")
    with walk.within(2):
        walk.choose(page.locator("#call_back-reached"), "yes")
        walk.choose(page.locator("#call_back-resolved"), "yes")
        walk.look("call-back")
        walk.press(page.locator("#step-call_back button[type=submit]"))
        walk.choose(page.locator("#close-ending"), "resolved")
        walk.press(page.locator("#step-close button[type=submit]"))
    assert state(working, case) == "closed"


def test_a_coordinator_rules_and_grants(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    case, asking = dispatched(working), dispatched(working)
    working.step("street", case, "return_order", ground="not_our_duty", note="职责清单另有规定")
    working.step("dispatcher", case, "dispatch", unit="power")
    working.step("handler", case, "return_again", ground="not_our_duty", note="同上")
    working.step("street", asking, "accept")
    clock = next(one.id for one in working.house.reader.state(f"case:{asking}").clocks if one.limit == "resolve")
    working.step("street", asking, "ask_extension", ground="complex", clock=clock)
    walk = walks("coordinator-1", "en", "phone")
    page = walk.page
    walk.open("/")
    walk.look("start")
    walk.open("/queue")
    walk.look("queue")
    walk.open(f"/cases/{case}")
    walk.look("ruling")
    with walk.within(1):
        walk.choose(page.locator("#rule-unit"), "street-01")
        walk.choose(page.locator("#rule-ground"), "not_our_duty")
        walk.press(page.locator("#step-rule button[type=submit]"))
    assert (state(working, case), working.house.reader.state(f"case:{case}").lead) == ("handling", "street-01")
    walk.open(f"/cases/{asking}")
    with walk.within(1):
        walk.press(page.locator("#step-grant_extension button[type=submit]").first)


def test_a_grid_worker_is_three_taps_from_a_task_done_with_a_photo(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    case = dispatched(working)
    working.step("street", case, "pass_down", task="t1", station="grids-01a")
    walk = walks("grid-worker-grids-01a", "en", "phone", taps=True)
    page = walk.page
    walk.open("/")
    with walk.within(3):
        walk.press(page.get_by_role("main").get_by_role("link", name="My route"))
        walk.look("route")
        walk.press(page.locator(f".stop-link[href='/shift/cases/{case}']"))
        walk.look("stop")
        page.set_input_files("#finish-photos", {"name": "1.png", "mimeType": "image/png", "buffer": picture("PNG")})
        walk.press(page.locator("#step-finish button[type=submit]"))
    assert state(working, case) == "finished"
    checked = working.real["finding_id"][0]
    walk.open(f"/shift/checks/{checked}")
    walk.look("check")
    with walk.within(1):
        walk.press(page.get_by_role("button", name="It holds"))
    assert working.house.reader.state(f"finding:{checked}").state == "holds"


def test_a_grid_leader_has_the_day_on_one_screen_and_passes_down_from_it(
    walks: Walks, day: tuple[str, Working]
) -> None:
    _, working = day
    case = dispatched(working)
    working.done("street", "/visits", {"street": "street-01"})
    walk = walks("handler-street-01", "zh", "phone")
    page = walk.page
    walk.open("/grid")
    walk.look("grid")
    for part in ("#forces-head", "#orders-head", "#visits-head"):
        assert page.locator(part).is_visible()
    assert page.locator("#visits-head ~ ul a").count() == 1
    with walk.within(1):
        walk.press(page.locator(f"form[action^='/cases/{case}/steps/'] button"))
    assert working.house.reader.state(f"case:{case}").lead_task.station == "grids-01a"


def test_a_grid_worker_reports_with_two_taps_and_a_grid_leader_sees_it(walks: Walks) -> None:
    walk = walks("grid-worker-grids-01a", "en", "phone", taps=True)
    page = walk.page
    walk.open("/")
    walk.look("start")
    walk.open("/findings/new")
    walk.look("report")
    with walk.within(3):
        walk.press(page.locator(".tap", has_text="Street lights").first, goes=False)
        walk.press(page.get_by_role("button", name="Send it", exact=True), goes=False)
        page.get_by_text("Sent.", exact=True).wait_for()
    walk.look("sent")
    walk = walks("grid-leader-grids-01a")
    walk.open("/")
    walk.look("start")
    walk.open("/findings")
    walk.look("findings")
    assert walk.page.get_by_text("路灯").first.is_visible()


def test_a_leader_is_two_presses_from_a_case(walks: Walks, day: tuple[str, Working]) -> None:
    _, working = day
    dispatched(working)
    walk = walks("leader-1", "en", "phone")
    page = walk.page
    walk.open("/")
    walk.look("start")
    with walk.within(2):
        walk.press(page.locator(".waits-head[href^='/cases']"))
        walk.look("cases")
        walk.press(page.locator("main td a[href^='/cases/']").first)
    walk.look("case")
    assert page.locator("#trail-head").is_visible()


def test_a_leader_is_two_presses_from_a_figure_to_a_case_and_one_from_the_weekly_brief(
    walks: Walks, day: tuple[str, Working]
) -> None:
    _, working = day
    dispatched(working)
    walk = walks("leader-1")
    page = walk.page
    walk.open("/overview")
    walk.look("overview")
    with walk.within(2):
        walk.press(page.locator("main dd a[href^='/scorecard/cases/cases']"))
        walk.look("counted")
        walk.press(page.locator("main td a[href^='/cases/']").first)
    assert page.locator("#trail-head").is_visible()
    walk.open("/briefs")
    walk.look("briefs")
    with walk.within(1):
        walk.press(page.locator("form[action='/briefs/freeze'] button"))
    walk.look("brief")
    assert page.get_by_text("数据来源").is_visible()
    assert page.locator("a[href$='/pdf?in=zh']").count() == 1


def test_a_mechanism_owner_and_an_auditor_read_what_runs_and_what_happened(
    walks: Walks, day: tuple[str, Working]
) -> None:
    _, working = day
    case = dispatched(working)
    walk = walks("mechanism-owner-1")
    for name, path in {"start": "/", "systems": "/systems", "case": f"/cases/{case}"}.items():
        walk.open(path)
        walk.look(name)
    assert walk.page.locator("img[src*=diagram]").count() == 1
    walk = walks("auditor-1", "en", "phone")
    for name, path in {"start": "/", "ledger": "/ledger", "notices": "/notices", "case": f"/cases/{case}"}.items():
        walk.open(path)
        walk.look(name)
    assert walk.page.locator(".trail-item").count() >= 2


def test_a_street_whistles_in_three_actions_the_unit_reports_in_and_all_read_the_room(
    walks: Walks, day: tuple[str, Working]
) -> None:
    _, working = day
    case = dispatched(working)
    working.step("street", case, "accept")
    street = walks("handler-street-01", "zh", "phone", taps=True)
    street.open(f"/cases/{case}")
    with street.within(3):
        street.press(street.page.locator("#step-whistle summary"), goes=False)
        street.choose(street.page.locator("#whistle-kind"), "hard_problem")
        street.page.locator("#whistle-wanted").select_option(["fire-brigade", "police"])
        street.type(street.page.locator("#whistle-note"), "门禁损坏，消防通道被堵，需要到场。")
        street.look("whistle")
        street.press(street.page.locator("#step-whistle button[type=submit]"))
    coordinator = walks("coordinator-1", "en")
    coordinator.open("/whistles")
    coordinator.look("board")
    coordinator.open(f"/cases/{case}")
    with coordinator.within(1):
        coordinator.press(coordinator.page.locator("#step-screen button[type=submit]"))
    called = walks("handler-fire-brigade", "en", "phone", taps=True)
    called.open("/whistles")
    called.look("board")
    called.open(f"/cases/{case}")
    with called.within(1):
        called.press(called.page.locator("#step-report_in button[type=submit]"))
    called.open(f"/cases/{case}/room")
    called.look("room")
    coordinator.open(f"/cases/{case}/room")
    coordinator.look("room")
    assert coordinator.page.get_by_text("reported in").is_visible()
    for path, name in (("/ageing", "ageing"), ("/rulings", "rulings")):
        coordinator.open(path)
        coordinator.look(name)
