"""Whom the words of a request may be about, by the names that the district knows.

Who is complained about never sees the case. A firm counts wherever it is named, with or without what kind of firm it
is; any other unit where a word of complaint stands before it, since most words name the street they come from. A name
says nothing by itself (`请安甲物业来修`): the desk says of each whether the request is about it, and until it has, no
case opens and none is joined, at the desk or by itself. A part of a message, and a request that was split off, keep
what the message and the case were about: who is named there is asked about too.

    投诉安甲物业公司乱收费   ->   安甲物业（虚构）
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from sanban.intake.aggregate import stream_of
from sanban.intake.ports import Needs
from sanban.intake.request import Request
from sanban.kernel.case.verbs.naming import OWN_PARTY
from sanban.kernel.duty import Unit
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Reader

EXAMPLE = '"about": {"firm-anjia": true}'
PARTY_UNSAID = Refused("party_unsaid", "the words name a unit: say whether the request is about it", EXAMPLE)
UNKNOWN_PARTY = Refused("unknown_party", "the district knows no such unit", EXAMPLE)
NOT_ASKED = Refused("party_not_asked", "it is said only of units that the words name", EXAMPLE)
SHORTEST = 2
_ASIDE = re.compile(r"\(.*?\)")
_KIND = re.compile(r"(?:物业)?(?:管理|服务)?(?:股份|责任)?(?:有限)?(?:责任)?(?:公司)?$")
_COMPLAINING = r"(?:投诉|举报|控告|状告|检举)[^,。;、!?\s]{0,6}"


def named(duty: DutyTable, text: str, now: int) -> tuple[Unit, ...]:
    """The units that a text may be about, in the order of the duty table."""
    plain = _plain(text)
    if not _any_form(duty).search(plain):
        return ()
    units = (duty.unit_at(code, now) for code in duty.units)
    return tuple(unit for unit in units if unit is not None and _form(unit).search(plain))


def named_by(duty: DutyTable, reader: Reader, request: Request, now: int) -> tuple[Unit, ...]:
    """The units that a request's words may be about; of a part, those of the whole message."""
    return named(duty, "\n".join(reader.open_secrets(_refs(reader, request)).values()), now)


def _refs(reader: Reader, request: Request) -> list[str]:
    """The texts of a request, and of the message that it is a part of."""
    told = [request, *filter(None, (whole_of(reader, request),))]
    return [ref for one in told for ref in (one.received.title, one.received.text, *one.added) if ref]


def whole_of(reader: Reader, request: Request) -> Request | None:
    """The message that a request is a part of; None for one that is whole."""
    origin = request.received.origin
    whole = reader.state(origin) if origin.startswith("request:") else None
    return whole if isinstance(whole, Request) and request.id in whole.parts else None


def carried(needs: Needs, request: Request) -> frozenset[str]:
    """Whom it is about already: the parties of the case that it was split off from, and of the other parts' cases."""
    whole = whole_of(needs.reader, request) or request
    parts = (needs.reader.state(stream_of(one)) for one in whole.parts)
    cases = {request.left, *(one.case for one in (whole, *parts) if isinstance(one, Request))} - {"", request.case}
    return frozenset(party for case in cases for party in needs.joins.subjects(case))


def asked(needs: Needs, request: Request, known: Collection[str] = ()) -> tuple[Unit, ...]:
    """The units of which it has to be said whether the request is about them, but those `known` to be."""
    (wanted,) = asked_of(needs, (request,)).values()
    return tuple(unit for code, unit in wanted.items() if code not in known)


def asked_of(needs: Needs, requests: Sequence[Request]) -> dict[str, dict[str, Unit]]:
    """By the id of each request the units, by their codes, that are `asked` about; all texts are opened at once."""
    refs = {one.id: _refs(needs.reader, one) for one in requests}
    opened = needs.reader.open_secrets([ref for each in refs.values() for ref in each])
    return {one.id: _asked(needs, one, "\n".join(opened.get(ref, "") for ref in refs[one.id])) for one in requests}


def _asked(needs: Needs, request: Request, words: str) -> dict[str, Unit]:
    now = request.received.at
    carried_on = (needs.duty.unit_at(party, now) for party in sorted(carried(needs, request)))
    units = (*named(needs.duty, words, now), *carried_on)
    return {one.code: one for one in units if one is not None}


def fault_of(
    needs: Needs, viewer: Actor, request: Request, about: Mapping[str, bool], known: Collection[str], now: int
) -> Refused | None:
    """None when it is said of every unit that has to be `asked`, and no denial comes from anybody bound to a party."""
    if any(code not in needs.duty.units for code in about):
        return UNKNOWN_PARTY
    denied = {code for code, is_about in about.items() if not is_about}
    if denied and not denied.isdisjoint(needs.joins.stands_for(viewer, now)):
        return OWN_PARTY
    return PARTY_UNSAID if asked(needs, request, {*about, *known}) else None


def unasked_fault(needs: Needs, request: Request, about: Mapping[str, bool]) -> Refused | None:
    """None when nothing is said of a unit that nobody asked about: other parties are named on a declared ground."""
    return None if about.keys() <= {unit.code for unit in asked(needs, request)} else NOT_ASKED


def unsaid(needs: Needs, request_id: str, known: Collection[str]) -> Refused | None:
    """None for a request that may join a case about the parties `known` without a word on anybody else."""
    request = needs.reader.state(stream_of(request_id))
    return PARTY_UNSAID if isinstance(request, Request) and asked(needs, request, known) else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(8)
def _any_form(duty: DutyTable) -> re.Pattern[str]:
    """What a text says that names any unit of any time: one look is enough for the many that name none."""
    return re.compile("|".join(_form(unit).pattern for versions in duty.units.values() for unit in versions) or "(?!)")


@lru_cache(2048)
def _form(unit: Unit) -> re.Pattern[str]:
    """What a text says that names the unit."""
    zh, en = (_ASIDE.sub("", _plain(title)).strip() for title in (unit.title_zh, unit.title_en))
    if unit.kind != "firm":
        own = zh.partition("区")[2]
        names = "|".join(map(re.escape, filter(lambda name: len(name) > SHORTEST, (zh, own))))
        return re.compile(f"{_COMPLAINING}(?:{names})" if names else r"(?!)")
    short = _KIND.sub("", zh)
    names = "|".join(map(re.escape, filter(lambda name: len(name) >= SHORTEST, (zh, short))))
    return re.compile(rf"{names}|\b{re.escape(en)}\b" if names else rf"\b{re.escape(en)}\b")
