"""Triage by a declared directory of keywords: which matters a text speaks of, how surely, and which words said so.

Words are looked for longest first, each taking what it finds out of the text: `停车费` is not heard as `停车` too. A
word counts once however often it is said, and double when the title says it. A matter's confidence grows with what
speaks for it (`points`) and with its share of what speaks for any of them:

    confidence = 10,000 x points^2 / (points of all matters x (points + DOUBT)), rounded down

It is an ordering with a threshold, not a probability. The same text, words and version always give the same answer.
Reasons are codes of words (`k:` and eight hexadecimal digits), never words of the person; `Triage.word` reads them.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence

import msgspec

from sanban.intake.event import Candidate
from sanban.intake.triage.advice import Advice
from sanban.kernel.errors import SanbanError

AT_MOST = 3
REASONS_AT_MOST = 8
DOUBT = 2
TITLE_FACTOR = 2
WHOLE = 10_000
HEAVIEST = 100
FEWEST_SIGNS = 4
READ_AT_MOST = 20_000

_SIGN = re.compile(r"[^\W_]")
_TAKEN = "\0"
_VERSION = re.compile(r"[A-Za-z0-9.\-]{1,40}")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_EXAMPLE = 'MatterWords("noise", "噪音扰民", "Noise", (("噪音", 3), ("夜间施工", 5)), auto_at=9000)'


class MatterWords(msgspec.Struct, frozen=True):
    """The words that speak for a matter, each with a weight from 1 to 100.

    `auto_at`: confidence in basis points from which its mechanism lets the suggestion act by itself; None = never.
    """

    matter: str
    title_zh: str
    title_en: str
    words: tuple[tuple[str, int], ...]
    auto_at: int | None = None


class Triage:
    """The directory, compiled. Texts longer than 20,000 characters are read up to there."""

    def __init__(self, matters: Sequence[MatterWords], version: str) -> None:
        """Raises `SanbanError` for an empty or repeated word, a weight or threshold out of range, a matter twice,
        or a version that is no code."""
        self.matters = tuple(matters)
        self.model = f"words-{version}:{_fingerprint(self.matters)}"
        self._auto_at = {matter.matter: matter.auto_at for matter in matters}
        self._order = {matter.matter: place for place, matter in enumerate(matters)}
        self._speaks: dict[str, list[tuple[str, int]]] = {}
        self._words: dict[str, str] = {}
        if len(self._order) != len(self.matters):
            raise SanbanError("a matter stands twice in the directory of keywords", _EXAMPLE)
        for matter in self.matters:
            self._add(matter)
        if not _VERSION.fullmatch(version):
            raise SanbanError(f"{version!r} cannot be a version: letters, digits, dots and hyphens", '"2026-01-01"')
        self._whole = {word: _whole(word) for word in self._speaks if _is_latin(word[0]) or _is_latin(word[-1])}
        self._by_sign: dict[str, list[str]] = {}
        for word in self._speaks:
            self._by_sign.setdefault(word[0], []).append(word)

    def suggest(self, text: str, title: str = "", *, apart_from: Collection[str] = ()) -> tuple[Candidate, ...]:
        """At most three matters, most confident first; none for an empty text, one like spam, or when no word speaks.

        Ties go to the matter that stands first in the directory. `apart_from`: matters that are passed over.
        """
        if not is_speech(f"{title[:READ_AT_MOST]} {text[:READ_AT_MOST]}"):
            return ()
        points, reasons = self.points(text, title)
        total = sum(points.values())
        asked = points.keys() - apart_from
        ranked = sorted(asked, key=lambda matter: (-points[matter], self._order[matter]))[:AT_MOST]
        return tuple(Candidate(matter, _confidence(points[matter], total), reasons[matter]) for matter in ranked)

    def advise(self, text: str, title: str = "") -> Advice | None:
        """What `suggest` and `acts` say, as it is stored; None when no word speaks."""
        candidates = self.suggest(text, title)
        return Advice(self.model, candidates, self.acts(candidates)) if candidates else None

    def points(self, text: str, title: str = "") -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
        """The points of every matter that a word speaks for, and the codes of its words, strongest first."""
        heard = dict.fromkeys(self._heard(text[:READ_AT_MOST].casefold()), 1)
        heard |= dict.fromkeys(self._heard(title[:READ_AT_MOST].casefold()), TITLE_FACTOR)
        points, reasons = self._count(heard)
        return dict(points), {matter: _codes(words) for matter, words in reasons.items()}

    def acts(self, candidates: Sequence[Candidate]) -> bool:
        """Whether the first suggestion reaches its mechanism's threshold and no other is as confident."""
        if not candidates:
            return False
        auto_at = self._auto_at.get(candidates[0].matter)
        alone = len(candidates) == 1 or candidates[1].confidence < candidates[0].confidence
        return auto_at is not None and candidates[0].confidence >= auto_at and alone

    def word(self, reason: str) -> str:
        """The word behind a reason's code; the code itself when this directory no longer has it."""
        return self._words.get(reason, reason)

    def _add(self, matter: MatterWords) -> None:
        if matter.auto_at is not None and not 0 < matter.auto_at <= WHOLE:
            raise SanbanError(f"{matter.matter}: auto_at is from 1 to {WHOLE} basis points", _EXAMPLE)
        seen: set[str] = set()
        for word, weight in matter.words:
            key = word.casefold().strip()
            if not key or key in seen or not 1 <= weight <= HEAVIEST:
                message = f"{matter.matter}: {word!r} is empty, repeated or weighs less than 1 or more than {HEAVIEST}"
                raise SanbanError(message, _EXAMPLE)
            seen.add(key)
            self._speaks.setdefault(key, []).append((matter.matter, weight))
            self._words[_code(key)] = word

    def _heard(self, text: str) -> list[str]:
        said = [word for sign in self._by_sign.keys() & set(text) for word in self._by_sign[sign] if word in text]
        heard = []
        for word in sorted(said, key=lambda word: (-len(word), word)):
            whole = self._whole.get(word)
            rest = text.replace(word, _TAKEN) if whole is None else whole.sub(_TAKEN, text)
            if rest != text:
                heard.append(word)
                text = rest
        return heard

    def _count(self, heard: dict[str, int]) -> tuple[Counter[str], dict[str, list[tuple[int, str]]]]:
        points: Counter[str] = Counter()
        reasons: dict[str, list[tuple[int, str]]] = {}
        for word, factor in heard.items():
            for matter, weight in self._speaks[word]:
                points[matter] += weight * factor
                reasons.setdefault(matter, []).append((-weight * factor, word))
        return points, reasons


def is_speech(text: str) -> bool:
    """Whether somebody says something: at least four different letters or digits, links apart."""
    signs: set[str] = set()
    for sign in _SIGN.finditer(_ADDRESS.sub(" ", text) if "://" in text or "www." in text else text):
        signs.add(sign[0])
        if len(signs) == FEWEST_SIGNS:
            return True
    return False


def _confidence(points: int, total: int) -> int:
    """Basis points."""
    return WHOLE * points**2 // (total * (points + DOUBT))


def _whole(word: str) -> re.Pattern[str]:
    """A word of Latin letters must stand by itself: `light` is not in `highlight`."""
    before = r"(?<![a-z0-9])" if _is_latin(word[0]) else ""
    after = r"(?![a-z0-9])" if _is_latin(word[-1]) else ""
    return re.compile(before + re.escape(word) + after)


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _codes(reasons: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(_code(word) for _, word in sorted(reasons)[:REASONS_AT_MOST])


def _code(word: str) -> str:
    return "k:" + hashlib.sha256(word.encode()).hexdigest()[:8]


def _fingerprint(matters: tuple[MatterWords, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(matters)).hexdigest()[:8]
