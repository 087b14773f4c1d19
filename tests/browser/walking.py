"""How a person walks through their day in the browser: by the keyboard at a desk, by taps on a phone; counted.

An action is one press: of a button, a link, or something that unfolds. Typing and choosing belong to the press that
sends them. At a desk nothing is clicked: what is pressed has to be reached with Tab, so a page that cannot be worked
without a mouse fails. Each page that is left behind is looked at: axe, width, console, picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator

from browser.looking import Shots, check

TABS_AT_MOST = 160
HAS_FOCUS = "element => element === document.activeElement"


class Walk:
    """One person's way, in a language that names its pictures. `taps`: as on a phone; else by keyboard alone."""

    def __init__(self, seen: Any, screenshots: Shots, who: str, *, language: str = "zh", taps: bool = False) -> None:
        self.seen = seen
        self.page = seen.page
        self._screenshots = screenshots
        self._who = who
        self._language = language
        self._taps = taps
        self._pages = 0
        self.actions = 0

    @contextmanager
    def within(self, budget: int) -> Iterator[None]:
        """What is done inside takes no more actions than this."""
        before = self.actions
        yield
        assert self.actions - before <= budget, f"{self.actions - before} actions, at most {budget}"

    def look(self, name: str) -> None:
        """The page as it stands is fit to be worked with."""
        self._pages += 1
        self.seen.settle()
        check(self.seen, self._screenshots, f"day-{self._who}-{self._pages}-{name}-{self._language}")

    def open(self, path: str) -> None:
        """Where the day begins, or goes on: typed into the address, so no action."""
        self.seen.open(path)

    def press(self, target: Locator, *, goes: bool = True) -> None:
        """One action; `goes`: it leads to another page."""
        self.actions += 1
        if not goes:
            self._press(target)
            return
        with self.page.expect_navigation():
            self._press(target)

    def type(self, target: Locator, text: str) -> None:
        """Types into a field that is reached as everything is."""
        if self._taps:
            target.fill(text)
            return
        self._reach(target)
        self.page.keyboard.insert_text(text)

    def choose(self, target: Locator, value: str) -> None:
        """Chooses in a list that is reached as everything is."""
        if not self._taps:
            self._reach(target)
        target.select_option(value)

    def _press(self, target: Locator) -> None:
        if self._taps:
            target.click()
        else:
            self._reach(target)
            self.page.keyboard.press("Enter")

    def _reach(self, target: Locator) -> None:
        assert target.count() == 1, f"{target} is {target.count()} times on {self.page.url}"
        for _ in range(TABS_AT_MOST):
            if target.evaluate(HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with the keyboard")
