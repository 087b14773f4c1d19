"""Pages around a whistle: ratings, meetings, the yearly list and projects fit every window, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browser.looking import WIDTHS, Shots, check, send, served
from joint.surrounded import opened_with_undone
from sanban.main.serving import application
from working_house import DAY, Working

PAGES: dict[str, tuple[str, ...]] = {
    "coordinator-1": (
        "/ratings", "/ratings/units/fire-brigade", "/meetings", "/meetings/{meeting_id}", "/yearly",
        "/yearly/items/{item_id}", "/projects", "/projects/{project_id}",
    ),
    "handler-street-01": ("/ratings", "/ratings/{rating_id}", "/decisions", "/yearly/items/{item_id}"),
    "handler-fire-brigade": ("/ratings/{rating_id}", "/decisions", "/projects/{project_id}"),
}  # fmt: skip
"""Whom a page is opened as."""
NAMES_OF_PROGRAMS = re.compile(r"[a-z]+[_.][a-z_]+")
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Working]]:
    """The address of a demo district at work, and the district."""
    working = Working(tmp_path_factory.mktemp("joint") / "home", mode="demo")
    case = working.opened(working.filed())
    working.step("dispatcher", case, "dispatch")
    working.now += 60 * DAY
    working.house.run()
    working.surround()
    working.real["meeting_id"].append(opened_with_undone(working.house, working.now, case))
    with served(application(working.house)) as address:
        yield address, working
    working.close()


@pytest.mark.parametrize(("width", "language"), [("phone", "zh"), ("desk", "en")])
@pytest.mark.parametrize("account", PAGES)
def test_a_page_around_a_whistle_is_fit_and_says_words(
    browser_page: Opened, screenshots: Shots, district: tuple[str, Working], account: str, width: str, language: str
) -> None:
    address, working = district
    ids = {name: known[-1] for name, known in working.real.items() if known}
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter(account)
    for path in PAGES[account]:
        seen.open(f"{path.format(**ids)}?lang={language}")
        name = f"joint-{re.sub(r'[^a-z]+', '-', path).strip('-')}-{account}-{width}-{language}"
        check(seen, screenshots, name)
        assert (name, NAMES_OF_PROGRAMS.findall(seen.page.locator("main").inner_text())) == (name, [])


def test_a_street_rates_a_unit_and_the_unit_sees_both_its_points(
    browser_page: Opened, screenshots: Shots, district: tuple[str, Working]
) -> None:
    address, working = district
    rating = working.real["rating_id"][-1]
    seen = browser_page(WIDTHS["phone"], address=address)
    seen.enter("handler-street-01")
    page = seen.open(f"/ratings/{rating}?lang=zh")
    for name, points in (("reported_in", "40"), ("worked_together", "20"), ("solved", "10")):
        page.locator(f"#points_{name}").fill(points)
    page.locator("#text").fill("到场及时，配合尚可，问题未彻底解决。")
    send(page, "main form button[type=submit]")
    check(seen, screenshots, "joint-rated-phone-zh")
    seen = browser_page(WIDTHS["desk"], address=address)
    seen.enter("handler-fire-brigade")
    page = seen.open(f"/ratings/{rating}?lang=en")
    check(seen, screenshots, "joint-appealing-desk-en")
    send(page, "main form button[type=submit]")
    seen = browser_page(WIDTHS["desk"], address=address)
    seen.enter("coordinator-1")
    page = seen.open(f"/ratings/{rating}?lang=zh")
    page.locator("#outcome").select_option("revised")
    page.locator("#points_solved").fill("30")
    page.locator("#text").fill("核对记录，问题已解决。")
    send(page, "main form button[type=submit]")
    check(seen, screenshots, "joint-reviewed-desk-zh")
    assert page.locator("tr", has_text="合计").inner_text().split()[-2:] == ["70", "90"]
