"""A grid worker's whole shift in a real browser: taken along, worked without a connection, sent when it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from attachments.sample_files import picture
from browser.looking import WIDTHS, Shots, check, send, served
from sanban.main.serving import application
from working_house import Working

WORKER, LEADER, TEAM = "grid-worker-grids-01a", "grid-leader-grids-01a", "grids-01a"
SAID = "门禁坏了。"
GRIDS = ("01-001", "01-003", "01-005", "01-007")
PHOTO = {"name": "现场.png", "mimeType": "image/png", "buffer": picture("PNG")}
SAID_BY_THE_BROWSER = ("net::ERR_INTERNET_DISCONNECTED", "404 (Not Found)")
"""Of what cannot be reached, and of what the server does not take."""


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Working]]:
    """The address of a demo district at work, and the district."""
    working = Working(tmp_path_factory.mktemp("shift") / "home", mode="demo")
    with served(application(working.house)) as address:
        yield address, working
    working.close()


@pytest.fixture
def shift(district: tuple[str, Working]) -> tuple[str, Working, list[str]]:
    """The same, and four cases that lie with the team; the third is a danger."""
    address, working = district
    texts = (SAID, SAID, "围墙随时会倒。" + SAID, SAID)
    return address, working, [passed_down(working, text, grid) for text, grid in zip(texts, GRIDS, strict=True)]


def passed_down(working: Working, text: str, grid: str) -> str:
    """A case that lies with the grid team, unsigned."""
    working.real["grid"] = [grid]
    case = working.opened(working.filed(text=text), "property-management")
    working.step("dispatcher", case, "dispatch")
    working.step("street", case, "pass_down", task="t1", station=TEAM)
    return case


def kept(page: Page) -> list[str]:
    """The pages of a shift that the phone holds."""
    found: list[str] = page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async name => (await caches.open(name)).keys())))
            .flat().map(one => new URL(one.url).pathname).filter(path => path.startsWith('/shift/'))"""
    )
    return found


def states(working: Working, cases: list[str]) -> list[str]:
    return [str(working.house.reader.state(f"case:{case}").state) for case in cases]


def findings(working: Working) -> list[str]:
    """What the worker has reported."""
    reported = "SELECT finding FROM finding_view WHERE district = :district AND reported_by = :who"
    return [str(finding) for (finding,) in working.house.reader.query(reported, {"who": WORKER})]


def taken(working: Working, case: str) -> list[str]:
    return [one.type for one in working.house.reader.events(f"case:{case}") if one.actor == WORKER]


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.prove)])
def test_a_whole_shift_is_worked_offline_and_stands_in_the_ledger_exactly_once(
    browser_page: Callable[..., Any], screenshots: Shots, shift: tuple[str, Working, list[str]], language: str
) -> None:
    address, working, cases = shift
    plain, moved, danger, noted = cases
    before = set(findings(working))
    seen = browser_page(WIDTHS["phone"], address=address)
    page = seen.enter(WORKER)

    def look(name: str) -> None:
        seen.complaints[:] = [one for one in seen.complaints if not any(of in one for of in SAID_BY_THE_BROWSER)]
        check(seen, screenshots, f"shift-{name}-{language}")

    seen.open(f"/shift/route?at=01-001&lang={language}")
    assert page.locator(".stop-link").first.get_attribute("href") == f"/shift/cases/{danger}"
    look("route")
    page.locator("#take button").click()
    page.locator("#take [role=status]").filter(has_text="20:00").wait_for()
    look("taken")
    page.reload()
    page.context.set_offline(True)

    def open_stop(case: str) -> None:
        page.goto(f"{address}/shift/route")
        with page.expect_navigation():
            page.locator(f".stop-link[href='/shift/cases/{case}']").click()

    # Work done at the danger, with a photo: three taps from the route.
    open_stop(danger)
    look("stop")
    page.locator("#finish-note").fill("已设围挡并加固")
    page.set_input_files("#finish-photos", PHOTO)
    with page.expect_navigation():
        page.locator("#step-finish button[type=submit]").click()
    page.locator(f"[data-stop='{danger}'] .to-send").wait_for()
    look("waiting")
    # Another is done as well, but the street has meanwhile given it to another team.
    working.step("street", moved, "pass_down", task="t1", station="grids-01b")
    open_stop(moved)
    page.locator("#finish-note").fill("门禁已修好")
    with page.expect_navigation():
        page.locator("#step-finish button[type=submit]").click()
    # At a third there is only something to note.
    open_stop(noted)
    page.locator("#step-note summary").click()
    page.locator("#note-note").fill("物业经理不在，明日再来")
    with page.expect_navigation():
        page.locator("#step-note button[type=submit]").click()
    page.goto(f"{address}/findings/new")
    page.locator(".tap").filter(has_text="路灯" if language == "zh" else "Street lights").click()
    page.set_input_files("#photos", PHOTO)
    page.locator("#finding button[type=submit]").click()
    page.locator("#outbox").filter(has_text="4").wait_for()
    look("finding")
    assert states(working, cases) == ["dispatched"] * 4

    page.goto(f"{address}/shift/route")
    page.context.set_offline(False)
    page.locator(f"[data-stop='{danger}']").wait_for(state="detached")
    page.locator("#outbox li").wait_for()
    look("back")
    refused = page.locator("#outbox li").inner_text()
    assert "门禁已修好" in refused, "what was not taken keeps its words"
    assert states(working, [plain, moved, danger, noted]) == ["dispatched", "dispatched", "finished", "dispatched"]
    assert taken(working, danger) == ["task.accepted", "task.finished"]
    assert (taken(working, moved), taken(working, noted)) == ([], ["case.noted"])
    assert len(working.house.reader.state(f"attachment:case.{danger}").shown) == 1
    (found,) = set(findings(working)) - before
    assert len(working.house.reader.state(f"attachment:finding.{found}").shown) == 1
    assert all(one.occurred_at <= one.recorded_at for one in working.house.reader.events(f"case:{danger}"))

    page.locator("#outbox li button").click()
    page.locator("#outbox").wait_for(state="hidden")
    page.reload()
    page.locator("#take").wait_for()
    assert taken(working, danger) == ["task.accepted", "task.finished"], "nothing is sent again"
    assert kept(page)
    send(page, "form[action='/sign-out'] button")
    assert kept(page) == [], "signed out, the phone holds nothing of the shift"


