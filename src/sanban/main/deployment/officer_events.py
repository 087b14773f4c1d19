"""The streams `officer:<account>`: who was let in, moved, shut out, given a password or a token, and when.

`officers.toml` says who may come in now; these events say how that came about, under the same hash chain as all else.
They hold accounts, roles, units and ids; no password, no token and no hash of one, and no address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

import msgspec

from sanban.kernel.case.words import Code, GivenCode
from sanban.kernel.errors import Refused
from sanban.ledger.port import Part, Turn
from sanban.ledger.stream_kind import StreamKind

KIND = "officer"
Change = Literal[
    "added", "moved", "disabled", "enabled", "password_reset", "address_changed", "token_issued", "token_revoked"
]
Account = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$(?!\n)")]


class OfficerChanged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change. `role`, `unit`: after it. `token`: its id; `scope`, `expires_at` (microseconds UTC) when issued."""

    v: int = 1
    at: int
    change: Change
    role: Code = ""
    unit: Code = ""
    token: Code = ""
    scope: Code = ""
    expires_at: int = 0


class ChangeArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a step is given."""

    role: GivenCode = ""
    unit: GivenCode = ""
    token: GivenCode = ""
    scope: GivenCode = ""
    expires_at: int = 0


class OfficerHistory(msgspec.Struct, frozen=True):
    """Every change of one account, in its order."""

    changes: tuple[OfficerChanged, ...] = ()


def stream_of(account: str) -> str:
    """The stream of an account."""
    return f"{KIND}:{account}"


class OfficerAggregate(
    StreamKind[OfficerChanged], kind=KIND, events=OfficerChanged, noun="an officer", first="officer.added"
):
    """Steps are the changes themselves; only the command line takes them, as the system."""

    def encode(self, event: OfficerChanged) -> tuple[str, int, bytes]:
        """(type, v, payload): the type tells the change."""
        _, v, payload = super().encode(event)
        return f"officer.{event.change}", v, payload

    def decide(self, state: OfficerHistory | None, part: Part, turn: Turn) -> Sequence[OfficerChanged] | Refused:
        """The change, if it can be one."""
        del state
        if part.step not in get_args(Change):
            return Refused("unknown_step", f"an officer has no step {part.step!r}", ", ".join(get_args(Change)))
        if turn.actor.role != "system":
            return Refused("not_permitted", "officers are kept with the command line", "sanban officer list")
        try:
            msgspec.convert(part.stream.partition(":")[2], Account)
            args = msgspec.convert(part.args, ChangeArgs)
            return (
                msgspec.convert({"at": turn.now, "change": part.step, **msgspec.to_builtins(args)}, OfficerChanged),
            )
        except msgspec.ValidationError as error:
            return Refused("bad_arguments", f"{part.step}: {error}", '{"role": "operator", "unit": "hotline"}')

    def fold(self, state: OfficerHistory | None, event: OfficerChanged) -> OfficerHistory:
        """The history with the change behind it."""
        return OfficerHistory((*(state.changes if state else ()), event))
