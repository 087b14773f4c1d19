"""Somebody of the demo signed in to a deployment's pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar.testing import TestClient

from intake.small_desk import text_of
from sanban.main.house import House
from sanban.main.serving import application


class Visiting:
    """A browser of one account, in English."""

    def __init__(self, client: TestClient[Any], account: str) -> None:
        self._client = client
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in?lang=en").text)
        assert token is not None
        self._hidden = {"_csrf_token": token[1]}
        signed = client.post("/sign-in/demo", data=self._hidden | {"account": account}, follow_redirects=False)
        assert signed.status_code == 303, signed.text

    def get(self, path: str) -> Any:
        return self._client.get(path, follow_redirects=False)

    def text(self, path: str) -> str:
        """The words of a page that is there."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        return text_of(page)

    def post(self, path: str, **fields: Any) -> Any:
        """A form, sent without looking at it."""
        return self._client.post(path, data=self._hidden | fields, follow_redirects=False)

    def upload(self, path: str, name: str, content: bytes) -> Any:
        """A file, sent by a form."""
        return self._client.post(path, data=self._hidden, files={"files": (name, content)}, follow_redirects=False)


@contextmanager
def visiting(house: House, account: str) -> Iterator[Visiting]:
    """Signs in as an account that the demo offers."""
    with TestClient(application(house), raise_server_exceptions=False) as client:
        yield Visiting(client, account)
