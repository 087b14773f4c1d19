"""Why a candidate is suggested, as facts a person can check: a code with its numbers, and a phrase in both languages.

A reason is told when its fact holds and its group of features spoke for the candidate; the weightiest come first. Words
in common are read from the two texts only when they are shown, and are kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from sanban.intake.duplicates.features import ALIKE, Compared
from sanban.intake.duplicates.sketch import RUN, folded
from sanban.kernel.view import phrase

WORDS_AT_MOST = 5
SHORTEST_STRETCH = 2
SHORTEST_WORD = 3
HOURS_A_DAY = 24

PHRASES: Mapping[str, str] = {
    "same_point": phrase("at the same place"),
    "same_grid": phrase("in the same grid"),
    "near": phrase("%(number)s m away"),
    "same_address": phrase("the same address"),
    "like_address": phrase("an address much like it"),
    "same_matter": phrase("the same matter"),
    "kindred_matter": phrase("a matter often linked with this one"),
    "hours_apart": phrase("%(number)s hours apart"),
    "same_hour": phrase("within the hour"),
    "days_apart": phrase("%(number)s days apart"),
    "still_open": phrase("still being worked on"),
    "closed_since": phrase("closed already"),
    "words": phrase("words in common: %(words)s"),
    "same_unit": phrase("the same unit answers for it"),
}
"""Message ids by code; `number` and `words` are put in."""
PLACED = frozenset({"same_point", "same_grid", "near"})
"""Codes that say how far apart the two are."""


class Reason(msgspec.Struct, frozen=True):
    """One reason: its code, its number (metres, hours, days; 0 where it has none), words in common, and its weight."""

    code: str
    number: int = 0
    words: tuple[str, ...] = ()
    weight: float = 0.0

    @property
    def phrase(self) -> str:
        """The message id to say it by, with `number` and `words`."""
        return PHRASES[self.code]

    @property
    def values(self) -> dict[str, object]:
        """What is put into the phrase."""
        return {"number": self.number, "words": "、".join(self.words)} if self.number or "%" in self.phrase else {}


def reasons(compared: Compared, at: int, parts: Mapping[str, float]) -> tuple[Reason, ...]:
    """The reasons for the candidate in row `at`, weightiest first; `parts` as from `Weights.parts`."""
    told = [*_place(compared, at, parts), *_matter(compared, at, parts), _time(compared, at, parts)]
    if bool(compared.open[at]):
        told.append(Reason("still_open", weight=parts["open"]))
    else:
        told.append(Reason("closed_since", weight=parts["open"]))
    if bool(compared.same_unit[at]) and parts["unit"] > 0:
        told.append(Reason("same_unit", weight=parts["unit"]))
    return tuple(sorted(told, key=lambda one: (-one.weight, one.code)))


def _place(compared: Compared, at: int, parts: Mapping[str, float]) -> list[Reason]:
    told = []
    metres = float(compared.metres[at])
    if metres >= 0:
        told.append(Reason("near" if metres >= 1 else "same_point", round(metres), weight=parts["place"]))
    alike = float(compared.address[at])
    if alike >= ALIKE:
        told.append(Reason("same_address" if alike == 1 else "like_address", weight=parts["address"]))
    return told


def _matter(compared: Compared, at: int, parts: Mapping[str, float]) -> list[Reason]:
    if bool(compared.same_matter[at]):
        return [Reason("same_matter", weight=parts["matter"])]
    return [Reason("kindred_matter", weight=parts["matter"])] if float(compared.affinity[at]) > 0 else []


def _time(compared: Compared, at: int, parts: Mapping[str, float]) -> Reason:
    hours = float(compared.apart[at]) * HOURS_A_DAY
    if hours < 1:
        return Reason("same_hour", weight=parts["time"])
    if hours < 2 * HOURS_A_DAY:
        return Reason("hours_apart", round(hours), weight=parts["time"])
    return Reason("days_apart", round(hours / HOURS_A_DAY), weight=parts["time"])


def words_in_common(new: str, earlier: str) -> tuple[str, ...]:
    """The longest stretches of the new text that stand in the earlier one too, at most five, in the text's order.

    A stretch is Han characters (two or more), or whole words of other scripts (three letters or more).
    """
    mine, theirs = folded(new), folded(earlier)
    found: dict[str, int] = {}
    for run in RUN.finditer(mine):
        for at, word in _stretches(run[0], theirs) if _is_han(run[0][0]) else _whole(run[0], theirs):
            found.setdefault(word, run.start() + at)
    longest = sorted(found, key=lambda word: (-len(word), found[word]))[:WORDS_AT_MOST]
    return tuple(sorted(longest, key=lambda word: found[word]))


def _stretches(run: str, other: str) -> Iterator[tuple[int, str]]:
    """The stretches of a run of Han characters that the other text has, each as long as it can be."""
    at = 0
    while at < len(run):
        end = at
        while end < len(run) and run[at : end + 1] in other:
            end += 1
        if end - at >= SHORTEST_STRETCH:
            yield at, run[at:end]
        at = max(end, at + 1)


def _whole(word: str, other: str) -> Iterator[tuple[int, str]]:
    """The word itself, if the other text has it as a whole word."""
    if len(word) >= SHORTEST_WORD and any(run[0] == word for run in RUN.finditer(other)):
        yield 0, word


def _is_han(sign: str) -> bool:
    return "㐀" <= sign <= "鿿"
