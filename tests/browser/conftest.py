"""A real browser on a real server: headless Chromium, the web shell with the sample slice on a free loopback port.

Pictures of pages go into the folder that the variable SANBAN_SHOTS names; else small ones into a temporary folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

pytest.register_assert_rewrite("browser.looking", "browser.walking")

from browser.looking import served  # noqa: E402 -- after its asserts have been registered
from sanban.web.rendering import PACKAGE  # noqa: E402 -- with it
from web.sample_slice import NOW, Desk, sample_app  # noqa: E402 -- with it

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REFUSED = "Unable to capture screenshot"
"""What Chromium answers now and then on a busy machine: the same page's picture is taken when it is asked again."""
CAPTURES = 4
AXE = PACKAGE.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
FIND_VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations'], selectors: false})).violations
    .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 120)}`))"""
IS_SETTLED = """() => !document.querySelector('[hx-trigger=load], .htmx-request')
    && [...document.images].every(one => one.complete || one.loading === 'lazy')"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the sample application."""
    with served(sample_app(tmp_path_factory.mktemp("home"), Desk(), lambda: NOW)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Seen:
    """A page of the browser, with what it complained about and what it asked for."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def enter(self, account: str = "demo-handler") -> Page:
        """Signs in with a demo account, as a person does."""
        self.open("/sign-in")
        with self.page.expect_navigation():
            self.page.locator(f'form:has(input[value="{account}"]) button').click()
        return self.page

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it stands: rule and element."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = self.page.evaluate(FIND_VIOLATIONS)
        return found

    def settle(self) -> None:
        """Waits for the parts that a page fetches by itself, and for its pictures."""
        self.page.wait_for_function(IS_SETTLED)

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def browser_page(browser: Browser, site: str) -> Iterator[Callable[..., Seen]]:
    """Opens a window of a width, with scripts or without; each has cookies of its own."""
    contexts = []

    def opened(width: int = 1280, *, scripts: bool = True, address: str = "") -> Seen:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        contexts.append(context)
        return Seen(context.new_page(), address or site)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Page, str], Path]:
    """Keeps a picture: of the whole page where pictures are asked for, else of what is seen first; returns where."""
    kept = os.environ.get("SANBAN_SHOTS", "")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> Path:
        path = folder / (f"{name}.png" if kept else f"{name}.jpeg")
        for left in reversed(range(CAPTURES)):
            try:
                page.screenshot(path=path, full_page=bool(kept), quality=None if kept else 30)
                break
            except PlaywrightError as error:
                if REFUSED not in str(error) or not left:
                    raise
                page.wait_for_timeout(200)
        return path

    return keep
