"""Intake's pages in a real browser: queue, request, details, noting down, receipt; phone and desk, zh and en."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.looking import SIZES, WIDTHS, every_look, look, served
from intake.small_desk import Desk


@pytest.fixture(scope="module")
def intake_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a desk with two requests that wait, and the id of the one with an order number."""
    desk = Desk(tmp_path_factory.mktemp("intake"))
    desk.file(text="随便说说", name="", phone="", title="", address="")
    request_id = desk.file(external_no="SH-2026-000123", channel="邻居转告")
    with served(desk.app()) as address:
        yield address, request_id
    desk.close()


@every_look
def test_intakes_pages_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    intake_site: tuple[str, str],
    width: str,
    language: str,
) -> None:
    address, request_id = intake_site
    paths = {
        "requests": "/requests",
        "request": f"/requests/{request_id}",
        "noting": "/requests/new",
    }
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter("op")
    for name, path in paths.items():
        for size in SIZES:
            look(seen, screenshots, f"intake-{name}-{width}", path, lang=language, size=size)


@every_look
def test_the_form_of_a_matter_is_accessible_and_fits(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    intake_site: tuple[str, str],
    width: str,
    language: str,
) -> None:
    address, request_id = intake_site
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter("op")
    page = seen.open(f"/requests/{request_id}?lang={language}")
    page.locator("select[name=matter]").first.select_option("short-let")
    with page.expect_navigation():
        page.locator("button[name=details]").click()
    page.locator("[name$=fire_risk]").wait_for()
    assert screenshots(page, f"intake-details-{width}-{language}").stat().st_size > 5_000
    assert seen.violations() == []
    assert seen.overflow() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_a_call_is_noted_down_and_its_receipt_is_accessible(
    browser_page: Callable[..., Any], intake_site: tuple[str, str], width: str
) -> None:
    seen = browser_page(WIDTHS[width], address=intake_site[0])
    seen.enter("op")
    page = seen.open("/requests/new?lang=zh")
    page.get_by_label("诉求内容").fill("路口垃圾堆了三天")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()
    page.locator("code").first.wait_for()
    assert seen.violations() == []
    assert seen.overflow() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_menu_of_a_desk_stands_in_one_row(
    browser_page: Callable[..., Any], intake_site: tuple[str, str], language: str
) -> None:
    seen = browser_page(1280, address=intake_site[0])
    seen.enter("op")
    page = seen.open(f"/requests?lang={language}")
    assert page.locator(".topbar").bounding_box()["height"] < 60
    assert page.get_by_role("button", name="查找" if language == "zh" else "Find").is_visible()


def test_a_request_is_found_by_its_number_with_the_keyboard_alone(
    browser_page: Callable[..., Any], intake_site: tuple[str, str]
) -> None:
    address, request_id = intake_site
    seen = browser_page(390, address=address)
    seen.enter("op")
    page = seen.open("/requests?lang=zh")
    page.get_by_label("外部编号").fill("SH-2026-000123")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.partition("?")[0] == f"{address}/requests/{request_id}"
    assert "SH-2026-000123" not in page.url
    page.get_by_text("邻居转告").wait_for()
