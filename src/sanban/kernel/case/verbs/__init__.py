"""The registered verbs, by name: all that a mechanism's steps may do."""

from __future__ import annotations

from collections.abc import Mapping

from sanban.kernel.case.situation import Verb
from sanban.kernel.case.verbs import (
    advising,
    disclosing,
    dispatching,
    imposing,
    naming,
    opening,
    returning,
    stations,
    supervising,
    timing,
    working,
)
from sanban.kernel.case.verbs.joint import joining, planning, whistling

VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        *opening.VERBS,
        *dispatching.VERBS,
        *returning.VERBS,
        *stations.VERBS,
        *working.VERBS,
        *timing.VERBS,
        *disclosing.VERBS,
        *naming.VERBS,
        *supervising.VERBS,
        *planning.VERBS,
        *whistling.VERBS,
        *joining.VERBS,
    )
}
"""What a file may name."""

SYSTEM_VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        *timing.SYSTEM_VERBS,
        *stations.SYSTEM_VERBS,
        *disclosing.SYSTEM_VERBS,
        *advising.SYSTEM_VERBS,
        *imposing.SYSTEM_VERBS,
    )
}
"""What only the ledger's own timers and jobs do; always there, never declared."""
