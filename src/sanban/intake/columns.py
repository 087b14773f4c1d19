"""Which column of a file holds what: guessed from the names of the columns, then from their values, and always shown.

    names known to us   留言编号, 工单号, order_no ...   --> certain
    parts of names      "...内容", "...电话"             --> likely
    values              all are times, all are phones    --> possible, only for what is still missing

Columns of the answering side (答复时间, 处理结果 ...) are never taken for the request's. What was chosen overrules
nothing the user says: `--map text=COLUMN` comes first. Only the text is needed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping as Given
from collections.abc import Sequence
from typing import Literal, TypeVar, get_args

import msgspec

from sanban.intake.files.cells import fitness
from sanban.kernel.errors import SanbanError

Field = Literal[
    "external_no", "requester", "name", "phone", "title", "text", "received_at", "address", "lon", "lat", "channel",
    "grid",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)
T = TypeVar("T", bound=str)

Why = Literal["told", "name", "part_of_name", "values"]


class Choice(msgspec.Struct, frozen=True):
    """One field and the column (name and place from 0) it is read from, and why."""

    field: Field
    column: str
    place: int
    why: Why


class Mapping(msgspec.Struct, frozen=True):
    """What is read from where. `unused`: names of the columns that are not read."""

    choices: tuple[Choice, ...]
    unused: tuple[str, ...] = ()

    def place(self, field: Field) -> int | None:
        """The column's place, from 0; None when the field is not in the file."""
        return next((choice.place for choice in self.choices if choice.field == field), None)


NAMES: dict[Field, str] = {
    "external_no": "编号 工单号 工单编号 留言编号 诉求编号 案件编号 案卷编号 任务号 受理编号 受理号 流水号 单号 "
    "市级工单号 热线工单号 "
    "id no number order_no orderno order_number order_id ticket ticket_id ticket_no case_no case_id request_id "
    "service_request_id external_no reference",
    "requester": "用户 留言用户 用户编号 用户id 用户名 账号 诉求人编号 诉求人id 反映人编号 来电人编号 "
    "user user_id userid username account requester requester_id customer_id",
    "name": "姓名 联系人 联系人姓名 诉求人 诉求人姓名 反映人 反映人姓名 来电人 来电人姓名 市民姓名 投诉人 投诉人姓名 "
    "name full_name contact contact_name caller caller_name",
    "phone": "电话 手机 手机号 手机号码 电话号码 联系电话 联系方式 来电号码 来电电话 主叫号码 "
    "phone phone_number mobile tel telephone contact_phone caller_phone",
    "title": "主题 标题 留言主题 诉求标题 工单标题 事项标题 诉求主题 title subject topic headline summary",
    "text": "内容 详情 正文 诉求内容 留言内容 留言详情 反映内容 工单内容 问题描述 描述 事件描述 "
    "来电内容 投诉内容 诉求描述 主要内容 "
    "text content message body description details detail complaint seg_text",
    "received_at": "时间 日期 留言时间 受理时间 来电时间 诉求时间 反映时间 提交时间 登记时间 创建时间 上报时间 "
    "发生时间 "
    "time date datetime timestamp received_at received created created_at open_dt opened_at requested_datetime "
    "reported_at submitted_at",
    "address": "地址 地点 事发地址 事发地点 诉求地址 详细地址 发生地址 发生地点 问题地址 位置 "
    "address location place street_address",
    "lon": "经度 lon lng long longitude x坐标",
    "lat": "纬度 lat latitude y坐标",
    "channel": "渠道 来源 诉求渠道 受理渠道 诉求来源 工单来源 信息来源 channel source origin method",
    "grid": "网格 网格编码 网格编号 网格代码 所属网格 grid grid_code grid_id",
}
"""Names of columns that say outright what they hold."""

_ENDINGS: dict[Field, tuple[str, ...]] = {
    "external_no": ("编号", "单号"),
    "phone": ("电话", "手机", "号码"),
    "title": ("主题", "标题"),
    "text": ("内容", "详情", "描述", "正文"),
    "received_at": ("时间", "日期"),
    "address": ("地址", "地点"),
    "lon": ("经度",),
    "lat": ("纬度",),
    "channel": ("渠道",),
}
_OTHER_SIDE = re.compile(
    r"答复|回复|回访|办理|办结|处理|处置|结果|意见|分类|派单|承办|截止|完成|期限|满意|"
    r"answer|repl|response|clos|due|target|resol|status|label|category|update"
)
_BY_VALUES: tuple[Field, ...] = ("received_at", "phone", "lon", "lat", "external_no", "text")
_EXAMPLE = "--map text=内容 --map received_at=时间"


