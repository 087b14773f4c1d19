"""The verb about time that others set: `impose`, taken by the system for whoever outside the district wants something.

An imposed clock stands beside the district's own and changes none of them: it has no lengths, nothing suspends or
extends it, and it is about one request of the case. The queue goes by whichever clock runs out first.

    impose limit=city_due request=r due_at=T     a clock starts; told another time, the same moves and reminds again
    impose limit=city_due request=r              the clock is lifted
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from sanban.kernel.case.event import ClockImposed
from sanban.kernel.case.facts import running_clocks
from sanban.kernel.case.situation import Effect, Situation, Verb
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.case.words import CITY_DUE, URGED, GivenCode, GivenId
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title

IMPOSED: Mapping[str, Title] = MappingProxyType(
    {
        CITY_DUE: Title("市级平台时限", "Due time of the city"),
        URGED: Title("催单回应时限", "Answer to an urging"),
    }
)
"""The limits that may be imposed, and what they are called; no mechanism declares them."""


def limit_title(mechanism: Mechanism, limit: str) -> Title:
    """What a limit of a case is called: as its mechanism says, as others call theirs, else by its code."""
    declared = mechanism.limits.get(limit)
    return declared.title if declared else IMPOSED.get(limit, Title(limit, limit))


class ImposeArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`due_at` (microseconds UTC): None lifts the limit; `remind_at`: when its holder is reminded, None = never."""

    limit: GivenCode
    request: GivenId
    due_at: int | None = None
    remind_at: int | None = None


def impose(case: Case, args: ImposeArgs, situation: Situation) -> Effect | Refused | None:
    """A limit from outside starts, moves or ends; None when nothing of it would change."""
    if args.limit not in IMPOSED:
        known = ", ".join(IMPOSED)
        return Refused("unknown_limit", f"{args.limit} is no limit that others impose; there are: {known}", "city_due")
    if case.request(args.request) is None:
        return Refused("unknown_request", "this request is not part of the case", case.requests[0].id)
    own = [one for one in case.clocks if one.limit == args.limit and one.subject == args.request]
    runs = next((one for one in own if one in running_clocks(case)), None)
    if args.due_at is None:
        return None if runs is None else Effect(ClockImposed, {}, stops=(runs.id,))
    if runs is None:
        clock_id = f"{args.limit}.{args.request}.{len(own) + 1}"
        started = Clock(
            clock_id, args.limit, args.request, "", situation.now, (), args.due_at, remind_at=args.remind_at
        )
        return Effect(ClockImposed, {"clocks": (started,)})
    if runs.due_at == args.due_at:
        return None
    moved = replace(runs, due_at=args.due_at, remind_at=args.remind_at, reminded_at=None)
    return Effect(ClockImposed, {"clocks": (moved,)})


SYSTEM_VERBS = (Verb("impose", ImposeArgs, impose),)
