"""Pages of requesters, grid workers, operators and visits in a real browser; a shift without a connection."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from attachments.sample_files import picture
from browser.looking import SIZES, WIDTHS, address_of, check, every_look, send, served, small_targets, small_texts
from sanban.main.house import House, open_house
from sanban.main.serving import application
from sanban.main.setup import init

TEXT = "小区东门路灯不亮已有一周，夜里漆黑一片，请尽快维修路灯。"


@pytest.fixture(scope="module")
def district_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, House]]:
    """Address of a demo district without a past, and the district."""
    folder = tmp_path_factory.mktemp("district") / "home"
    init(folder, code="demo", title="示范区（合成数据）", mode="demo")
    with open_house(folder) as house:
        house.ledger.reach()
        with served(application(house)) as address:
            yield address, house


def filed(page: Page, *, phone: str = "13800001234") -> str:
    """Files a request from the first screen; its receipt."""
    page.locator("#text").fill(TEXT)
    page.locator("#phone").fill(phone)
    send(page, "button[value=check]")
    send(page, "button[value=send]")
    return re.sub(r"\s", "", page.locator(".receipt").inner_text())


@pytest.mark.parametrize("scripts", [True, False])
@every_look
def test_a_requester_files_on_two_screens_and_follows_on_one(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    district_site: tuple[str, House],
    width: str,
    language: str,
    scripts: bool,
) -> None:
    address, house = district_site
    house.public_filings.__init__(1000, 1)  # type: ignore[misc]  # eight windows share one address here
    seen = browser_page(WIDTHS[width], scripts=scripts, address=address)
    page = seen.open(f"/file?lang={language}")
    look = (lambda name: check(seen, screenshots, f"{name}-{width}-{language}")) if scripts else (lambda _name: None)
    look("file")
    page.locator("#text").fill(TEXT)
    page.locator("#phone").fill("13800001234")
    send(page, "button[value=check]")
    look("check")
    send(page, "button[value=send]")
    receipt = re.sub(r"\s", "", page.locator(".receipt").inner_text())
    look("filed")
    assert re.fullmatch(r"[A-Z2-7]{10}", receipt)
    assert page.url == f"{address}/file"
    house.run()
    seen.open("/follow")
    look("follow")
    page.locator("#receipt").fill(receipt.lower())
    page.locator("#tail").fill("1234")
    send(page, "main button[type=submit]")
    page.locator("#stands-head").wait_for()
    look("standing")
    assert page.url == f"{address}/follow"
    boxes = [
        one.bounding_box() for one in page.locator("main summary, main button, main a.btn").all() if one.is_visible()
    ]
    assert all(box is not None and min(box["height"], box["width"]) >= 60 for box in boxes)
    assert page.evaluate("getComputedStyle(document.querySelector('main p')).fontSize") == "24px"
    assert seen.complaints == []


def test_what_is_wrong_is_said_where_it_is_and_nothing_typed_is_lost(
    browser_page: Callable[..., Any], screenshots: Callable[..., Path], district_site: tuple[str, House]
) -> None:
    seen = browser_page(390, address=district_site[0])
    page = seen.open("/file")
    page.locator("#text").fill(TEXT)
    page.locator("#phone").fill("打我电话")
    send(page, "button[value=check]")
    page.get_by_text("电话号码应为数字").wait_for()
    assert page.locator("#text").input_value() == TEXT
    assert page.locator("#phone").input_value() == "打我电话"
    seen.complaints.clear()  # the browser says of every answer that is no 200 that it was none
    check(seen, screenshots, "file-wrong")


def test_two_taps_add_something_to_a_request(
    browser_page: Callable[..., Any], screenshots: Callable[..., Path], district_site: tuple[str, House]
) -> None:
    address, house = district_site
    seen = browser_page(390, address=address)
    page = seen.open("/file")
    receipt = filed(page)
    house.run()
    seen.open("/follow")
    page.locator("#receipt").fill(receipt)
    page.locator("#tail").fill("1234")
    send(page, "main button[type=submit]")
    page.get_by_text("补充情况").click()
    page.locator("#add-words").fill("是三号楼门口那盏")
    page.get_by_role("button", name="补充", exact=True).click()
    page.locator("[role=status]").wait_for()
    check(seen, screenshots, "follow-added")


@every_look
def test_pages_of_officers_fit_and_read_well(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    district_site: tuple[str, House],
    width: str,
    language: str,
) -> None:
    address, _ = district_site
    paths = {
        "grid-worker-grids-01a": ("/findings/new", "/findings", "/shift/route"),
        "operator-1": ("/ask", "/visits"),
        "leader-1": ("/findings/first", "/findings?waiting=yes"),
    }
    for account, opened in paths.items():
        seen = browser_page(WIDTHS[width], address=address)
        seen.enter(account)
        for path in opened:
            for size in SIZES:
                seen.open(address_of(path, lang=language, size=size))
                name = re.sub(r"\W+", "-", path).strip("-")
                check(seen, screenshots, f"{name}-{width}-{language}-{size}")


def reports(house: House) -> int:
    return int(house.reader.query("SELECT COUNT(*) FROM finding_view WHERE district = :district")[0][0])


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for something that another process does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def test_a_grid_worker_reports_with_three_taps_without_javascript(
    browser_page: Callable[..., Any], district_site: tuple[str, House]
) -> None:
    address, house = district_site
    before = reports(house)
    seen = browser_page(390, scripts=False, address=address)
    seen.enter("grid-worker-grids-01a")
    page = seen.open("/findings/new")
    page.locator(".tap", has_text="噪声").click()
    page.get_by_role("button", name="提交").click()
    page.locator("[role=status]").wait_for()
    assert reports(house) == before + 1


def test_a_shift_without_a_connection_is_sent_when_it_is_back_each_report_once(
    browser_page: Callable[..., Any], screenshots: Callable[..., Path], district_site: tuple[str, House]
) -> None:
    address, house = district_site
    before = reports(house)
    seen = browser_page(390, address=address)
    seen.enter("grid-worker-grids-01a")
    page = seen.open("/findings/new")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.open('sanban-findings-1').then(s => s.keys()).then(k => k.length > 3)")
    page.context.set_offline(True)
    page.reload()
    for number in range(5):
        page.locator(".tap", has_text="噪声").click()
        page.locator("#text").fill(f"第{number}处")
        if number == 4:
            page.get_by_role("checkbox", name="已当场处置").check()
            page.set_input_files("#photos", {"name": "现场.png", "mimeType": "image/png", "buffer": picture("PNG")})
        page.get_by_role("button", name="提交").click()
        page.get_by_text(f"存在本机待发送： {number + 1}").wait_for()
    assert reports(house) == before
    page.reload()
    page.get_by_text("存在本机待发送： 5").wait_for()
    screenshots(page, "finding-offline-phone-zh")
    page.context.set_offline(False)
    until(lambda: reports(house) == before + 5)
    page.get_by_text("已发送").wait_for()
    page.reload()
    page.locator("#outbox").wait_for(state="hidden")
    assert reports(house) == before + 5
    (repair,) = house.reader.query("SELECT finding FROM finding_view WHERE state IN ('fixed', 'to_recheck') "
                                   "AND district = :district ORDER BY recorded_at DESC LIMIT 1")  # fmt: skip
    files = house.reader.state(f"attachment:finding.{repair[0]}")
    assert [one.media for one in files.shown] == ["image.jpeg"]
    held = house.reader.query("SELECT found_at, recorded_at FROM finding_view WHERE district = :district")
    assert all(found_at <= recorded_at for found_at, recorded_at in held)


@pytest.mark.parametrize("path", ["/", "/file", "/follow", "/sign-in", "/ledger", "/systems"])
def test_elders_read_and_press_every_public_page_and_the_switch_stays(
    browser_page: Callable[..., Any], district_site: tuple[str, House], path: str
) -> None:
    seen = browser_page(390, address=district_site[0])
    seen.open("/?size=large")
    page = seen.open(path)
    assert small_texts(page) == []
    assert small_targets(page) == []
    assert seen.overflow() == 0
    told_by_colour = page.locator(".state, .left").evaluate_all(
        "marks => marks.filter(m => !m.innerText.trim() || !m.querySelector('svg')).map(m => m.outerHTML.slice(0, 90))"
    )
    assert told_by_colour == []