def guess_mapping(
    headers: Sequence[str], sample: Sequence[Sequence[str]], told: Given[str, str] | None = None
) -> Mapping:
    """The mapping of a file with these columns.

    `sample`: cells of its first rows. `told`: field -> name of a column, or '' to leave the field out.
    Raises `SanbanError` for an unknown field or column, a column named twice, or when no column holds the text.
    """
    left_out = {field for field, column in (told or {}).items() if not column}
    choices = {choice.field: choice for choice in _told(headers, told or {})}
    taken = {choice.place for choice in choices.values()}
    for guess in (*_by_name(headers), *_by_part(headers), *_by_values(headers, sample)):
        if guess.field not in choices and guess.field not in left_out and guess.place not in taken:
            choices[guess.field] = guess
            taken.add(guess.place)
    if "text" not in choices:
        columns = ", ".join(filter(None, headers))
        raise SanbanError(f"no column seems to hold what people said; the columns are: {columns}", "--map text=内容")
    _drop_half_points(choices, taken)
    ordered = tuple(choices[field] for field in FIELDS if field in choices)
    return Mapping(ordered, tuple(name for place, name in enumerate(headers) if place not in taken and name))


def parse_told(options: Sequence[str]) -> dict[str, str]:
    """`--map` options: `field=COLUMN`; raises `SanbanError` for one without `=`."""
    pairs = [option.partition("=") for option in options]
    for field, sign, _column in pairs:
        if not sign:
            raise SanbanError(f"--map {field!r} names no column", _EXAMPLE)
    return {field.strip(): column.strip() for field, _, column in pairs}


def _told(headers: Sequence[str], told: Given[str, str]) -> list[Choice]:
    choices = []
    for field, column in told.items():
        if field not in FIELDS:
            raise SanbanError(f"{field!r} is not a field of a request; known: {', '.join(FIELDS)}", _EXAMPLE)
        if column and headers.count(column) != 1:
            problem = "stands twice in the file" if column in headers else "is not in the file"
            raise SanbanError(f"column {column!r} {problem}; its columns are: {', '.join(headers)}", _EXAMPLE)
        if column:
            choices.append(Choice(field, column, headers.index(column), "told"))
    if len({choice.place for choice in choices}) < len(choices):
        raise SanbanError("one column was named for two fields", _EXAMPLE)
    return choices


def _plain(header: str) -> str:
    """A column's name without case, width, spaces and what stands in brackets."""
    text = unicodedata.normalize("NFKC", header).casefold()
    text = re.sub(r"\(.*?\)|\[.*?\]|【.*?】|[:*\"']", "", text).strip()
    return re.sub(r"[\s\-./]+", "_", text).strip("_")


def named(headers: Sequence[str], names: Given[T, str]) -> list[tuple[T, int]]:
    """Fields and the places of columns whose names say outright what they hold; those most often meant come first.

    `names`: what the columns of each field are called, as in `NAMES`.
    """
    places = {_plain(header): place for place, header in reversed(list(enumerate(headers)))}
    return [(field, places[name]) for field, known in names.items() for name in _longest_first(known) if name in places]


def _by_name(headers: Sequence[str]) -> list[Choice]:
    return [Choice(field, headers[place], place, "name") for field, place in named(headers, NAMES)]


def _longest_first(names: str) -> list[str]:
    """`留言时间` says more than `时间`."""
    return sorted(names.split(), key=len, reverse=True)


def _by_part(headers: Sequence[str]) -> list[Choice]:
    return [
        Choice(field, header, place, "part_of_name")
        for field, endings in _ENDINGS.items()
        for place, header in enumerate(headers)
        if _plain(header).endswith(endings) and not _OTHER_SIDE.search(_plain(header))
    ]


def _by_values(headers: Sequence[str], sample: Sequence[Sequence[str]]) -> list[Choice]:
    """Columns whose name says nothing at all, by what stands in them."""
    known = {name for names in NAMES.values() for name in names.split()}
    found: list[tuple[int, int, Choice]] = []
    for place, header in enumerate(headers):
        if _plain(header) in known or _OTHER_SIDE.search(_plain(header)):
            continue
        values = [row[place].strip() for row in sample if place < len(row) and row[place].strip()]
        scores = ((order, fitness(field, values), field) for order, field in enumerate(_BY_VALUES))
        found += [(order, -score, Choice(field, header, place, "values")) for order, score, field in scores if score]
    return [choice for *_, choice in sorted(found, key=lambda item: item[:2])]


def _drop_half_points(choices: dict[Field, Choice], taken: set[int]) -> None:
    """A longitude without a latitude is no place."""
    if ("lon" in choices) != ("lat" in choices):
        halves: tuple[Field, ...] = ("lon", "lat")
        for half in halves:
            choice = choices.pop(half, None)
            if choice is not None:
                taken.discard(choice.place)
