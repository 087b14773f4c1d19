"""The outbox, its lists, subscribers and files work on PostgreSQL as they do on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from attachments.sample_files import picture
from contracts.receiver import receiving
from notices.telling_house import DISPATCHER, HOUR, OPERATOR, Telling
from sanban.attachments.filing import add, lines, open_file
from sanban.attachments.ports import Owner
from sanban.kernel.view import Upload
from sanban.main.attaching import attachment_needs_of
from sanban.main.binding import intake_needs_of
from sanban.main.proving import prove
from sanban.main.setup import init
from sanban.main.telling import needs_of, webhooks
from sanban.notices.views import NoticePage, notices


@pytest.mark.postgres
def test_people_are_told_systems_hear_and_files_are_kept_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    init(tmp_path / "home", code="demo", title="示范区", mode="demo", database_url=postgres_database)
    telling = Telling(tmp_path / "home", mode="demo")
    try:
        with receiving() as receiver:
            webhooks.add(telling.house, "city-platform", receiver.url, ["case.dispatched"], "", "")
            request = telling.receive().request
            case_id = telling.dispatched(request)
            telling.go_on(HOUR)
        assert len(receiver.got) == 1
        assert len(telling.texts()) == 2
        page = notices(DISPATCHER, needs_of(telling.house), telling.now, "", case_id)
        assert isinstance(page, NoticePage)
        assert {(row.kind, row.state) for row in page.rows} >= {("dispatched", "sent"), ("task", "sent")}
        files = attachment_needs_of(telling.house, intake_needs_of(telling.house))
        owner = files.owner(OPERATOR, "request", request, telling.now)
        assert isinstance(owner, Owner)
        added = add(files, OPERATOR, "add-1", owner, Upload("a.jpg", picture(size=(900, 700))))
        assert isinstance(added, str)
        opened = open_file(files, OPERATOR, owner, added)
        assert opened is not None
        assert [line.size for line in lines(files, OPERATOR, owner)] == [len(opened.content)]
        assert prove(telling.house).is_whole
    finally:
        telling.house.close()
