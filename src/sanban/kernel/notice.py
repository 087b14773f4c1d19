"""Notices: which there are, what their texts may say, and when one may be sent.

A notice's text stands in a matter's `texts/` with placeholders such as `{due}`. Every kind has its own, listed in
`KINDS`; `flaws_of` says what is wrong with a text before a matter is used, `fill` puts the values in. A text holds no
address of the web, so that those who were promised letters without links, elders above all, get none.

Quiet hours are two times of the day; between them people are left alone. A carriage that failed is tried again after
`backoff`, which grows fourfold up to six hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from sanban.kernel.errors import SanbanError

Audience = Literal["requester", "unit"]

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LONGEST_TEXT = 400
FIRST_WAIT = MINUTE
LONGEST_WAIT = 6 * HOUR

_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
_LINK = re.compile(r"https?:|www\.|://", re.IGNORECASE)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Kind(msgspec.Struct, frozen=True):
    """A kind of notice: for whom it is, and the placeholders that its text may use."""

    audience: Audience
    names: frozenset[str]


def _kind(audience: Audience, names: str) -> Kind:
    return Kind(audience, frozenset(names.split()))


KINDS: Mapping[str, Kind] = {
    "received": _kind("requester", "number receipt"),
    "dispatched": _kind("requester", "number matter unit due"),
    "lengthened": _kind("requester", "number matter due reason"),
    "replied": _kind("requester", "number reply ending"),
    "closed": _kind("requester", "number matter ending reason"),
    "reopened": _kind("requester", "number matter unit due"),
    "messaged": _kind("requester", "number matter unit"),
    "task": _kind("unit", "number matter limit due"),
    "uncovered": _kind("unit", "number matter limit due unit"),
    "reminded": _kind("unit", "number matter limit due"),
    "missed": _kind("unit", "number matter limit due"),
    "escalated": _kind("unit", "number matter limit due unit"),
    "supervised": _kind("unit", "number matter"),
    "summoned": _kind("unit", "number matter unit limit due"),
}
"""Every kind of notice, by its name in `texts/`."""


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong with a text: a stable code, a sentence, and what would be accepted."""

    code: str
    message: str
    example: str


def flaws_of(kind: str, text: str) -> tuple[Flaw, ...]:
    """Everything that is wrong with the text of a kind of notice."""
    known = sorted(KINDS[kind].names)
    flaws = [
        Flaw(
            "unknown_placeholder",
            f"{{{name}}} cannot be filled in a notice {kind!r}; there are: {', '.join(known)}",
            f"{{{known[0]}}}",
        )
        for name in dict.fromkeys(_PLACEHOLDER.findall(text))
        if name not in KINDS[kind].names
    ]
    if set(_PLACEHOLDER.sub("", text)) & {"{", "}"}:
        flaws.append(Flaw("stray_brace", "a brace stands for itself nowhere in a notice", f"{{{known[0]}}}"))
    if _LINK.search(text):
        flaws.append(Flaw("link_in_notice", "a notice's text holds no link; the setting notices.link adds it", "…"))
    if len(text) > LONGEST_TEXT:
        message = f"a notice's text has at most {LONGEST_TEXT} characters, this has {len(text)}"
        flaws.append(Flaw("notice_too_long", message, "two sentences"))
    return tuple(flaws)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in, once: a value that looks like a placeholder stays what it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


class Quiet(msgspec.Struct, frozen=True):
    """Quiet hours from `start` up to, not including, `end`: microseconds of the local day; equal = there are none."""

    start: int = 0
    end: int = 0

    def holds(self, time_of_day: int) -> bool:
        """Whether a time of the local day (microseconds) is quiet; the span may lie across midnight."""
        if self.start <= self.end:
            return self.start <= time_of_day < self.end
        return time_of_day >= self.start or time_of_day < self.end

    def until(self, time_of_day: int) -> int:
        """How long it stays quiet from a time of the day on, microseconds; 0 when it is not quiet."""
        return (self.end - time_of_day) % DAY if self.holds(time_of_day) else 0


def read_quiet(text: str) -> Quiet:
    """Quiet hours from `21:00-08:00`; '' for none. Raises SanbanError for anything else."""
    if not text:
        return Quiet()
    start, _, end = text.partition("-")
    times = [_TIME.fullmatch(part) for part in (start, end)]
    found = [int(time[1]) * HOUR + int(time[2]) * MINUTE for time in times if time is not None]
    if len(found) < 2:
        raise SanbanError(f"{text!r} is not a span of quiet hours", "21:00-08:00")
    return Quiet(found[0], found[1])


def backoff(attempt: int) -> int:
    """How long to wait after the n-th attempt (from 1) failed, microseconds: 1 min, 4 min, 16 min ... at most 6 h."""
    return min(FIRST_WAIT << 2 * min(max(attempt, 1) - 1, 9), LONGEST_WAIT)


class Parcel(msgspec.Struct, frozen=True):
    """What a carrier is handed. `key` is the same at every attempt, so that a repeat can be dropped; `to` an address
    of the channel's kind; `secret` what a carriage is signed with, '' where it is not."""

    key: str
    to: str
    title: str
    text: str
    secret: str = ""


class Carried(msgspec.Struct, frozen=True):
    """What became of a carriage: `sent`, `later` (try again) or `never` (no use); `code` why, for the desk."""

    outcome: Literal["sent", "later", "never"]
    code: str = ""


SENT = Carried("sent")
