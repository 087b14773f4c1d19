"""What the browser's tests share: an application on a free port, and a page looked at as a whole.

with served(app) as address: ...
look(seen, screenshots, "desk", "/requests", language="zh", size="large")
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from playwright.sync_api import Page

from sanban.web.server import Server

WIDTHS = {"phone": 390, "desk": 1280}
SIZES = ("normal", "large")
Shots = Callable[..., Path]
UNFOLD = """() => document.querySelectorAll('main details > summary').forEach(e => e.checkVisibility() && e.click())"""
every_look = pytest.mark.parametrize(
    ("width", "language"),
    [
        ("phone", "zh"),
        ("desk", "en"),
        pytest.param("phone", "en", marks=pytest.mark.prove),
        pytest.param("desk", "zh", marks=pytest.mark.prove),
    ],
)
"""Each width and each language once; all of them together in the full count."""


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The address of an application that runs in a thread of its own."""
    server = Server(app)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listening.wait(20)
    yield f"http://127.0.0.1:{server.bound}"
    server.stop()
    thread.join(20)


def send(page: Page, button: str) -> None:
    """Presses what sends a form and waits for the page that answers: a press by itself waits for nothing."""
    with page.expect_navigation():
        page.locator(button).click()


def address_of(path: str, **query: str) -> str:
    """A path with more in its query."""
    more = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{path}{'&' if '?' in path else '?'}{more}"


def check(seen: Any, screenshots: Shots, name: str) -> None:
    """The page as it stands: it has said nothing, axe finds nothing, it fits, and its picture is kept."""
    assert (name, seen.complaints) == (name, [])
    assert screenshots(seen.page, name).stat().st_size > 5_000
    assert (name, seen.violations()) == (name, [])
    assert (name, seen.overflow()) == (name, 0)


def look(seen: Any, screenshots: Shots, name: str, path: str, **query: str) -> None:
    """Opens a page with everything that folds unfolded, and checks it."""
    seen.complaints.clear()
    page = seen.open(address_of(path, **query))
    seen.settle()
    page.evaluate(UNFOLD)
    check(seen, screenshots, "-".join((name, *query.values())))


def small_texts(page: Page) -> list[str]:
    """Elements whose own text is under 18 pt."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && e.innerText
            && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('.skip')
            && parseFloat(getComputedStyle(e).fontSize) < 24).map(e => e.outerHTML.slice(0, 90))"""
    )
    return found


def small_targets(page: Page) -> list[list[Any]]:
    """What is pressed or typed into and is under 60 by 60, with its width and height."""
    found: list[list[Any]] = page.evaluate(
        """() => [...document.querySelectorAll('a, button, select, summary, textarea, input:not([type=hidden])')]
            .filter(e => e.checkVisibility() && !e.closest('.skip, .trap')).map(e => [e.outerHTML.slice(0, 90),
            Math.round(e.getBoundingClientRect().width), Math.round(e.getBoundingClientRect().height)])
            .filter(([, width, height]) => width < 60 || height < 60)"""
    )
    return found
