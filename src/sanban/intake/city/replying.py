"""What goes to the city: the reply of a closing, a return, another reply; and carrying them to the platform.

    case closed, request answered --> reply, with its honest ending --> the city takes it, refuses it or sends it back
    the desk: return on a ground, within its time; another reply to what was sent back

A reply names nobody who worked on it: accounts, officers known by name, and a surname before a declared title are
replaced. Where others asked for the same, it leads to none of them: the desk then writes it. It is fitted to the length
that was agreed. Messages wait in the orders' own table and are carried one by one; what fails is tried again with
growing waits, then a person has to look.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import UUID, uuid5

import msgspec

from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.messages import Outgoing, OutgoingKind, Sent
from sanban.intake.city.order import CityOrder
from sanban.intake.city.ports import CityNeeds
from sanban.intake.city.taking import CITY
from sanban.intake.desk.deciding import owner_of
from sanban.intake.desk.receiving import request_of
from sanban.intake.desk.seeing import endings_of
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.redaction import SURNAME
from sanban.ledger.port import Part, Secret, Submission
from sanban.packs.desk.city import CityReply

REPLIES = UUID("8c7f5b1d-2e64-5a90-b3d8-6a1c0f9e4d72")
AT_ONCE = 200
NAMES_ANOTHER = Refused(
    "names_another", "others asked for the same: the reply names none of them, no number and no flat", "路灯已修好"
)
_DUE = (
    "SELECT request FROM city_order_view WHERE district = :district AND sending = :waiting AND next_at <= :now "
    "ORDER BY next_at, request LIMIT :limit"
)


class Carried(msgspec.Struct, frozen=True):
    """What became of the messages that were due."""

    sent: int = 0
    refused: int = 0
    later: int = 0


def replying(
    needs: CityNeeds, request: Request, key: str, actor: Actor, ending: str, text: str
) -> Submission | Refused:
    """The command that replies for a request. `key`: names the command; `text`: in the words of whoever closed it."""
    if needs.names_another(request, text):
        return NAMES_ANOTHER
    reply = needs.terms.reply
    titles = endings_of(needs.desk.matters(request.received.at))
    told = composed(reply, titles.get(ending, Title(ending, ending)).zh, text, needs.officers())
    if len(told) < reply.least:
        return Refused("reply_too_short", f"a reply to the city has at least {reply.least} characters", "办结情况")
    own_id = str(uuid5(REPLIES, f"{request.id} {key}"))
    secret = Secret(f"v:{uuid5(REPLIES, f'ref {own_id}').hex}", owner_of(needs.desk, request), "text", told)
    part = Part(stream_of(request.id), "reply", {"text": secret.ref, "ending": ending})
    return Submission(own_id, actor, (part,), secrets=(secret,))


def composed(reply: CityReply, ending: str, text: str, officers: Collection[str]) -> str:
    """The reply's text: ending and words in the agreed form, without anybody's name, no longer than agreed."""
    told = reply.text.zh.replace("{ending}", ending).replace("{text}", unnamed(text.strip(), reply, officers))
    return told[: reply.longest]


def unnamed(text: str, reply: CityReply, officers: Collection[str]) -> str:
    """The text with what names an officer replaced; accounts as whole words alone, so that none is torn."""
    for name in sorted(officers, key=len, reverse=True):
        plain = re.escape(name)
        pattern = rf"(?<![A-Za-z0-9_-]){plain}(?![A-Za-z0-9_-])" if name.isascii() else plain
        text = re.sub(pattern, reply.instead, text)
    if not reply.titles:
        return text
    titles, given = "|".join(map(re.escape, reply.titles)), r"[\u4e00-\u9fff]"
    before = rf"{SURNAME}{given}{{0,2}}?(?:{titles})"
    after = rf"(?:{titles}){SURNAME}{given}{{1,2}}(?=[，。、；\s]|$)"
    return re.sub(f"{before}|{after}", reply.instead, text)


def return_order(needs: CityNeeds, viewer: Actor, command_id: str, order: CityOrder, ground: str) -> Refused | None:
    """Gives an order back to the city as not this district's."""
    part = Part(stream_of(order.id), "return", {"ground": ground})
    return needs.desk.ledger.submit(Submission(command_id, viewer, (part,))).refused


