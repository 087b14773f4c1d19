"""The desk's pages in a real browser: a request and the cases near it, its case, and links of parties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.looking import SIZES, WIDTHS, every_look, look, served
from handling.small_district import DAY, NOW, actor
from intake.small_desk import Desk
from sanban.ledger.port import Part, Submission

OTHER = {"phone": "13900005678", "name": "司马测试"}


def submit(desk: Desk, who: str, *parts: Part) -> None:
    answer = desk.ledger.submit(Submission(desk.command_id(), actor(who), parts))
    assert answer.refused is None, answer.refused


def opened(desk: Desk, case_id: str, request: str) -> None:
    """A case of its own for the request, by its form's answers."""
    received = desk.request(request).received
    args = {
        "id": case_id, "matter": "noise", "request": request, "requester": received.requester, "channel": "phone",
        "desk": "desk", "received_at": received.received_at, "grid": "g1", "street": "st1",
        "fields": {"noise_source": "building_site", "at_night": True},
    }  # fmt: skip
    submit(desk, "op", Part(f"case:{case_id}", "open", args), Part(f"request:{request}", "link", {"case": case_id}))


@pytest.fixture(scope="module")
def desk_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Desk, dict[str, str]]]:
    """Address of a desk with an open case of two requests, a closed one, a request near both, and links."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    first, second, third = desk.file(grid="g1"), desk.file(**OTHER, grid="g1"), desk.file(grid="g1")
    opened(desk, "c-open", first)
    opened(desk, "c-over", third)
    joins = Part("case:c-open", "attach", {"request": second}), Part(f"request:{second}", "link", {"case": "c-open"})
    submit(desk, "op", *joins)
    submit(desk, "disp", Part("case:c-over", "close_explained", {"ending": "explained"}))
    link = {"kind": "agent_of", "source": "firm", "target": "firm:let", "valid_from": NOW - DAY}
    submit(desk, "op", Part("party:links", "record", {"id": "l-1", **link}))
    submit(desk, "op", Part("party:links", "record", {"id": "l-2", **link, "source": "h2", "kind": "member_of"}))
    submit(desk, "op", Part("party:links", "end", {"id": "l-2", "valid_to": NOW + 9 * DAY}))
    desk.now += DAY
    fourth = desk.file(grid="g1")
    with served(desk.app()) as address:
        yield address, desk, {"new": fourth, "joined": second}
    desk.close()


@every_look
def test_the_desks_pages_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    desk_site: tuple[str, Desk, dict[str, str]],
    width: str,
    language: str,
) -> None:
    address, _, requests = desk_site
    paths = {
        "request": f"/requests/{requests['new']}",
        "looking": f"/requests/{requests['new']}?near_number=none",
        "joined": f"/requests/{requests['joined']}",
        "its-case": "/cases/c-open",
        "links": "/links",
    }
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter("op")
    for name, path in paths.items():
        for size in SIZES:
            look(seen, screenshots, f"desk-{name}-{width}", path, lang=language, size=size)


def test_attaching_takes_one_press_from_the_requests_page(
    browser_page: Callable[..., Any], desk_site: tuple[str, Desk, dict[str, str]]
) -> None:
    address, desk, _ = desk_site
    request = desk.file(**OTHER, grid="g1")
    seen = browser_page(WIDTHS["desk"], address=address)
    seen.enter("op")
    page = seen.open(f"/requests/{request}?lang=en")
    with page.expect_navigation():
        page.get_by_role("button", name="Attach to this case").first.click()
    assert desk.request(request).case == "c-open"
    assert "/cases/c-open" in page.url
