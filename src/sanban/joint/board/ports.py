"""What the boards work with besides what all parts round a whistle do: what things are called, and how long is left."""

from __future__ import annotations

from collections.abc import Callable

from sanban.joint.surrounding import Needs as SurroundingNeeds
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.view import TimeLeft


class Needs(SurroundingNeeds, frozen=True, kw_only=True):
    """`mechanism`: a matter's version in force at an instant; `left`: how long is left until a due time, at one."""

    mechanism: Callable[[str, int], Mechanism | None]
    left: Callable[[int, int], TimeLeft | None]
