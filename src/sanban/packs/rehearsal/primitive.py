"""Plays an example of an account, a pool of places or a checklist through the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, get_args

import msgspec

from sanban.kernel import account, capacity, score
from sanban.kernel.errors import Fault, Refused
from sanban.packs.document import Node
from sanban.packs.examples import Example, When
from sanban.packs.reading.primitive import Primitive


class _Kind(NamedTuple):
    """How one primitive is played: its commands by their word, an empty state, what can be expected of a state."""

    commands: dict[str, type[msgspec.Struct]]
    empty: Any
    decide: Callable[..., Any]
    fold: Callable[[Any, Any], Any]
    expectations: dict[str, Callable[[Any, str], str]]
    timed: bool = False


def _commands(union: Any) -> dict[str, type[msgspec.Struct]]:
    return {str(kind.__struct_config__.tag).partition(".")[2]: kind for kind in get_args(union)}


def _balance(state: account.AccountState, _name: str) -> str:
    return str(state.balance)


def _taken(state: capacity.PoolState, mode: str) -> str:
    return str(state.taken(mode))


def _attendance(state: capacity.PoolState, mode: str) -> str:
    return str(state.attendance(mode))


def _ready(state: score.Sheet, _name: str) -> str:
    return "yes" if state.ready else "no"


_KINDS: Final[dict[type, _Kind]] = {
    account.Account: _Kind(
        _commands(account.AccountCommand), account.AccountState(), account.decide, account.fold, {"balance": _balance}
    ),
    capacity.Pool: _Kind(
        _commands(capacity.PoolCommand),
        capacity.PoolState(),
        capacity.decide,
        capacity.fold,
        {"taken": _taken, "attendance": _attendance},
        timed=True,
    ),
    score.Checklist: _Kind(_commands(score.ScoreCommand), score.Sheet(), score.decide, score.fold, {"ready": _ready}),
}


def rehearse_primitive(example: Example, primitive: Primitive | None) -> tuple[Fault, ...]:
    """Every difference between the example and what the kernel does."""
    if primitive is None:
        return (example.node.fault("cannot_be_played", "the matter has no declaration", "kind: account"),)
    return tuple(_play(example, primitive, _KINDS[type(primitive)]))


def _play(example: Example, primitive: Primitive, kind: _Kind) -> Iterator[Fault]:
    state, count = kind.empty, 0
    for row in example.when:
        for _ in range(row.times):
            count += 1
            answer = _answer(primitive, state, row, count, kind)
            reason = answer.reason if isinstance(answer, Refused) else ""
            if reason != row.refused:
                message = f"{row.step} is {_refusal(reason)}; the example says {_refusal(row.refused)}"
                yield row.node.fault("other_answer", message, f"refused: {reason}" if reason else "without refused")
            for event in [] if isinstance(answer, Refused) else answer:
                state = kind.fold(state, event)
    for key, node in example.then.expected.items():
        yield from _compared(key, node, state, kind)


def _answer(primitive: Primitive, state: Any, row: When, count: int, kind: _Kind) -> list[Any] | Refused:
    command = kind.commands.get(row.step)
    if command is None:
        return Refused("unknown_step", f"there are {', '.join(kind.commands)}", next(iter(kind.commands)))
    usual = {"entry": f"e{count}", "party": f"p{count}", "by": row.by, "number": 1, "round": 1}
    given: dict[str, Any] = {name: _scalar(node) for name, node in row.args.items()}
    known = {name: value for name, value in usual.items() if name in command.__struct_fields__}
    try:
        made = msgspec.convert({**known, **given}, _untagged(command), strict=False)
    except msgspec.ValidationError as wrong:
        return Refused("bad_arguments", str(wrong), "args: {amount: 3}")
    time = (row.at,) if kind.timed else ()
    answer: list[Any] | Refused = kind.decide(primitive, state, command(**msgspec.structs.asdict(made)), *time)
    return answer


def _untagged(command: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The command's fields without its tag, to be read from an example."""
    fields = [(field.encode_name, field.type, field.default) for field in msgspec.structs.fields(command)]
    wanted = [(name, kind) if default is msgspec.NODEFAULT else (name, kind, default) for name, kind, default in fields]
    return msgspec.defstruct(command.__name__, wanted, forbid_unknown_fields=True, kw_only=True)


def _compared(key: str, node: Node, state: Any, kind: _Kind) -> Iterator[Fault]:
    actual = kind.expectations.get(key)
    if actual is None:
        message = f"{key!r} is not something an example can expect: {', '.join(kind.expectations)}"
        yield Fault(node.path, node.key_line, "unknown_expectation", message, next(iter(kind.expectations)))
        return
    table = node.value if isinstance(node.value, dict) else {"": node}
    for name, part in table.items():
        found = actual(state, name)
        if found != _scalar(part):
            yield part.fault("other_outcome", f"{key} {name} is {found}; the example says {_scalar(part)}", found)


def _refusal(reason: str) -> str:
    return f"refused ({reason})" if reason else "not refused"


def _scalar(node: Node) -> str:
    return node.value if isinstance(node.value, str) else f"a {node.kind}"
