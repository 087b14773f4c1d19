"""One suite for every carrier: the memory twin, mail to a real server on loopback, an HTTP gateway, a webhook."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from contracts.mail_sink import mail_sink
from contracts.receiver import receiving
from sanban.adapters.carriers import MemoryCarrier, ProviderCarrier, ReceiverCarrier
from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import Carried, Parcel
from sanban.notices.ports import Carrier
from sanban.notices.webhooks.signing import new_key, signed_headers

TEXT = "您的诉求2026-000001已结案，结果：未解决。"
KEY = new_key()


class Case(NamedTuple):
    """A carrier, an address it reaches, the texts that came out at the other side, and how to make that side refuse."""

    carrier: Carrier
    to: str
    came: Callable[[], list[str]]
    refuse: Callable[[], None]


def memory() -> Iterator[Case]:
    twin = MemoryCarrier()
    yield Case(
        twin,
        "13800000000",
        lambda: [one.text for one in twin.carried.values()],
        lambda: twin.answer_next([Carried("later", "no")]),
    )


def mail() -> Iterator[Case]:
    with mail_sink() as sink:

        def refuse() -> None:
            sink.refuses = True

        url = f"mailto://127.0.0.1:{sink.port}?from=hotline@district.example&to={{to}}"
        yield Case(
            ProviderCarrier(url), "duty@street.example", lambda: [one.text.strip() for one in sink.mails], refuse
        )


def gateway() -> Iterator[Case]:
    with receiving() as receiver:
        url = receiver.url.replace("http://", "json://") + "/{to}?+Idempotency-Key={key}"

        def came() -> list[str]:
            return [body.decode("unicode-escape") if b"\\u" in body else body.decode() for _, _, body in receiver.got]

        yield Case(ProviderCarrier(url), "13800000000", came, lambda: receiver.answers.append(500))


def webhook() -> Iterator[Case]:
    with receiving() as receiver:
        carrier = ReceiverCarrier(signed_headers, lambda: 1_780_000_000, open_inside=True)
        yield Case(
            carrier,
            receiver.url,
            lambda: [body.decode() for _, _, body in receiver.got],
            lambda: receiver.answers.append(500),
        )


@pytest.fixture(params=[memory, mail, gateway, webhook], ids=lambda one: one.__name__)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from request.param()


def parcel(case: Case, key: str = "n-1") -> Parcel:
    return Parcel(key, case.to, "通知", TEXT, KEY)


def test_what_is_handed_over_arrives_as_it_was_said(case: Case) -> None:
    assert case.carrier.carry(parcel(case)).outcome == "sent"
    (came,) = case.came()
    assert TEXT in came


def test_what_the_other_side_refuses_is_said_with_a_code_and_nothing_is_raised(case: Case) -> None:
    case.refuse()
    carried = case.carrier.carry(parcel(case))
    assert (carried.outcome, bool(carried.code)) == ("later", True)


def test_neither_address_nor_text_is_logged(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        case.carrier.carry(parcel(case))
        case.refuse()
        case.carrier.carry(parcel(case, "n-2"))
    assert TEXT not in caplog.text
    assert case.to not in caplog.text


def test_a_repeat_is_dropped_by_the_twin() -> None:
    twin = MemoryCarrier()
    for _ in range(2):
        assert twin.carry(Parcel("n-1", "13800000000", "", TEXT)).outcome == "sent"
    assert (twin.asked, len(twin.carried)) == (2, 1)


def test_a_gateway_is_given_the_key_by_which_it_can_drop_repeats() -> None:
    with receiving() as receiver:
        carrier = ProviderCarrier(receiver.url.replace("http://", "json://") + "/{to}?+Idempotency-Key={key}")
        carrier.carry(Parcel("n-1", "138/../000?x=1", "", TEXT))
        ((path, headers, _),) = receiver.got
    assert headers["idempotency-key"] == "n-1"
    assert path.startswith("/hook/138")
    assert "x=1" not in path.partition("?")[2]


def test_an_address_inside_a_url_cannot_add_recipients() -> None:
    with mail_sink() as sink:
        url = f"mailto://127.0.0.1:{sink.port}?from=hotline@district.example&to={{to}}"
        ProviderCarrier(url).carry(Parcel("n-1", "duty@street.example&bcc=spy@else.example", "", TEXT))
        assert [to for mail in sink.mails for to in mail.to if "spy" in to and "&" not in to] == []


@pytest.mark.parametrize("url", ["mailto://smtp.example", "nothing://{to}", "{to}"])
def test_an_address_that_no_channel_has_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SanbanError, match="to=\\{to\\}"):
        ProviderCarrier(url)
