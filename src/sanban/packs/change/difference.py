"""What changes between two versions of a matter, in words: the page a legal reviewer reads before it is approved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from sanban.kernel.clock.limit import FixedDate, Length
from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Extend, Limit, Mechanism, Migration, Step, Title
from sanban.packs.matter import Matter
from sanban.packs.reading.mechanism import GROUND_USES

PARTS: Final = {
    "states": Title("状态", "state"),
    "steps": Title("步骤", "step"),
    "limits": Title("时限", "limit"),
    "tasks": Title("任务", "task"),
    "form": Title("表单项", "field"),
    "figures": Title("指标", "figure"),
    "grounds": Title("理由", "ground"),
    "parameters": Title("参数", "parameter"),
}
WORDS: Final = {
    "title": Title("名称", "title"),
    "origin": Title("来源性质", "origin"),
    "source": Title("依据", "source"),
    "start": Title("起始状态", "first state"),
    "priority": Title("优先级", "priority"),
    "auto_dispatch": Title("自动派单", "automatic dispatch"),
    "public": Title("向公众公开", "open to the public"),
    "visible": Title("可见范围", "visibility"),
    "triage": Title("分类词", "triage words"),
    "call_backs": Title("回访抽样", "sampling of call-backs"),
    "migrations": Title("在办件转入", "moving open cases here"),
    "verb": Title("动作", "verb"),
    "from": Title("起于", "from"),
    "to": Title("去向", "leads to"),
    "by": Title("可由", "taken by"),
    "when": Title("条件", "condition"),
    "needs": Title("须填", "needs"),
    "at_most": Title("次数上限", "at most"),
    "per": Title("按", "counted per"),
    "within": Title("期限", "length"),
    "counts_for": Title("计入", "counts for"),
    "starts": Title("起算", "counts from"),
    "stops": Title("止于", "stops at"),
    "states": Title("所在状态", "while in"),
    "task": Title("任务", "task"),
    "promise": Title("告知诉求人", "promised to the requester"),
    "ends": Title("当日截止", "a day ends at"),
    "extend": Title("延期", "extension"),
    "remind": Title("提前提醒", "reminder before"),
    "inner": Title("内部提前", "earlier for a station below"),
    "on_expiry": Title("逾期即", "on expiry"),
    "holder": Title("责任方", "held by"),
    "phase": Title("阶段", "phase"),
    "end": Title("终态", "is an end"),
    "duty": Title("职责", "duty"),
    "mandatory": Title("必办", "mandatory"),
    "kind": Title("类型", "kind"),
    "required": Title("必填", "required"),
    "subject": Title("被反映对象", "party complained about"),
    "choices": Title("选项", "choices"),
    "cap": Title("最长", "at most"),
    "of": Title("事件", "event"),
    "having": Title("条件", "condition"),
}
_HEAD: Final = (
    "title",
    "origin",
    "source",
    "start",
    "priority",
    "auto_dispatch",
    "public",
    "visible",
    "triage",
    "call_backs",
    "migrations",
)


class States(tuple[Title, ...]):
    """States in the order of their mechanism."""


def difference(old: Matter, new: Matter) -> tuple[Title, ...]:
    """Every change from `old` to `new`, a line each in both languages; none if they work the same."""
    if old.mechanism is not None and new.mechanism is not None:
        return tuple(_of_mechanisms(old, new, old.mechanism, new.mechanism))
    before, after = _fields(old.primitive), _fields(new.primitive)
    return tuple(_changed(before, after, Title("", "")))


def _of_mechanisms(old: Matter, new: Matter, before: Mechanism, after: Mechanism) -> Iterator[Title]:
    titles = {code: state.title for mechanism in (after, before) for code, state in mechanism.states.items()}
    yield from _changed(_head(before, titles), _head(after, titles), Title("", ""))
    for part, word in PARTS.items():
        yield from _parts(word, _table(old, before, part), _table(new, after, part), titles)
    yield from _texts(old.texts, new.texts)


def _head(mechanism: Mechanism, titles: Mapping[str, Title]) -> dict[str, Any]:
    values = {name: getattr(mechanism, name) for name in _HEAD}
    moves = tuple(_moving(migration, titles) for migration in mechanism.migrations.values())
    return {**values, "start": titles[mechanism.start], "migrations": moves}


def _moving(migration: Migration, titles: Mapping[str, Title]) -> Title:
    """Which version's open cases may move here, and where each of their states leads."""
    pairs = [(titles.get(old, Title(old, old)), titles[new]) for old, new in migration.states.items()]
    zh = "，".join(f"“{old.zh}”{'不变' if old == new else f'转为“{new.zh}”'}" for old, new in pairs)
    en = ", ".join(f"{old.en} {'stays' if old == new else f'becomes {new.en}'}" for old, new in pairs)
    return Title(f"{migration.source} 版：{zh}", f"version {migration.source}: {en}")


def _table(matter: Matter, mechanism: Mechanism, part: str) -> Mapping[str, Any]:
    if part == "figures":
        return matter.figures
    if part == "grounds":
        uses = ((use, getattr(mechanism.grounds, use)) for use in GROUND_USES)
        return {f"{use}.{code}": ground for use, grounds in uses for code, ground in grounds.items()}
    table: Mapping[str, Any] = getattr(mechanism, part)
    return table


