"""Policies that a firm's request may be answered with: for each, which conditions hold, which fail, which are open.

Every policy in force is judged, each of its conditions by itself on what is known of the firm; a fact that nobody knows
leaves open the conditions that ask for it. `fits`: all hold; `open`: none fails, and the desk asks for what is not
known; `fails`: told only where the firm's words are about that policy, so that the desk can say why not. The same firm
and words give the same list. It is advice: nothing is granted or refused by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec

from sanban.intake.firms.profile import Facts, Profile
from sanban.intake.triage.words import MatterWords, Triage
from sanban.kernel.mechanism import Title
from sanban.packs.desk.policies import Condition, Policy

AT_MOST = 5
NOTHING: Mapping[str, str] = MappingProxyType({})
Verdict = Literal["fits", "open", "fails"]
_ORDER: tuple[Verdict, ...] = ("fits", "open", "fails")


class Judged(msgspec.Struct, frozen=True):
    """One condition; `holds` None while a fact that it asks for is not known."""

    title: Title
    holds: bool | None


class Match(msgspec.Struct, frozen=True):
    """A policy for a firm. `points`: how much its words spoke for it; `words`: which of them, strongest first.

    `declined`: why the firm does not want to hear of it, '' while it has not said so.
    """

    code: str
    title: Title
    gives: Title
    verdict: Verdict
    conditions: tuple[Judged, ...]
    points: int
    words: tuple[str, ...] = ()
    origin: str = ""
    source: str = ""
    declined: str = ""


class Policies:
    """The policies of a district, matched with firms."""

    def __init__(self, policies: Sequence[Policy] = ()) -> None:
        """Raises `SanbanError` for words that are empty, repeated or out of range."""
        self._policies = tuple(policies)
        named = [MatterWords(one.code, one.title.zh, one.title.en, one.words) for one in policies]
        self._titles = {one.code: one.title for one in policies}
        self._words = Triage(named, "policies")

    def title(self, code: str) -> Title:
        """What a policy is called; its code where the district has it no more."""
        return self._titles.get(code) or Title(code, code)

    def matching(
        self, profile: Profile, text: str, year: int, now: int, declined: Mapping[str, str] = NOTHING
    ) -> tuple[Match, ...]:
        """At most five: those that fit, then those left open, each by what the words say. `now`: microseconds UTC.

        `declined`: policy -> reason; these come after the five and take the place of none.
        """
        points, reasons = self._words.points(text, "")
        facts = profile.facts(year)
        found = []
        for policy in self._policies:
            judged = tuple(Judged(one.title, holds(one, facts)) for one in policy.conditions)
            spoken, verdict = points.get(policy.code, 0), _verdict(judged)
            if policy.in_force(now) and (spoken or verdict != "fails"):
                words = tuple(map(self._words.word, reasons.get(policy.code, ())))
                found.append(
                    Match(
                        policy.code, policy.title, policy.gives, verdict, judged, spoken, words, policy.origin,
                        policy.source, declined.get(policy.code, ""),
                    )
                )  # fmt: skip
        found.sort(key=lambda one: (_ORDER.index(one.verdict), -one.points, one.code))
        return (*[one for one in found if not one.declined][:AT_MOST], *(one for one in found if one.declined))


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Whether a condition holds; None while one of its facts is not known."""
    if any(name not in facts for name in condition.when.names):
        return None
    return bool(condition.when.evaluate(facts, {}))


def _verdict(judged: Sequence[Judged]) -> Verdict:
    if any(one.holds is False for one in judged):
        return "fails"
    return "open" if any(one.holds is None for one in judged) else "fits"


NO_POLICIES = Policies()
