"""Names of places found in a text, and the house numbers behind them.

Every name of the gazetteer is a key of one table; a text is walked once, the longest name at each sign is taken. Only
where no name stands is one looked for that differs in a single sign: of such a name the first two signs, or the last
two, or (of three) the first and the last are right, so three small tables find all of them and the rest is compared.

Texts are compared folded (full width to half, small letters, no inner spaces), sign for sign, so that offsets hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SHORTEST_GUESSED = 3
"""A name of two signs with one wrong is any word."""

_FOLDED: dict[int, str | int] = {0x3000: " ", **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}}
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMBER = re.compile(
    r"\s*(\d{1,4}|[〇零一二两三四五六七八九十百千]{1,7})\s*(?:[-~至到]\s*\d{1,4}\s*)?(?:弄|巷|支弄|号|#)"
)
_BARE = re.compile(r"\s*(\d{1,4})(?=$|[\s,.;:!?，。；：！？、()（）])")


class Hit(NamedTuple):
    """A name in a text: offsets, the keys of what is called so, and whether every sign was right."""

    start: int
    end: int
    keys: tuple[int, ...]
    exact: bool = True


def folded(text: str) -> str:
    """The text as it is compared, as long as before."""
    low = text.translate(_FOLDED).lower()
    return low if len(low) == len(text) else text.translate(_FOLDED)


def number_of(text: str) -> int | None:
    """A whole number in figures or in Chinese: 12, 十二, 一百零三, 二〇四; None for what is none."""
    if text.isascii():
        return int(text) if text.isdecimal() else None
    if not any(sign in _TENS for sign in text):
        spelled = [_DIGITS.get(sign) for sign in text]
        return None if None in spelled else int("".join(map(str, spelled)))
    total, digit = 0, None
    for sign in text:
        if sign in _TENS:
            total += (1 if digit is None or digit == 0 else digit) * _TENS[sign]
            digit = None
        elif sign in _DIGITS:
            digit = _DIGITS[sign]
        else:
            return None
    return total + (digit or 0)


def house_number(text: str, start: int) -> tuple[int, int] | None:
    """(number, end) of the lane's or house's number that begins at an offset of a folded text."""
    found = _NUMBER.match(text, start) or _BARE.match(text, start)
    number = number_of(found[1]) if found else None
    return (number, found.end()) if found and number else None


class Names:
    """Every name with the keys of what is called so."""

    def __init__(self, named: Iterable[tuple[str, int]]) -> None:
        table: dict[str, list[int]] = {}
        for name, key in named:
            keys = table.setdefault(folded(name), [])
            if key not in keys:
                keys.append(key)
        self._table = {name: tuple(keys) for name, keys in table.items()}
        lengths: dict[str, set[int]] = {}
        for name in table:
            lengths.setdefault(name[:2], set()).add(len(name))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}
        self._parts: dict[str, list[tuple[str, int]]] = {}
        for name in table:
            if len(name) >= SHORTEST_GUESSED:
                for part, shift in _parts_of(name):
                    self._parts.setdefault(part, []).append((name, shift))

    def hits(self, text: str) -> list[Hit]:
        """The names in a folded text, from left to right; guessed ones only where none stands as it is."""
        return list(self._exact(text)) or list(self._near(text))

    def _exact(self, text: str) -> Iterator[Hit]:
        table, lengths, at = self._table, self._lengths, 0
        while at < len(text) - 1:
            for length in lengths.get(text[at : at + 2], ()):
                keys = table.get(text[at : at + length])
                if keys is not None:
                    yield Hit(at, at + length, keys)
                    at += length - 1
                    break
            at += 1

    def _near(self, text: str) -> Iterator[Hit]:
        """Names with one wrong sign, the longest at each sign; those alike are one hit with the keys of all."""
        found: dict[tuple[int, int], set[str]] = {}
        for at in range(len(text) - 1):
            for part in (text[at : at + 2], f"{text[at]}*{text[at + 2 : at + 3]}"):
                for name, shift in self._parts.get(part, ()):
                    start = at - shift
                    if start >= 0 and _differ_once(name, text[start : start + len(name)]):
                        found.setdefault((start, start + len(name)), set()).add(name)
        free = 0
        for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
            if start >= free:
                keys = dict.fromkeys(key for name in sorted(found[start, end]) for key in self._table[name])
                yield Hit(start, end, tuple(keys), exact=False)
                free = end


def _parts_of(name: str) -> tuple[tuple[str, int], ...]:
    """Of a name with one wrong sign one of these is always right: two signs, and how far into the name they stand."""
    outer = ((f"{name[0]}*{name[2]}", 0),) if len(name) == SHORTEST_GUESSED else ()
    return ((name[:2], 0), (name[-2:], len(name) - 2), *outer)


def _differ_once(name: str, piece: str) -> bool:
    return len(name) == len(piece) and sum(one != other for one, other in zip(name, piece, strict=True)) == 1
