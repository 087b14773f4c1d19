"""Many requests about one thing at once: a real outage, or a few who send the same again and again.

    requests of a time --> by matter and place --> waves: how many requests, persons, texts in windows that are full

A wave that many different persons speak in is `urgent`. A wave that lives of few persons who repeat one text is
`flagged` for a person to look at. The two are judged apart, so a flag never takes urgency away, and somebody who
floods a real outage hides nobody. A wave names one problem, hence one case, and nothing is ever closed by it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

HOUR = 3_600_000_000

_NOT_SIGNS = re.compile(r"[\W\d_]+")


class Voice(msgspec.Struct, frozen=True):
    """One request as a wave counts it. `at` in microseconds UTC; `place`: a code of grid or street; `person`: an id;
    `signature`: of its text, see `signature_of`."""

    at: int
    matter: str
    place: str
    person: str
    signature: int


class FloodRule(msgspec.Struct, frozen=True):
    """When a window's requests about one thing are a wave, and what kind. Limits of this product, to be declared anew
    by a district.

    `window`: microseconds. `fewest`: requests that make a wave. `people`: different persons that make it urgent.
    `repeats`: requests that make a person a repeater. `alike`: the share of one text among what repeaters said, in
    basis points, that flags it, once they said `fewest` or more.
    """

    window: int = HOUR
    fewest: int = 20
    people: int = 15
    repeats: int = 5
    alike: int = 5_000


USUAL = FloodRule()
MINUTE = 60_000_000

RuleOf = Callable[[str], FloodRule]
"""The code of a matter -> its rule."""


def rule_of(parameters: Mapping[str, int]) -> FloodRule:
    """The rule that a matter's parameters declare; what they leave out is as usual."""
    return FloodRule(
        window=parameters.get("flood_minutes", USUAL.window // MINUTE) * MINUTE,
        fewest=parameters.get("flood_requests", USUAL.fewest),
        people=parameters.get("flood_people", USUAL.people),
        repeats=parameters.get("flood_repeats", USUAL.repeats),
    )


class Wave(msgspec.Struct, frozen=True):
    """Requests about one matter at one place inside one window. `since` and `until`: the first and the last of them.

    `flagged` asks a person to look; `repeaters` are who said more than their share, most requests first.
    """

    matter: str
    place: str
    since: int
    until: int
    requests: int
    persons: int
    texts: int
    urgent: bool
    flagged: bool
    repeaters: tuple[str, ...] = ()

    def holds(self, voice: Voice) -> bool:
        """Whether a request is of this wave."""
        return (voice.matter, voice.place) == (self.matter, self.place) and self.since <= voice.at <= self.until


def waves(voices: Iterable[Voice], now: int, rule: FloodRule = USUAL) -> tuple[Wave, ...]:
    """The waves of the window that ends now, most persons first. The order of the voices does not matter."""
    return lately((voice for voice in voices if now - rule.window < voice.at <= now), now, lambda _matter: rule)


def lately(voices: Iterable[Voice], now: int, rule: RuleOf) -> tuple[Wave, ...]:
    """The waves of every window up to now: a wave lasts from the first full window to the last. As ordered above."""
    by_thing: dict[tuple[str, str], list[Voice]] = {}
    for voice in voices:
        if voice.at <= now:
            by_thing.setdefault((voice.matter, voice.place), []).append(voice)
    found = [
        _wave(thing, full, rule(thing[0])) for thing, said in by_thing.items() if (full := _full(said, rule(thing[0])))
    ]
    return tuple(sorted(found, key=lambda wave: (-wave.persons, -wave.requests, wave.matter, wave.place)))


def _full(said: list[Voice], rule: FloodRule) -> list[Voice]:
    """From the first voice of a window with enough of them to the last voice of one; none where no window is full."""
    said = sorted(said, key=lambda voice: voice.at)
    last = rule.fewest - 1
    full = [at for at in range(len(said) - last) if said[at + last].at - said[at].at < rule.window]
    return said[full[0] : full[-1] + rule.fewest] if full else []


def signature_of(text: str) -> int:
    """A number that texts share when they differ in signs, figures, width and case alone. It is kept in no event."""
    plain = _NOT_SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return int.from_bytes(hashlib.sha256(plain.encode("utf-8", "replace")).digest()[:7])


def _wave(thing: tuple[str, str], said: list[Voice], rule: FloodRule) -> Wave:
    persons = Counter(voice.person for voice in said)
    repeaters = {person: count for person, count in persons.items() if count >= rule.repeats}
    of_repeaters = Counter(voice.signature for voice in said if voice.person in repeaters)
    repeated = sum(of_repeaters.values())
    alike = max(of_repeaters.values(), default=0) * 10_000 >= rule.alike * repeated
    return Wave(
        matter=thing[0],
        place=thing[1],
        since=min(voice.at for voice in said),
        until=max(voice.at for voice in said),
        requests=len(said),
        persons=len(persons),
        texts=len({voice.signature for voice in said}),
        urgent=len(persons) >= rule.people,
        flagged=repeated >= rule.fewest and alike,
        repeaters=tuple(sorted(repeaters, key=lambda person: (-repeaters[person], person))),
    )
