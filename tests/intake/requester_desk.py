"""The small desk with the requester's pages before it, cases behind it, and nobody signed in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from handling.small_district import actor
from intake.small_desk import Desk
from sanban.intake import api, pages
from sanban.intake.decide import digest
from sanban.intake.desk.deciding import Filled, open_case
from sanban.intake.nearby import pages as nearby_pages
from sanban.intake.ports import Wish
from sanban.intake.public import api as public_api
from sanban.intake.public import asking, follow_pages
from sanban.intake.public import pages as filing_pages
from sanban.intake.public.allowance import filings, guesses
from sanban.intake.public.ports import PublicNeeds
from sanban.intake.request import Request
from sanban.intake.views import request_of_receipt
from sanban.kernel.case.state import Case
from sanban.ledger.port import Part, Submission
from sanban.main.lending.following import Following
from sanban.web.access.door import DemoAccount
from sanban.web.app import create_app
from sanban.web.shell import WebSettings

FORM = {
    "text": "楼下工地噪音很大，夜间施工到两点。",
    "address": "和平路12弄",
    "phone": "138 0000 1234",
    "street": "st1",
}
NOBODYS = {"text": "路口积水", "phone": ""}


class RequesterDesk(Desk):
    """`public` is what the requester's pages work with."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.public = PublicNeeds(self.needs, Following(self.cases, self.reader), filings(), guesses())

    def app(self) -> Litestar:
        accounts = [DemoAccount(one, f"账号 {name}", f"Account {name}") for name, one in self.people.items()]
        nearby = nearby_pages.routes(self.public.nearby, self.public.looking) if self.public.nearby else ()
        shown = (
            *nearby,
            *filing_pages.routes(self.public),
            *follow_pages.routes(self.public),
            *asking.routes(self.public),
            *pages.routes(self.needs),
        )
        offered = (*public_api.routes(self.public), *api.routes(self.needs))
        settings = WebSettings(home=self.folder, district="和平区")
        return create_app(settings, shown, offered, demo=accounts, clock=lambda: self.now, looked=self.looks.append)

    def took(self, who: str, case_id: str, step: str, **args: Any) -> Case:
        """Somebody takes a step of a case; the case then."""
        command = Submission(self.command_id(), actor(who), (Part(f"case:{case_id}", step, args),))
        answer = self.ledger.submit(command)
        assert answer.refused is None, answer.refused
        return self.case(case_id)

    def case(self, case_id: str) -> Case:
        found = self.reader.state(f"case:{case_id}")
        assert isinstance(found, Case)
        return found

    def closed(self, request_id: str, case_id: str, ending: str = "resolved") -> Case:
        """The case goes its way to the end."""
        return self.ended(case_id, (request_id,), ending)

    def every_request(self) -> list[Request]:
        """Every request that the table of requests has."""
        rows = self.reader.query("SELECT request FROM request_view WHERE district = :district ORDER BY request")
        return [self.request(request) for (request,) in rows]

    def ended(self, case_id: str, requests: Sequence[str], ending: str = "resolved") -> Case:
        """The same for a case of several requests."""
        self.took("disp", case_id, "dispatch")
        self.took("h1", case_id, "accept")
        for request_id in requests:
            self.took("h1", case_id, "contact", request=request_id)
        for task in self.case(case_id).open_tasks:
            if task.spec != "lead":
                self.took("coord", case_id, "waive", task=task.id, ground="statutory_route")
        self.took("h1", case_id, "finish")
        self.took("ver", case_id, "verify")
        for request_id in requests:
            self.took("op", case_id, "call_back", request=request_id, reached=True, resolved="yes")
        return self.took("op", case_id, "close", ending=ending)


class Person:
    """Somebody with a browser and no account."""

    def __init__(self, client: TestClient[Any], language: str = "en") -> None:
        self.client = client
        self.language = language
        client.get(f"/file?lang={language}")

    def hidden(self, page: str) -> dict[str, str]:
        return {
            name: found[1]
            for name in ("_csrf_token", "command_id", "form")
            if (found := re.search(rf'name="{name}" value="([^"]+)"', page))
        }

    def send(self, path: str, page: str = "/file", **fields: str) -> Any:
        """Fills in a form of a page that was got anew."""
        return self.client.post(path, data=self.hidden(self.client.get(page).text) | fields, follow_redirects=False)

    def file(self, **fields: str) -> str:
        """Files a request on two screens; its receipt."""
        second = self.send("/file", stage="check", **fields)
        assert second.status_code == 200, text_of(second)
        third = self.client.post("/file", data=self.hidden(second.text) | {"stage": "send", **fields})
        assert third.status_code == 200, text_of(third)
        return receipt_on(third)

    def follow(self, receipt: str, tail: str = "", act: str = "", **fields: str) -> Any:
        return self.send(f"/follow{'/' if act else ''}{act}", "/follow", receipt=receipt, tail=tail, **fields)


def opened_case(district: RequesterDesk, receipt: str, matter: str = "noise") -> str:
    """The desk opens a case for the request of a receipt; the case's id."""
    request = district.request(request_by(district, receipt))
    wish = Wish(key="k", matter=matter, street="st1")
    assert (
        open_case(district.needs, district.people["op"], district.command_id(), request, wish, Filled(), district.now)
        is None
    )
    return district.request(request.id).case


def receipt_on(page: Any) -> str:
    found = re.search(r'class="receipt"[^>]*><span>(\w{5})</span> <span>(\w{5})</span>', page.text)
    assert found is not None
    return found[1] + found[2]


def request_by(desk: Desk, receipt: str) -> str:
    """The id of the request with a receipt."""
    from_ledger = request_of_receipt(desk.reader, digest(receipt))
    assert from_ledger is not None
    return from_ledger


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
