"""A visitor of the web shell, with the sample slice behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from web.sample_slice import NOW, Desk, sample_app

PASSWORD = "three-loops-one-case"


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Visitor:
    """A browser without JavaScript: fills in the forms it is shown."""

    def __init__(self, client: TestClient[Any], desk: Desk, clock: Clock, home: Path) -> None:
        self.client = client
        self.desk = desk
        self.clock = clock
        self.home = home

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, follow_redirects=False, **more)

    def send(self, page: str, action: str, **fields: str) -> Any:
        """Opens a page and sends a form with the hidden fields found on it."""
        shown = self.client.get(page).text
        hidden = {
            name: found[1]
            for name in ("_csrf_token", "command_id")
            if (found := re.search(rf'name="{name}" value="([^"]+)"', shown))
        }
        return self.client.post(action, data=hidden | fields, follow_redirects=False)

    def enter(self, account: str = "demo-handler") -> Visitor:
        """Signs in with a demo account."""
        assert self.send("/sign-in", "/sign-in/demo", account=account).status_code == 303
        return self


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def visit(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Visitor]]:
    """Opens a fresh browser on an application with these settings; the home stays the same within a test."""
    with ExitStack() as stack:

        def opened(**settings: Any) -> Visitor:
            desk = Desk()
            app = sample_app(tmp_path, desk, clock, **settings)
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            return Visitor(client, desk, clock, tmp_path)

        yield opened


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """Someone who has not signed in, in the demo."""
    return visit()
