"""Words that come later are flagged in the queue and on the page of a case until somebody of its unit has read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from attachments.test_files_of_requests_and_cases import sign_in
from notices.telling_house import HOUR, Telling, handler
from sanban.handling.reactions import SYSTEM
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.main.binding import intake_needs_of
from sanban.main.serving import application

FLAG = "more was said"
LEAD = "handler-street-01"


class Words:
    """A case that the street leads, and its people before their pages."""

    def __init__(self, folder: Path) -> None:
        self.place = Telling(folder / "home", mode="demo", sms="")
        self.request = self.place.receive().request
        self.case_id = self.place.dispatched(self.request)
        self.client = TestClient(application(self.place.house))

    def says_more(self, actor: Actor | None = None) -> None:
        """Adds to the case's file, as its requester where nobody else is named."""
        person = self.place.person(self.request)
        ref = f"v:{self.place.now:032x}"
        part = Part(f"case:{self.case_id}", "note", {"note": ref})
        who = actor or Actor(person, "requester", party=person)
        secret = Secret(ref, person, "text", "补充：是三号楼门口")
        self.place.submit(Submission("", who, (part,), secrets=(secret,)), who)

    def asks_again(self) -> None:
        again = self.place.receive()
        joining = intake_needs_of(self.place.house).joins.joining(self.case_id, "attach", again.request)
        self.place.submit(joining, SYSTEM)

    def is_urged(self) -> None:
        due_at = self.place.now + 8 * HOUR
        self.place.step(self.case_id, "impose", SYSTEM, limit="urged", request=self.request, due_at=due_at)

    def flagged(self, path: str, account: str = LEAD) -> bool:
        """Whether a page shows the flag; what was looked at stands in the ledger then."""
        sign_in(self.client, account)
        self.place.now += 1
        answer = self.client.get(path)
        assert answer.status_code == 200
        self.place.house.looks.flush()
        self.place.now += 1
        return FLAG in answer.text.lower()


@pytest.fixture
def words(tmp_path: Path) -> Iterator[Words]:
    made = Words(tmp_path)
    with made.client:
        yield made
    made.place.house.close()


def test_later_words_are_flagged_until_somebody_of_the_unit_has_read_them(words: Words) -> None:
    page = f"/cases/{words.case_id}"
    assert not words.flagged("/queue")
    assert not words.flagged(page)
    for say in (words.says_more, words.asks_again, words.is_urged, words.says_more):
        say()
        words.place.now += HOUR
        assert words.flagged("/queue")
        assert words.flagged(page, "dispatcher-1"), "the desk sees that nobody has read it"
        assert words.flagged("/queue"), "that the desk looked is no reading of the unit's"
        assert words.flagged(page), "who reads it is told that it is new"
        assert not words.flagged(page)
        assert not words.flagged("/queue")


def test_words_of_the_unit_itself_are_no_news_to_it(words: Words) -> None:
    words.place.step(words.case_id, "accept", handler("street-01"))
    words.says_more(handler("street-01"))
    assert not words.flagged("/queue")
    assert not words.flagged(f"/cases/{words.case_id}")
