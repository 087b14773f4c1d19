"""Several matters in one message: which part of the text speaks of which, by offsets into the text.

A text is cut at the ends of sentences and lines into blocks; short ones join the block before. Each block is
classified alone, and neighbours with the same matter become one. Blocks count from the declared confidence on; fewer
than two different matters are no finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from sanban.intake.event import Block, Candidate

SURE = 8_000
SHORTEST = 10
BLOCKS_AT_MOST = 12
READ_AT_MOST = 4_000

_END = re.compile(r"[。！？；!?;\n]+|\.(?=\s)")

Suggest = Callable[[str], Sequence[Candidate]]


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each block: together they cover the text as far as it is read, in order, without overlap."""
    text = text[:READ_AT_MOST]
    ends = [found.end() for found in _END.finditer(text)]
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
    runs = [list(run) for _, run in groupby(blocks, key=lambda block: block.matter)]
    joined = tuple(
        Block(run[0].start, run[-1].end, run[0].matter, max(block.confidence for block in run)) for run in runs
    )
    return joined if len({block.matter for block in joined}) > 1 else ()
