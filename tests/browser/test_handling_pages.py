"""Handling's pages in a real browser: queue, case, steps, clock, ledger, systems; phone and desk, zh and en."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.looking import SIZES, WIDTHS, every_look, look, served
from handling.small_app import small_app
from handling.small_district import DAY, District, worked_case
from handling.test_disputes import disputed


@pytest.fixture(scope="module")
def handling_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, District, str]]:
    """Address of a district with a late, a dispatched, a disputed and a worked case, and the id of the last."""
    folder = tmp_path_factory.mktemp("handling")
    district = District(folder, drawn=True)
    worked_case(district)
    district.pass_time(2 * DAY)
    district.took("disp", district.open_case(subject=False), "dispatch")
    disputed(district, "st1")
    case_id = worked_case(district)
    district.ledger.catch_up()
    with served(small_app(folder, district)) as address:
        yield address, district, case_id
    district.close()


@every_look
def test_handlings_pages_are_accessible_quiet_and_fit(
    browser_page: Callable[..., Any],
    screenshots: Callable[..., Path],
    handling_site: tuple[str, District, str],
    width: str,
    language: str,
) -> None:
    address, district, case_id = handling_site
    clock = next(clock.id for clock in district.case(case_id).clocks if clock.limit == "resolve")
    paths = {
        "queue": "/queue",
        "cases": "/cases",
        "case": f"/cases/{case_id}",
        "clock": f"/cases/{case_id}/clocks/{clock}",
        "disputes": "/disputes",
        "ledger": "/ledger",
        "systems": "/systems",
    }
    if (width, language) == ("phone", "zh"):
        paths |= {"grid": "/grid", "handover": "/handover", "raised": "/raised", "figures": "/figures"}
    seen = browser_page(WIDTHS[width], address=address)
    seen.enter("h1")
    for name, path in paths.items():
        for size in SIZES:
            look(seen, screenshots, f"handling-{name}-{width}", path, lang=language, size=size)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_handler_accepts_with_one_press_from_the_case(
    browser_page: Callable[..., Any], handling_site: tuple[str, District, str], width: str, scripts: bool
) -> None:
    address, district, _ = handling_site
    case_id = district.open_case(subject=False)
    district.took("disp", case_id, "dispatch")
    seen = browser_page(WIDTHS[width], scripts=scripts, address=address)
    seen.enter("h1")
    page = seen.open("/queue")
    page.get_by_role("link", name=district.case(case_id).number).click()
    page.get_by_role("button", name="签收", exact=True).click()
    page.get_by_text("已办理，本步已记入流转记录。").wait_for()
    assert district.case(case_id).state == "handling"


def test_a_handler_asks_for_an_extension_by_keyboard_alone(
    browser_page: Callable[..., Any], handling_site: tuple[str, District, str]
) -> None:
    address, district, _ = handling_site
    case_id = worked_case(district)
    seen = browser_page(address=address)
    seen.enter("h1")
    page = seen.open(f"/cases/{case_id}")
    page.locator("#step-ask_extension summary").focus()
    page.keyboard.press("Enter")
    page.locator("#ask_extension-ground").focus()
    page.keyboard.press("ArrowDown")
    page.locator("#step-ask_extension button[type=submit]").focus()
    page.keyboard.press("Enter")
    page.get_by_text("已办理，本步已记入流转记录。").wait_for()
    assert [asked.kind for asked in district.case(case_id).asked] == ["extension"]
