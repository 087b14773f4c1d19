"""Whom the words of a request may be about, by the names that the district knows.

Who is complained about never sees the case. A firm counts wherever it is named, with or without what kind of firm it
is; any other unit where a word of complaint stands before it, since most words name the street they come from. A name
says nothing by itself (`请安甲物业来修`): the desk says of each whether the request is about it, and until it has, no
case opens, at the desk or by itself.

    投诉安甲物业公司乱收费   ->   安甲物业（虚构）
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sanban.intake.ports import Needs, Wish
from sanban.intake.request import Request
from sanban.kernel.duty import Unit
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused
from sanban.ledger.port import Reader

EXAMPLE = '"about": {"firm-anjia": true}'
PARTY_UNSAID = Refused("party_unsaid", "the words name a unit: say whether the request is about it", EXAMPLE)
UNKNOWN_PARTY = Refused("unknown_party", "the district knows no such unit", EXAMPLE)
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
    """The units that a request's words may be about."""
    refs = [ref for ref in (request.received.title, request.received.text, *request.added) if ref]
    return named(duty, "\n".join(reader.open_secrets(refs).values()), now)


def fault_of(needs: Needs, request: Request, wish: Wish) -> Refused | None:
    """None when it is said of every unit that the words name whether the request is about it."""
    if any(code not in needs.duty.units for code in wish.about):
        return UNKNOWN_PARTY
    said = {*wish.about, *wish.fields.values()}
    unsaid = any(one.code not in said for one in named_by(needs.duty, needs.reader, request, request.received.at))
    return PARTY_UNSAID if unsaid else None


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
