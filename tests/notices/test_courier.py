"""The courier: at least once with the same key, one at a time, silent about what it carries, never stopped by one."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator

import msgspec
import pytest
from structlog.testing import capture_logs

from contracts.mail_sink import mail_sink
from notices.telling_house import HOUR, PHONE, TEXT, Telling
from sanban.adapters.carriers import ProviderCarrier
from sanban.jobs.delivering import Rounds
from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import Carried, Parcel
from sanban.ledger.settings import NoticeSettings
from sanban.main.telling import LOCK, carriers_of, courier_of, needs_of
from sanban.notices.sending import Courier


class Breaks:
    """A carrier whose library fails in a way nobody thought of."""

    def carry(self, parcel: Parcel) -> Carried:
        raise RuntimeError(parcel.to + parcel.text)


def test_a_crash_after_the_carriage_repeats_it_with_the_same_key(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling.receive()
    telling.house.run()
    courier = courier_of(telling.house)
    with monkeypatch.context() as broken:
        broken.setattr(courier, "_submit", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            courier.round(telling.now)
    assert len(telling.texts()) == 1
    assert telling.go_on().sent == 1
    assert (telling.sms.asked, len(telling.texts())) == (2, 1)


def test_a_carrier_that_breaks_stops_no_other_notice_and_tells_the_log_nothing(telling: Telling) -> None:
    for _ in range(3):
        telling.receive(text=TEXT + telling.command_id())
    telling.house.run()
    with capture_logs() as logged:
        counted = Courier(needs_of(telling.house), {"sms": Breaks()}).round(telling.now)
    assert counted.delayed >= 3
    assert {entry["code"] for entry in logged if entry["event"] == "notice_not_carried"} == {"carrier_failed"}
    assert PHONE not in str(logged)
    assert "查询码" not in str(logged)


def test_two_processes_of_a_home_do_not_send_at_once(telling: Telling) -> None:
    telling.receive()
    telling.house.run()
    held = os.open(telling.house.home.folder / LOCK, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert telling.house.deliver().sent == 0
    finally:
        os.close(held)
    assert telling.house.deliver().sent == 1


def test_a_channel_that_was_taken_out_of_the_settings_leaves_its_notices_waiting(telling: Telling) -> None:
    telling.receive()
    telling.house.run()
    assert Courier(needs_of(telling.house), {}).round(telling.now).delayed == 1
    assert telling.go_on(HOUR).sent == 1


def test_mail_reaches_a_units_real_mailbox(telling: Telling) -> None:
    with mail_sink() as sink:
        url = f"mailto://127.0.0.1:{sink.port}?from=hotline@district.example&to={{to}}"
        settings = NoticeSettings(mail=url, units=("street-01=mail:duty@street-01.example",), quiet="")
        home = telling.house.home
        telling.house.home = msgspec.structs.replace(
            home, settings=msgspec.structs.replace(home.settings, notices=settings)
        )
        case_id = telling.dispatched(telling.receive().request)
        telling.go_on()
        assert [mail.to for mail in sink.mails] == [["duty@street-01.example"]]
        assert telling.case(case_id).number in sink.mails[0].text
    assert isinstance(telling.house.carriers["mail"], ProviderCarrier)


def test_production_refuses_a_channel_that_tells_nobody() -> None:
    with pytest.raises(SanbanError, match="really"):
        carriers_of(NoticeSettings(sms="memory://"), "production")


def test_rounds_go_on_after_one_that_fails() -> None:
    made, done = [], threading.Event()

    def outcomes() -> Iterator[None]:
        yield None
        done.set()
        while True:
            yield None

    answers = outcomes()

    def once() -> None:
        made.append(1)
        if len(made) == 1:
            raise RuntimeError("the first fails")
        next(answers)

    rounds = Rounds(once, 0.001)
    with capture_logs():
        rounds.start()
        assert done.wait(10)
        rounds.stop()
    assert len(made) >= 3