def reply_again(
    needs: CityNeeds, viewer: Actor, command_id: str, order: CityOrder, text: str, ending: str
) -> Refused | None:
    """Another reply: to what was sent back or not taken."""
    if not text:
        return Refused("empty_answer", "an answer says something", "已向您说明办理条件和窗口地址。")
    request = request_of(needs.desk, order.id)
    if request is None or not (order.sent or request.closed_at):
        return Refused("not_answered", "an order is replied to when its request is answered", "answer the request")
    known = endings_of(needs.desk.matters(request.received.at))
    if ending not in known:
        return Refused("unknown_ground", f"a request ends as one of {', '.join(known)}", next(iter(known), ""))
    submission = replying(needs, request, command_id, viewer, ending, text)
    return submission if isinstance(submission, Refused) else needs.desk.ledger.submit(submission).refused


def look(needs: CityNeeds, viewer: Actor, command_id: str, order: CityOrder, step: str) -> Refused | None:
    """The desk has seen what came after the answer (`look`), or wants a message carried again (`retry`)."""
    return needs.desk.ledger.submit(Submission(command_id, viewer, (Part(stream_of(order.id), step),))).refused


def carry(needs: CityNeeds, now: int) -> Carried:
    """Carries the messages that are due, each once a round."""
    if needs.platform is None:
        return Carried()
    rows = needs.desk.reader.query(_DUE, {"waiting": "waiting", "now": now, "limit": AT_ONCE})
    counts = {"handed": 0, "taken": 0, "refused": 0, "later": 0}
    for (request,) in rows:
        order = needs.desk.reader.state(stream_of(request))
        if isinstance(order, CityOrder) and order.sending == "waiting":
            counts[_carried(needs, order, now)] += 1
    return Carried(counts["handed"] + counts["taken"], counts["refused"], counts["later"])


def _carried(needs: CityNeeds, order: CityOrder, now: int) -> str:
    assert needs.platform is not None, "what is carried has a platform to go to"
    texts = needs.desk.reader.open_secrets([one for one in (order.taken.number, order.text) if one])
    number = texts.get(order.taken.number, "")
    sent = needs.platform.send(_outgoing(needs, order, number, texts, now)) if number else Sent("later", "erased")
    needs.desk.ledger.submit(_noted(needs, order, sent))
    return sent.outcome


def _outgoing(needs: CityNeeds, order: CityOrder, number: str, texts: dict[str, str], now: int) -> Outgoing:
    kind: OutgoingKind = "reply" if order.state == "replied" else "return"
    titles = endings_of(needs.desk.matters(now))
    ground = needs.terms.grounds.get(order.ground)
    return Outgoing(
        message=order.message,
        kind=kind,
        number=number,
        at=order.ended_at,
        text=texts.get(order.text, ""),
        ending=titles.get(order.ending, Title(order.ending, order.ending)).zh if kind == "reply" else "",
        ground=ground.zh if ground and kind == "return" else "",
    )


def _noted(needs: CityNeeds, order: CityOrder, sent: Sent) -> Submission:
    """What the ledger is told of a carriage; its id holds for this attempt alone."""
    own_id = str(uuid5(REPLIES, f"carried {order.message} {order.attempts} {order.next_at}"))
    about: dict[str, object] = {"message": order.message}
    stream = stream_of(order.id)
    if sent.outcome == "handed":
        return Submission(own_id, CITY, (Part(stream, "hand", about),))
    if sent.outcome == "later":
        return Submission(own_id, CITY, (Part(stream, "delay", about | {"code": sent.code}),))
    args = about | {"outcome": sent.outcome, "code": sent.code}
    request = request_of(needs.desk, order.id)
    if not sent.text or request is None:
        return Submission(own_id, CITY, (Part(stream, "settle", args),))
    secret = Secret(f"v:{uuid5(REPLIES, f'said {own_id}').hex}", owner_of(needs.desk, request), "text", sent.text)
    return Submission(own_id, CITY, (Part(stream, "settle", args | {"text": secret.ref}),), secrets=(secret,))