def taken_along(seen: Any) -> Page:
    """A phone that is offline, with the shift on it."""
    page: Page = seen.enter(WORKER)
    seen.open("/shift/route")
    page.locator("#take button").click()
    page.locator("#take [role=status]").filter(has_text="20:00").wait_for()
    page.reload()
    page.context.set_offline(True)
    return page


def test_what_one_account_did_offline_is_sent_by_no_other_and_its_shift_is_gone_when_one_comes(
    browser_page: Callable[..., Any], shift: tuple[str, Working, list[str]]
) -> None:
    address, working, cases = shift
    seen = browser_page(WIDTHS["phone"], address=address)
    page = taken_along(seen)
    page.goto(f"{address}/shift/cases/{cases[0]}")
    page.locator("#step-note summary").click()
    page.locator("#note-note").fill("现场无人")
    with page.expect_navigation():
        page.locator("#step-note button[type=submit]").click()
    page.locator("#outbox").filter(has_text="待发送").wait_for()
    page.goto("about:blank")
    page.context.set_offline(False)
    page = seen.enter(LEADER)
    assert kept(page) == []
    seen.open("/shift/route")
    page.locator("#outbox").filter(has_text="其他账号").wait_for()
    assert "case.noted" not in [one.type for one in working.house.reader.events(f"case:{cases[0]}")]
    seen.enter(WORKER)
    seen.open("/shift/route")
    page.locator("#outbox").filter(has_text="已发送").wait_for()
    assert taken(working, cases[0]) == ["case.noted"]


def test_a_shift_that_cannot_be_taken_anew_stays_as_it_was_taken(
    browser_page: Callable[..., Any], district: tuple[str, Working]
) -> None:
    page = taken_along(browser_page(WIDTHS["phone"], address=district[0]))
    before = set(kept(page))
    page.locator("#take button").click()
    page.locator("#take [role=status]").filter(has_text="未能全部取下").filter(has_text="20:00").wait_for()
    assert set(kept(page)) == before
    page.context.set_offline(False)
    page.locator("#take button").click()
    page.locator("#take [role=status]:not(:has-text('未能全部取下'))").filter(has_text="20:00").wait_for()
    assert set(kept(page)) == before
    send(page, "form[action='/sign-out'] button")


def test_a_shift_that_is_over_or_that_nobody_is_signed_in_for_is_forgotten(
    browser_page: Callable[..., Any], shift: tuple[str, Working, list[str]]
) -> None:
    seen = browser_page(WIDTHS["phone"], address=shift[0])
    page = taken_along(seen)
    page.goto(f"{shift[0]}/shift/route")
    assert kept(page)
    page.evaluate(
        """async () => (await caches.open((await caches.keys())[0])).put('/shift/until',
            new Response(JSON.stringify({until: Date.now(), pages: 1})))"""
    )
    with pytest.raises(Error, match="ERR_FAILED"):
        page.goto(f"{shift[0]}/shift/route")
    page.context.set_offline(False)
    page.goto(f"{shift[0]}/sign-in")
    assert kept(page) == []
    page = taken_along(seen)
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.goto(f"{shift[0]}/shift/route")
    assert "/sign-in" in page.url
    assert kept(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_stop_is_done_with_two_taps_from_the_route_without_javascript_too(
    browser_page: Callable[..., Any], shift: tuple[str, Working, list[str]], scripts: bool
) -> None:
    address, working, cases = shift
    seen = browser_page(WIDTHS["phone"], scripts=scripts, address=address)
    page = seen.enter(WORKER)
    seen.open("/shift/route")
    page.locator("#place").fill("01-007")
    send(page, "#from button[type=submit]")
    assert page.url.endswith("/shift/route?at=01-007")
    with page.expect_navigation():
        page.locator(f".stop-link[href='/shift/cases/{cases[3]}']").click()
    page.set_input_files("#finish-photos", PHOTO)
    send(page, "#step-finish button[type=submit]")
    assert page.url.endswith("/shift/route?at=01-007"), "one goes on from there"
    assert states(working, cases[3:]) == ["finished"]
    assert page.locator(f"[data-stop='{cases[3]}']").count() == 0
