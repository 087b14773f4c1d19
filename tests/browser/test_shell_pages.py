"""The shell's pages in a real browser: on a phone and on a desk, in both languages, at both sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from browser.looking import WIDTHS, every_look, small_targets, small_texts

PATHS = {"front": "/", "sign-in": "/sign-in", "queue": "/samples", "error": "/samples/9", "nowhere": "/nowhere"}


@every_look
def test_pages_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any], screenshots: Callable[..., Path], width: str, language: str
) -> None:
    seen = browser_page(WIDTHS[width])
    seen.enter()
    for name, path in PATHS.items():
        for size in ("normal", "large") if language == "zh" else ("normal",):
            seen.complaints.clear()
            page = seen.open(f"{path}?lang={language}&size={size}")
            expected = [] if path in {"/", "/sign-in", "/samples"} else ["Failed to load resource"]
            assert [said for said in seen.complaints if not any(known in said for known in expected)] == []
            assert screenshots(page, f"{name}-{width}-{language}-{size}").stat().st_size > 5_000
            assert (path, size, seen.violations()) == (path, size, [])
            assert (path, size, seen.overflow()) == (path, size, 0)


def test_nothing_is_fetched_from_elsewhere(browser_page: Callable[..., Any]) -> None:
    seen = browser_page()
    seen.enter()
    for path in (*PATHS.values(), "/api-docs"):
        seen.open(path)
    seen.page.locator(".opblock").first.wait_for()
    hosts = {urlsplit(url).netloc for url in seen.asked if not url.startswith("data:")}
    assert hosts == {urlsplit(seen.site).netloc}


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [390, 1280])
def test_one_can_sign_in_send_a_form_and_sign_out(browser_page: Callable[..., Any], width: int, scripts: bool) -> None:
    page = browser_page(width, scripts=scripts).enter()
    if width == 390 and scripts:
        page.get_by_role("button", name="菜单").click()
    page.get_by_role("link", name="Sample queue").or_(page.get_by_role("link", name="待办样例")).first.click()
    page.get_by_label("说明").fill("路灯不亮")
    page.get_by_role("button", name="提交").click()
    assert page.get_by_role("status").inner_text().strip() == "样例已收下。"
    page.get_by_role("button", name="退出").click()
    page.locator(".viewer", has_text="未登录").wait_for()


def test_the_menu_folds_on_a_phone_and_obeys_the_keyboard(browser_page: Callable[..., Any]) -> None:
    page = browser_page(390).enter()
    button, menu = page.get_by_role("button", name="菜单"), page.locator("#menu")
    assert not menu.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert menu.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert page.evaluate("document.activeElement.className") == "menu-button"


def test_the_first_tab_leads_past_the_navigation(browser_page: Callable[..., Any]) -> None:
    page = browser_page().open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/samples"])
def test_elders_get_large_text_and_large_targets(browser_page: Callable[..., Any], path: str) -> None:
    seen = browser_page(390)
    seen.enter()
    page = seen.open(path + "?size=large")
    assert small_texts(page) == []
    assert small_targets(page) == []


def test_the_apis_page_shows_its_operations_and_can_call_them(
    browser_page: Callable[..., Any], screenshots: Callable[..., Path]
) -> None:
    seen = browser_page()
    seen.enter()
    page = seen.open("/api-docs")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() == 4
    screenshots(page, "api-docs")
    post = page.locator(".opblock-post")
    post.locator(".opblock-summary-control").click()
    post.get_by_role("button", name="Try it out").click()
    post.get_by_role("button", name="Execute").click()
    post.locator(".live-responses-table .response-col_status").first.wait_for()
    assert "200" in post.locator(".live-responses-table .response-col_status").last.inner_text()
    assert [said for said in seen.complaints if "Content Security Policy" in said] == []


def test_a_page_prints_without_its_navigation(browser_page: Callable[..., Any]) -> None:
    page = browser_page().enter()
    page.emulate_media(media="print")
    assert not page.locator(".topbar").is_visible()
    assert page.locator("h1").is_visible()
