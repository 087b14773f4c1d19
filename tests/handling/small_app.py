"""The small district behind the real web shell: every page and API route of handling, a demo account for each role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from handling.small_district import PEOPLE, District, actor
from sanban.handling import api
from sanban.handling.pages import case, disputes, figures, grid, handover, links, lists, proof, raised
from sanban.handling.pages.proof import SystemRow
from sanban.handling.views.proof import Verified
from sanban.kernel.mechanism import Title
from sanban.web.access.door import DemoAccount
from sanban.web.app import create_app
from sanban.web.shell import WebSettings

SEVEN = Title("七步", "Seven steps")
LET = Title("短租民宿扰民", "Short-let nuisance")
SYSTEMS = (
    SystemRow("A1", Title("三办三阶段", "Three loops"), "part", (SEVEN,), ("tests/stories/test_loops.py",), "/queue"),
    SystemRow("A3", Title("一事项一机制", "One matter, one mechanism"), "works", (LET,), ("tests/packs",)),
    SystemRow("B5", Title("转诊", "Referral"), "absent"),
)


def small_app(folder: Path, district: District, verified: Verified | None = None) -> Litestar:
    """The application; `demo-<name>` is the account of each of `PEOPLE`."""
    accounts = [DemoAccount(actor(name), f"账号 {name}", f"Account {name}") for name in PEOPLE]
    pages = (
        *lists.routes(district.needs),
        *case.routes(district.needs),
        *raised.routes(district.needs),
        *grid.routes(district.needs),
        *handover.routes(district.needs),
        *figures.routes(district.needs),
        *disputes.routes(district.needs),
        *links.routes(district.needs),
        *proof.ledger_routes(district.reader, lambda: verified),
        *proof.systems_routes(lambda: SYSTEMS),
    )
    settings = WebSettings(home=folder, district="和平区")
    return create_app(settings, pages, api.routes(district.needs), demo=accounts, clock=lambda: district.now)


class Browser:
    """One person's browser on a client that several share: it keeps its own cookies."""

    def __init__(self, client: TestClient[Any]) -> None:
        self._client = client
        self._cookies = httpx.Cookies()

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self._ask("POST", path, **more)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        self._client.cookies = self._cookies
        answer = self._client.request(method, path, follow_redirects=False, **more)
        self._cookies = httpx.Cookies(self._client.cookies)
        return answer
