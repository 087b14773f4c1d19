"""The front page of every role, and the lists and figures that no other test here looks at: fit, quiet, in words.

One demo district serves all. A page is opened as somebody who may see it, on a phone in one language and at a desk in
the other: axe finds nothing, it is as wide as its window, the console is silent, and it says words, not the names that
programs use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import read_once
from browser.looking import WIDTHS, Shots, check, send, served
from sanban.intake.firms.filing import CODE_EXAMPLE
from sanban.main.deployment.offered import accounts
from sanban.main.serving import application
from working_house import Working

ROLES = tuple(one.actor.id for one in accounts(read_once.district()))
PAGES: dict[str, tuple[str, ...]] = {
    "": ("/near", "/ledger", "/systems"),
    "operator-1": ("/city", "/city/day", "/city/orders/{order}", "/requests/{order}", "/firms", "/hot", "/handover"),
    "grid-leader-grids-01a": ("/grid",),
    "leader-1": (
        "/raised",
        "/figures",
        "/figures/in_time/street-01",
        "/overview",
        "/overview/wall",
        "/overview/open",
        "/overview/stock?of=late",
    ),
    "dispatcher-1": ("/disputes",),
    "coordinator-1": ("/scorecard", "/scorecard/in_time", "/scorecard/in_time/cases", "/briefs", "/periods"),
    "auditor-1": ("/looks",),
    "mechanism-owner-1": ("/revisions", "/revisions/{revision}"),
}
"""Whom a page is opened as: "" is anybody."""
FIRM = {"firm": "安甲物业有限公司", "code": CODE_EXAMPLE, "contact": "欧阳测试", "phone": "13800001234"}
WANTS = "厂区门口道路破损，货车进不来，请协调修复。"
NAMES_OF_PROGRAMS = re.compile(r"[a-z]+[_.][a-z_]+|\b[a-z]{3,}(?:-[a-z]+)+\b(?!-)")
"""`in_time`, `handling.case`, `short-let`; the accounts of officers end in figures."""
NAMED_FOR_AUDITORS = ("/ledger", "/looks")
"""Commands and pages without a title are called there as they are called in the ledger."""
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Working]]:
    """The address of a demo district at work, with orders of the city, and the district."""
    working = Working(tmp_path_factory.mktemp("fronts") / "home", mode="demo")
    with served(application(working.house)) as address:
        yield address, working
    working.close()


def in_words(seen: Any, screenshots: Shots, name: str) -> None:
    """The page as it stands is fit, and names of programs stand nowhere in what it says but in a file it shows."""
    check(seen, screenshots, name)
    if not seen.page.url.partition("?")[0].endswith(NAMED_FOR_AUDITORS):
        said = seen.page.locator("main").inner_text()
        for file in seen.page.locator("main pre").all_inner_texts():
            said = said.replace(file, "")
        assert (name, NAMES_OF_PROGRAMS.findall(said)) == (name, [])


@pytest.mark.parametrize(("width", "language"), [("phone", "en"), ("desk", "zh")])
@pytest.mark.parametrize("account", PAGES)
def test_a_list_is_fit_and_says_words(
    browser_page: Opened, screenshots: Shots, district: tuple[str, Working], account: str, width: str, language: str
) -> None:
    address, working = district
    seen = browser_page(WIDTHS[width], address=address)
    if account:
        seen.enter(account)
    for path in PAGES[account]:
        seen.open(f"{path.format(order=working.orders[1], revision=working.real['revision_id'][0])}?lang={language}")
        name = re.sub(r"\W+", "-", path).strip("-")
        in_words(seen, screenshots, f"list-{name}-{width}-{language}")


@pytest.mark.parametrize(("width", "language"), [("phone", "zh"), ("desk", "en")])
def test_the_front_page_of_every_role_is_fit_and_says_words(
    browser_page: Opened, screenshots: Shots, district: tuple[str, Working], width: str, language: str
) -> None:
    seen = browser_page(WIDTHS[width], address=district[0])
    for account in ROLES:
        seen.page.context.clear_cookies()
        seen.enter(account)
        seen.open(f"/?lang={language}")
        in_words(seen, screenshots, f"front-{account}-{width}-{language}")


@pytest.mark.parametrize(("width", "language"), [("phone", "zh"), ("desk", "en")])
def test_a_firm_files_on_two_screens_that_are_fit(
    browser_page: Opened, screenshots: Shots, district: tuple[str, Working], width: str, language: str
) -> None:
    seen = browser_page(WIDTHS[width], address=district[0])
    page = seen.open(f"/firm?lang={language}")
    in_words(seen, screenshots, f"firm-{width}-{language}")
    for name, value in {**FIRM, "text": WANTS}.items():
        page.locator(f"#{name}").fill(value)
    send(page, "button[value=check]")
    in_words(seen, screenshots, f"firm-check-{width}-{language}")
    send(page, "button[value=send]")
    in_words(seen, screenshots, f"firm-receipt-{width}-{language}")
    assert page.locator(".receipt").count() == 1


@pytest.mark.parametrize(("width", "language"), [("phone", "zh"), ("desk", "en")])
def test_a_firm_says_on_one_screen_that_a_policy_is_not_for_it(
    browser_page: Opened, screenshots: Shots, district: tuple[str, Working], width: str, language: str
) -> None:
    address, working = district
    seen = browser_page(WIDTHS[width], address=address)
    page = seen.open(f"/firm/policies?lang={language}")
    in_words(seen, screenshots, f"firm-policies-ask-{width}-{language}")
    page.locator("#receipt").fill(working.firm_receipt)
    page.locator("#tail").fill(FIRM["phone"][-4:])
    send(page, "main button[type=submit]")
    in_words(seen, screenshots, f"firm-policies-{width}-{language}")
    page.locator("main summary").first.click()
    send(page, "main details[open] button[value=not_needed]")
    in_words(seen, screenshots, f"firm-policies-declined-{width}-{language}")
    assert page.locator("button[value=after_all]").count() >= 1
    send(page, "button[value=after_all]")
