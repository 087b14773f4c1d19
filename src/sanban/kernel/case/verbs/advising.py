"""The verb of advice: `advise`, taken by the system alone. A machine says how likely a case is to miss its due time.

It moves nothing: no state, no clock, no duty and no promise. It stands in the record with the version of the model that
said so, and queues may be ordered by it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from sanban.kernel.case.event import CaseAdvised
from sanban.kernel.case.situation import Effect, Situation, Verb
from sanban.kernel.case.state import Case, Risk
from sanban.kernel.case.words import GivenCode

WHOLE = 10_000
REASONS_AT_MOST = 5


class AdviseArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`share`: basis points. `reasons`: codes, weightiest first."""

    model: GivenCode
    share: Annotated[int, msgspec.Meta(ge=0, le=WHOLE)]
    reasons: Annotated[tuple[GivenCode, ...], msgspec.Meta(max_length=REASONS_AT_MOST)] = ()


def advise(case: Case, args: AdviseArgs, situation: Situation) -> Effect | None:
    """The newest advice takes the place of the one before; the same again changes nothing."""
    risk = Risk(args.model, args.share, args.reasons)
    return None if risk == case.risk else Effect(CaseAdvised, {"risk": risk})


SYSTEM_VERBS = (Verb("advise", AdviseArgs, advise),)
