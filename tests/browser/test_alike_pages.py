"""Like requests, waves, parts and the public map in a real browser: phone and desk, zh and en, no scripts needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from browser.looking import WIDTHS, every_look, send
from intake.alike_desk import WORDS, AlikeDesk
from intake.small_desk import HOUR, Visitor
from intake.test_floods_at_the_desk import everyday, outage
from intake.test_several_matters import BOTH
from sanban.intake.triage import Triage
from sanban.intake.triage.heeding import Heeding
from sanban.packs.desk.heeds import load_heeds
from sanban.web.server import Server

LAMP = "和平路12弄门口的路灯坏了三天没人修"
LIKE_IT = "和平路12弄门口路灯坏了，晚上很黑"


@pytest.fixture(scope="module")
def busy_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of a desk with a public case, requests like it, a message of two matters and two waves; pages by name."""
    desk = AlikeDesk(tmp_path_factory.mktemp("busy"))
    desk.needs = msgspec.structs.replace(desk.needs, triage=Heeding(Triage(WORDS, "test"), load_heeds(), "test"))
    desk.public = msgspec.structs.replace(desk.public, desk=desk.needs)
    bare = {"title": "", "name": "", "address": "", "grid": "g1"}
    everyday(desk)
    first = desk.file(text=LAMP, phone="13911110000", **bare)
    with TestClient(desk.app()) as client:
        Visitor(client, "op").decide(first, "case", matter="street-light", grid="g1")
    like = desk.file(text=LIKE_IT, phone="13911110009", **bare)
    desk.file(text=LIKE_IT, phone="13911110010", **bare)
    both = desk.file(text=BOTH, phone="13911110011", **bare)
    outage(desk, 21, 20, texts=8)
    outage(desk, 21, 3, grid="g2")
    desk.now += HOUR
    desk.group()
    server = Server(desk.app())
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(20)
    pages = {"like": f"/requests/{like}", "both": f"/requests/{both}", "hot": "/hot"}
    yield f"http://127.0.0.1:{server.bound}", pages
    server.stop()
    thread.join(20)
    desk.close()


@every_look
def test_the_desks_pages_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    busy_site: tuple[str, dict[str, str]],
    width: str,
    language: str,
) -> None:
    address, pages = busy_site
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter("op")
    for name, path in pages.items():
        seen.complaints.clear()
        page = seen.open(f"{path}?lang={language}")
        for details in page.locator("main details > summary").all():
            details.click()
        screenshots(page, f"alike-{name}-{width}-{language}")
        assert (name, seen.complaints, seen.violations(), seen.overflow()) == (name, [], [], 0)


@every_look
def test_the_public_pages_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    busy_site: tuple[str, dict[str, str]],
    width: str,
    language: str,
) -> None:
    seen = browser_page(WIDTHS[width], address=busy_site[0])
    page = seen.open(f"/near?lang={language}")
    screenshots(page, f"alike-near-{width}-{language}")
    assert (seen.complaints, seen.violations(), seen.overflow()) == ([], [], 0)
    assert all(asked.startswith(busy_site[0]) for asked in seen.asked)
    page = seen.open("/file")
    page.locator("#text").fill(LIKE_IT)
    page.locator("#street").select_option("st1")
    send(page, "button[value=check]")
    assert page.locator("input[name=same]").count() == 2
    screenshots(page, f"alike-check-{width}-{language}")
    assert (seen.complaints, seen.violations(), seen.overflow()) == ([], [], 0)


def test_me_too_needs_no_scripts(browser_page: Callable[..., Any], busy_site: tuple[str, dict[str, str]]) -> None:
    seen = browser_page(390, scripts=False, address=busy_site[0])
    page = seen.open("/file?lang=en")
    page.locator("#text").fill(LIKE_IT)
    page.locator("#street").select_option("st1")
    send(page, "button[value=check]")
    page.locator("input[name=same]").first.check()
    send(page, "button[value=send]")
    page.locator(".receipt").wait_for()
