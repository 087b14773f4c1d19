"""One Ibis expression of a figure: its definition over the tables of facts, for one span, bound to no engine.

    chosen    the facts of the base set in the span, those for which its `having` holds
    counted   each with whether it holds, and by which exclusion it is left out ('' when it counts)
    sums      of these by unit, by what is compared within (`mix`) and by exclusion

Something holds when it is in the set of `count` too before the span is over: of the same table the very same fact, of
another one a fact of the same case. What a unit would leave out beyond the figure's cap counts like the rest, and so
does the last thing that speaks against it: the earliest are left out, in the order of instant and case.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

import ibis
import ibis.expr.types as ir
import msgspec

from sanban.columnar.expressing import Columns, express
from sanban.columnar.session import table_of
from sanban.packs.figures.definition import Chosen, Definition

WHERE = ("case_id", "number", "part", "unit", "at")
"""What every counted thing says of itself."""
_ALL = 10_000


class Span(msgspec.Struct, frozen=True):
    """Instants from `since` up to, not including, `until`, microseconds UTC. What comes later has not happened."""

    since: int
    until: int


def counted(definition: Definition, span: Span) -> ir.Table:
    """Each thing of the denominator: `WHERE`, the columns of `mix`, `holds`, `excluded` and `readmitted` (1 or 0)."""
    base = definition.base
    table = table_of(base.events.table)
    at = table[base.events.at]
    chosen = table.filter(at >= span.since, at < span.until, *_having(base, table))
    known = chosen.select(
        *(chosen[name] for name in (*WHERE[:-1], *definition.mix)),
        at=chosen[base.events.at],
        holds=_holds(definition, chosen, span),
        excluded=_excluded(definition, chosen),
        readmitted=_whole(0),
    )
    return _readmitting(definition, known) if definition.exclusions else known


def sums(definition: Definition, span: Span) -> ir.Table:
    """(unit, *mix, excluded, n, holds, readmitted), in order."""
    things = counted(definition, span)
    keys = ["unit", *definition.mix, "excluded"]
    added = things.group_by(keys).aggregate(
        n=things.count().cast("int64"),
        holds=things.holds.sum().cast("int64"),
        readmitted=things.readmitted.sum().cast("int64"),
    )
    return added.order_by(keys)


def first(
    definition: Definition,
    span: Span,
    *,
    unit: str | None,
    excluded: bool,
    limit: int,
    offset: int = 0,
    case: str = "",
) -> ir.Table:
    """So many things behind a figure, what speaks against it in front; `excluded`: those left out instead.

    `case`: of this one alone, where one is named.
    """
    things = counted(definition, span).select(*WHERE, "holds", "excluded")
    wanted = things.filter((things.excluded != "") if excluded else (things.excluded == ""))
    if unit is not None:
        wanted = wanted.filter(wanted.unit == unit)
    if case:
        wanted = wanted.filter(wanted.case_id == case)
    against = wanted.holds.desc() if definition.better == "low" else wanted.holds.asc()
    return wanted.order_by(against, wanted["at"], wanted.case_id, wanted.part).limit(limit, offset=offset)


def _having(chosen: Chosen, table: ir.Table) -> Sequence[Any]:
    return () if chosen.having is None else (express(chosen.having.tree, Columns(table)),)


def _holds(definition: Definition, chosen: ir.Table, span: Span) -> Any:
    count = definition.count
    if definition.over is None:
        return _whole(1)
    if count.events.table == definition.over.events.table:
        happened = chosen[count.events.at]
        known = happened.notnull() & (happened < span.until)
        return reduce(and_, _having(count, chosen), known).ifelse(_whole(1), _whole(0))
    other = table_of(count.events.table)
    happened = other.filter(other[count.events.at] < span.until, *_having(count, other))
    return chosen.case_id.isin(happened.case_id).ifelse(_whole(1), _whole(0))


def _excluded(definition: Definition, chosen: ir.Table) -> Any:
    """The first exclusion that applies."""
    name: Any = ibis.literal("")
    for exclusion in reversed(definition.exclusions):
        name = express(exclusion.when.tree, Columns(chosen)).ifelse(ibis.literal(exclusion.name), name)
    return name


def _readmitting(definition: Definition, things: ir.Table) -> ir.Table:
    """Takes back what is excluded beyond the cap of the unit's things, and the last of those that speak against it."""
    of_unit, order = ibis.window(group_by="unit"), ["at", "case_id", "part"]
    against = things.holds == (1 if definition.better == "low" else 0)
    told = things.mutate(against=against, counts=things.excluded == "")
    in_turn = ibis.window(group_by=["unit", "counts"], order_by=order)
    from_last = ibis.window(group_by=["unit", "against"], order_by=[ibis.desc(name) for name in order])
    ranked = told.mutate(
        turn=ibis.row_number().over(in_turn).cast("int64"),
        left=ibis.row_number().over(from_last).cast("int64"),
        size=told.count().over(of_unit),
        kept=(told.against & told.counts).ifelse(_whole(1), _whole(0)).sum().over(of_unit),
    )
    last = ranked.against & (ranked.left == 0) & (ranked.kept == 0)
    within = ((ranked.turn + 1) * _ALL <= ranked.size * definition.cap) & ~last
    return ranked.mutate(
        excluded=within.ifelse(ranked.excluded, ibis.literal("")),
        readmitted=(~within & ~ranked.counts).ifelse(_whole(1), _whole(0)),
    ).drop("turn", "left", "size", "kept", "against", "counts")


def _whole(number: int) -> Any:
    return ibis.literal(number, type="int64")
