"""Order numbers: which of them may tell requests apart, and which look like somebody's phone, identity or name.

No order number stands in an event: the number is a secret of the vault. A plain one gives the request its id, through
a keyed digest, so that a file taken twice is taken once. One that looks personal gives nothing: its row is told apart
by its whole content, so nothing made from a phone or an identity number alone outlives its person.

    13800000000, +86 138-0000-0000, 021-62345678     a phone            (11 or 12 digits that a phone may have)
    18 digits with their check digit, or 15 with a day    an identity number of a resident
    a phone or identity number between other signs        the same
    Chinese characters besides words of order numbers     perhaps a name
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_MOBILE = re.compile(r"(?:86|0086)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{10,11}")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_WORDS = re.compile(
    r"第|号|字|年|月|日|批|次|件|单|工单|编号|案件|案卷|投诉|举报|咨询|求助|建议|诉求|热线|市民|信访|网格|留言|受理|派单|市级|区级"
    r"|街道|网|信|访|转|京|津|沪|渝|冀|晋|蒙|辽|吉|黑|苏|浙|皖|闽|赣|鲁|豫|鄂|湘|粤|桂|琼|川|黔|滇|藏|陕|甘|青|宁|新"
)
"""Words that stand in numbers of orders; whatever else is Chinese may be a name."""

_BETWEEN = re.compile(r"[\s\-()+./#:\[\]_]")
_RUN = re.compile(r"\d+X?")
_IDENTITY = re.compile(r"\d{17}[\dX]")
_OLD_IDENTITY = re.compile(r"[1-8]\d{14}")
_SHORTEST = 11
"""Digits of the shortest that is personal, a mobile phone."""

# Source: GB 11643-1999, citizen identification number: weights and check digits (ISO 7064, MOD 11-2).
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def looks_personal(number: str) -> bool:
    """Whether an order number, or another code, may be a phone, an identity number or a name."""
    plain = unicodedata.normalize("NFKC", number).upper()
    if _may_be_name(plain):
        return True
    joined = _BETWEEN.sub("", plain)
    return len(joined) >= _SHORTEST and (_is_personal(joined) or any(map(_is_personal, _RUN.findall(plain))))


def _is_personal(digits: str) -> bool:
    return bool(_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)) or _is_identity(digits)


def _is_identity(digits: str) -> bool:
    if _IDENTITY.fullmatch(digits):
        remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11
        return _CHECK[remainder] == digits[-1] and _is_day(digits[6:14])
    return bool(_OLD_IDENTITY.fullmatch(digits)) and _is_day(f"19{digits[6:12]}")


def _is_day(digits: str) -> bool:
    try:
        day = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1880 <= day.year <= 2100


def _may_be_name(plain: str) -> bool:
    return any(_WORDS.sub("", run) for run in _HAN.findall(plain))
