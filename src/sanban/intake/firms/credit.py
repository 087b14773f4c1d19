"""Unified social credit codes: eighteen signs of which the last checks the others.

    9 1 310109 MA1G123A 5 ?     the department, the kind, the area, nine signs of the body, the check sign

Source: GB 32100-2015, rules for the unified social credit identifier of legal entities and other organisations:
31 signs (no I, O, S, V, Z), weights 3^(i-1) mod 31, check sign 31 minus the sum mod 31.
"""

from __future__ import annotations

import unicodedata

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def plain(code: str) -> str:
    """The code as it is compared: without width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", code).split()).upper()


def check_sign(body: str) -> str:
    """The eighteenth sign of seventeen. Raises ValueError for a sign that no code has."""
    total = sum(SIGNS.index(sign) * weight for sign, weight in zip(body, WEIGHTS, strict=True))
    return SIGNS[-total % 31]


def is_code(code: str) -> bool:
    """Whether a plain text is a credit code with the right check sign."""
    return len(code) == LENGTH and set(code) <= set(SIGNS) and check_sign(code[:-1]) == code[-1]
