"""Photos on a request's page and the outbox, in a real browser: small and large, zh and en."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from attachments.sample_files import picture
from browser.looking import SIZES, WIDTHS, every_look, look, served
from notices.telling_house import Telling
from sanban.kernel.notice import Carried
from sanban.main.serving import application


@pytest.fixture(scope="module")
def told_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Telling, str, str]]:
    """A deployment with a request, a dispatched case, notices sent, failed and to be called."""
    telling = Telling(tmp_path_factory.mktemp("told") / "home", mode="demo", attempts=1)
    telling.house.ledger.reach()
    request = telling.receive(text="请问几点开门？").request
    case_id = telling.dispatched(telling.receive(phone="021-63210000").request)
    telling.sms.answer_next([Carried("later", "no_answer")] * 2)
    telling.receive(text="请问电话多少？")
    telling.go_on()
    with served(application(telling.house)) as address:
        yield address, telling, request, case_id
    telling.house.close()


@every_look
def test_files_and_notices_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    told_site: tuple[str, Telling, str, str],
    width: str,
    language: str,
) -> None:
    address, _, request, case_id = told_site
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter("operator-1")
    paths = {
        "request": f"/requests/{request}",
        "request-files": f"/requests/{request}/attachments",
        "case-files": f"/cases/{case_id}/attachments",
        "to-call": "/notices?state=unreachable",
        "failed": "/notices?state=failed",
        "case-notices": f"/notices?case={case_id}",
    }
    for name, path in paths.items():
        for size in SIZES:
            look(seen, screenshots, f"told-{name}-{width}", path, lang=language, size=size)
    assert all(url.startswith((address, "data:")) for url in seen.asked)


def test_a_photo_is_added_on_the_page_of_its_request_and_shown_there(
    browser_page: Callable[..., Any], told_site: tuple[str, Telling, str, str]
) -> None:
    address, _, request, _ = told_site
    seen = browser_page(1280, address=address)
    seen.enter("operator-1")
    page = seen.open(f"/requests/{request}?lang=en")
    page.wait_for_selector("#attachments input[type=file]")
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(400, 300))}
    page.set_input_files("#attachments input[type=file]", [photo])
    with page.expect_navigation():
        page.click("#attachments button[type=submit]:has-text('Add')")
    page.wait_for_selector("#attachments img")
    seen.settle()
    assert page.evaluate("document.querySelector('#attachments img').naturalWidth") == 400
    assert seen.complaints == []