def _parts(
    word: Title, before: Mapping[str, Any], after: Mapping[str, Any], titles: Mapping[str, Title]
) -> Iterator[Title]:
    for name in after:
        if name not in before:
            yield Title(
                f"新增{word.zh}：{_named(name, after[name], 'zh')}",
                f"{word.en} added: {_named(name, after[name], 'en')}",
            )
    for name, was in before.items():
        if name not in after:
            yield Title(f"删除{word.zh}：{_named(name, was, 'zh')}", f"{word.en} removed: {_named(name, was, 'en')}")
            continue
        place = Title(f"{word.zh}{_named(name, was, 'zh')}：", f"{word.en} {_named(name, was, 'en')}: ")
        yield from _changed(_stated(was, titles), _stated(after[name], titles), place)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], place: Title) -> Iterator[Title]:
    for key, was in before.items():
        now = after.get(key)
        if _say(was, "en") == _say(now, "en"):
            continue
        word = WORDS.get(key, Title(key, key))
        if isinstance(was, States) and isinstance(now, States):
            yield _more_and_fewer(was, now, Title(place.zh + word.zh, f"{place.en}{word.en}"))
            continue
        yield Title(
            f"{place.zh}{word.zh}由“{_say(was, 'zh')}”改为“{_say(now, 'zh')}”",
            f"{place.en}{word.en} changes from '{_say(was, 'en')}' to '{_say(now, 'en')}'",
        )


def _more_and_fewer(before: States, after: States, place: Title) -> Title:
    """Two lists of states are told by what one has and the other has not, for most of them stays."""
    only = {
        Title("增加", "with"): tuple(state for state in after if state not in before),
        Title("去掉", "without"): tuple(state for state in before if state not in after),
    }
    zh = "，".join(f"{word.zh}“{_say(states, 'zh')}”" for word, states in only.items() if states)
    en = ", ".join(f"{word.en} '{_say(states, 'en')}'" for word, states in only.items() if states)
    return Title(f"{place.zh}{zh}", f"{place.en} now {en}")


def _texts(before: Mapping[str, Title], after: Mapping[str, Title]) -> Iterator[Title]:
    for path in sorted(before.keys() & after.keys()):
        if before[path] != after[path]:
            yield Title(
                f"文字 {path} 由“{before[path].zh}”改为“{after[path].zh}”",
                f"text {path} changes from '{before[path].en}' to '{after[path].en}'",
            )


def _fields(value: object) -> dict[str, Any]:
    """What is compared of a part: its fields, without its name and texts; a bare value under its own word."""
    if not isinstance(value, msgspec.Struct):
        return {} if value is None else {"values": value}
    return {
        key: part for key, part in msgspec.structs.asdict(value).items() if key not in ("name", "code", "title", "id")
    }


def _stated(value: object, titles: Mapping[str, Title]) -> dict[str, Any]:
    """The fields with states by their titles: those a step starts from and leads to, those a limit runs in."""
    fields = _fields(value)
    if isinstance(value, Step):
        del fields["source"]
        return {**fields, "from": _states(value.source, titles), "to": titles.get(value.to)}
    if isinstance(value, Limit):
        return {**fields, "states": _states(value.states, titles)}
    return fields


def _states(codes: Iterable[str], titles: Mapping[str, Title]) -> States:
    return States(titles[code] for code in titles if code in codes)


def _named(name: str, part: object, language: str) -> str:
    title = getattr(part, "title", None)
    return (
        f"{getattr(title, language)}（{name}）"
        if isinstance(title, Title) and language == "zh"
        else f"{_en(title)}{name}"
    )


def _en(title: object) -> str:
    return f"{title.en} / " if isinstance(title, Title) else ""


def _say(value: object, language: str) -> str:
    """A value in words."""
    if isinstance(value, Length | FixedDate):
        return str(getattr(value, language))
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, bool):
        return {"zh": "是" if value else "否", "en": "yes" if value else "no"}[language]
    if isinstance(value, Title):
        return str(getattr(value, language))
    if isinstance(value, Extend):
        return _extension(value, language)
    return _say_many(value, language)


def _extension(extend: Extend, language: str) -> str:
    approvers = ", ".join(extend.approvers)
    if language == "zh":
        return f"每次{extend.by.zh}，至多{extend.times}次，由{approvers}批准"
    return f"{extend.by.en} each, at most {extend.times} time(s), approved by {approvers}"


def _say_many(value: object, language: str) -> str:
    none = {"zh": "无", "en": "none"}[language]
    if isinstance(value, msgspec.Struct):
        return (
            "; ".join(f"{key}: {_say(part, language)}" for key, part in msgspec.structs.asdict(value).items()) or none
        )
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_say(part, language)}" for key, part in value.items()) or none
    if isinstance(value, frozenset | set):
        return _joined(sorted(str(each) for each in value)) or none
    if isinstance(value, tuple | list):
        return _joined(_say(each, language) for each in value) or none
    return none if value is None or value == "" else str(value)


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
