"""Several matters in one message: which part of the text speaks of which, by offsets into the text.

    cut        at the ends of sentences and lines, and before an item: `2、`, `（二）`, `二是`, `另外`, `also`
    join       what is shorter than a few signs joins the block that follows
    classify   each block alone, from the declared confidence on; neighbours with the same matter become one
    weigh      a matter that takes less than a share of the text is mentioned, not reported, unless an item says it

Fewer than two different matters are no finding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from sanban.intake.event import Block, Candidate

SURE = 8_000
SHORTEST = 5
MENTION = 8
"""What takes less than an eighth of the text is mentioned."""
BLOCKS_AT_MOST = 12
READ_AT_MOST = 4_000

_END = re.compile(r"[。！？；!?;\n]+|\.(?=\s)")
_COMMA = re.compile(r"[，,、]+|\s(?=\S)")
_ITEM = re.compile(
    r"""
    (?<![\dA-Za-z.．])\d{1,2}(?:[、)）]|[.．](?!\d))        # 2、  2)  2.
    | (?<![\w.．])[一二三四五六七八九十]{1,3}、               # 二、
    | [（(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]       # （二）
    | (?<!\w)(?:第?[一二三四五六七八九十]是|[第其][一二三四五六七八九十][，,、])  # 二是  其二，
    | (?<!\w)(?:还有|再有|另)(?![没人]) | 另外(?![一几两那个的]) | 此外 | 除此之外
    | (?<=[.,;!?][ ])(?:also|in[ ]addition|besides)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

Suggest = Callable[[str], Sequence[Candidate]]


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each block: together they cover the text as far as it is read, in order, without overlap."""
    return _spans(text, _END)


def _spans(text: str, end_of_block: re.Pattern[str]) -> list[tuple[int, int]]:
    text = text[:READ_AT_MOST]
    ends = sorted({one.end() for one in end_of_block.finditer(text)} | {one.start() for one in _ITEM.finditer(text)})
    found: list[tuple[int, int]] = []
    start = 0
    for end in [*ends, len(text)]:
        if end - start >= SHORTEST:
            found.append((start, end))
            start = end
    if start < len(text):
        found = [*found[:-1], (found[-1][0], len(text))] if found else [(start, len(text))]
    return (
        [*found[: BLOCKS_AT_MOST - 1], (found[BLOCKS_AT_MOST - 1][0], found[-1][1])]
        if found[BLOCKS_AT_MOST:]
        else found
    )


def pieces(text: str) -> list[tuple[int, int]]:
    """The blocks that a person may divide a text into: one that is a single sentence is cut at its commas."""
    found = spans(text)
    return found if len(found) > 1 else _spans(text, _COMMA)


def several(text: str, suggest: Suggest, sure: int = SURE) -> tuple[Block, ...]:
    """The blocks of a text that speaks of two matters or more; none when it speaks of one."""
    parts = spans(text)
    if len(parts) < 2:
        return ()
    blocks = []
    for start, end in parts:
        candidates = suggest(text[start:end])
        if candidates and candidates[0].confidence >= sure:
            blocks.append(Block(start, end, candidates[0].matter, candidates[0].confidence))
    reported = _reported(text, blocks)
    if len(reported) < 2:
        return ()
    kept = (block for block in blocks if block.matter in reported)
    runs = [list(run) for _, run in groupby(kept, key=lambda block: block.matter)]
    return tuple(
        Block(run[0].start, run[-1].end, run[0].matter, max(block.confidence for block in run)) for run in runs
    )


def _reported(text: str, blocks: Sequence[Block]) -> set[str]:
    """The matters that an item of the text says, or that take their share of it."""
    taken: Counter[str] = Counter()
    for block in blocks:
        listed = _ITEM.match(text, block.start) is not None
        taken[block.matter] += len(text) if listed else block.end - block.start
    return {matter for matter, signs in taken.items() if signs * MENTION >= len(text[:READ_AT_MOST])}
