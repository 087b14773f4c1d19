"""A text written for those who may not know the requester names nobody: checked before it goes into the vault.

A helping unit's task is such a text, and so are the answer to a supervision, which all who look from above read, and
the note of a closing, which every requester of the case reads.
What the requesters of the case told of themselves is looked for as it stands and in parts, their numbers however they
are spaced; besides, whatever looks like a number, an account, a flat, a plate or a person's title is refused. A person
who writes around that is not caught by a machine; the text is on the record under the writer's name.

    幸福路12弄阳光花园3号502室   ->   the whole of it, 幸福路 before any number, 阳光花园; the road alone says where
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from sanban.handling.needs import Needs
from sanban.kernel.case.state import Case, Request
from sanban.kernel.errors import Refused
from sanban.kernel.redaction import SURNAME

NAMES_SOMEBODY = Refused(
    "names_somebody",
    "who reads this is told of no name, number, flat or plate",
    "3号网格路灯不亮，请检修线路",
)
READ_BY_OTHERS = frozenset({"reword", "account_for", "close"})
"""Verbs whose text is read by those who may not know who asked."""
SHORTEST = 2
"""A name of one sign would be found in any text."""
SHORTEST_PART = 3
TITLES = "先生|女士|小姐|太太|老师|师傅|同志|阿姨|阿婆|阿公|老伯|大[爷妈娘叔伯姐哥]|叔叔|伯伯|奶奶|爷爷|某"
"""What stands behind a surname where somebody is meant."""
_DIGIT = r"[\d〇零一二三四五六七八九幺]"
LEADING = re.compile(
    rf"{_DIGIT}{{7,}}|[\w.]+@[\w.]+"
    rf"|\d+\s*(?:室|单元|号楼|栋|幢|弄)|{_DIGIT}号{_DIGIT}"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}"
    r"|(?i:微信|威信|weixin|wechat|wx|vx|qq)号?(?i:id)?[:是为]?[A-Za-z0-9_]{3,}|[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]+"
)
"""A number, an account, a flat or a plate that leads to somebody by itself."""
PERSONAL = re.compile(rf"{_DIGIT}{{3,}}|{SURNAME}(?:{TITLES})|{LEADING.pattern}")
_BETWEEN = re.compile(r"[\s\-·•・‧./()—–]+")
"""What people put between the signs of one number."""
_DISTRICT = re.compile(r"^\D*(?:[省市县镇乡]|街道|(?<![小社园])区)")
_NUMBERED = re.compile(rf"(?:{_DIGIT}|[十百甲乙丙丁A-Za-z])+(?:号楼|支弄|单元|[弄号室幢栋楼层座])?|[,、;:]")
_ROAD = re.compile(r"[路街巷道]$")


def names_somebody(needs: Needs, case: Case, text: str) -> bool:
    """Whether a text says who asked, or holds what may lead to somebody."""
    plain = _plain(text)
    return bool(PERSONAL.search(plain)) or _tells(needs, case.requests, plain)


def names_another(needs: Needs, case: Case, request: str, text: str) -> bool:
    """Whether a text on one request leads to anybody else of its case; what its own requester told may stand."""
    own = case.request(request)
    others = [one for one in case.requests if own is None or one.requester != own.requester]
    if not others:
        return False
    plain = _plain(text)
    if _tells(needs, others, plain):
        return True
    refs = needs.requests([request]).values()
    told = needs.reader.open_secrets([ref for one in refs for ref in (one.name, one.phone, one.address) if ref])
    for word in filter(None, map(_plain, told.values())):
        plain = plain.replace(word, "")
    return bool(LEADING.search(plain))


def fault_of(needs: Needs, case: Case, verb: str, text: str) -> Refused | None:
    """None for a text that a step of the verb may carry. The case's own number leads to nobody."""
    checked = text.replace(case.number, "，")
    return NAMES_SOMEBODY if verb in READ_BY_OTHERS and names_somebody(needs, case, checked) else None


def _plain(text: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text))


def _tells(needs: Needs, requests: Iterable[Request], plain: str) -> bool:
    """Whether a text holds what these requests told of who asked."""
    found = needs.requests([one.id for one in requests]).values()
    forms: dict[str, Callable[[str], Iterator[re.Pattern[str]]]] = {}
    for one in found:
        forms |= {one.name: _names, one.phone: _whole, one.address: _places}
    opened = needs.reader.open_secrets([ref for ref in forms if ref])
    return any(pattern.search(plain) for ref, told in opened.items() for pattern in forms[ref](_plain(told)))


def _whole(told: str) -> Iterator[re.Pattern[str]]:
    if len(told) >= SHORTEST:
        yield re.compile(re.escape(told))


def _names(name: str) -> Iterator[re.Pattern[str]]:
    """The name, and the family's with a title behind it."""
    yield from _whole(name)
    if not name:
        return
    known = re.match(SURNAME, name)
    yield re.compile(f"{known[0] if known else re.escape(name[0])}(?:{TITLES})")


def _places(address: str) -> Iterator[re.Pattern[str]]:
    """The address, its named places, and its roads with a number behind them."""
    yield from _whole(address)
    for part in _NUMBERED.split(_DISTRICT.sub("", address)):
        if _ROAD.search(part):
            yield re.compile(rf"{re.escape(part)}[\d一二三四五六七八九十]")
        elif len(part) >= SHORTEST_PART:
            yield re.compile(re.escape(part))
