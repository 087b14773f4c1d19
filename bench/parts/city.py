"""A city's requests and the pairs it linked, as the benches of duplicates and of overdue risk need them.

Times are the city's local ones taken as UTC: differences and hours of the day are what counts. The text by which a
request was closed is never read here: it names the original of a duplicate and says how a request ended.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from parts.sheets import by_names, rows
from sanban.intake.columns import NAMES
from sanban.intake.files.cells import TIME_EXAMPLE, read_degrees, read_instant
from sanban.kernel.errors import SanbanError

SECOND = 1_000_000
DAY = 86_400 * SECOND

REQUESTS = {
    "id": NAMES["external_no"] + " case_enquiry_id",
    "opened": NAMES["received_at"],
    "due": "target_dt sla_target_dt due due_at due_date deadline 截止时间 截止日期 办理期限 到期时间 应办结时间",
    "closed": "closed_dt closed closed_at closed_date resolved_at 办结时间 结案时间 完成时间 关闭时间",
    "matter": "type case_type request_type service_name complaint_type 事项 事项类别 诉求类别 诉求类型 类别 类型 分类",
    "unit": "department agency unit 部门 承办单位 主办单位 责任单位 处置单位",
    "area": "neighborhood neighbourhood district borough quarter 街道 所属街道 街镇 所属街镇 区域",
    "street": "location_street_name street_name street road 道路 路名",
    "address": NAMES["address"],
    "lat": NAMES["lat"],
    "lon": NAMES["lon"],
    "source": NAMES["channel"],
}
"""What the columns of requests are usually called."""

PAIRS = {
    "duplicate": "duplicate_id duplicate 重复工单 重复工单号 重复编号",
    "original": "original_id original parent_id 原工单 原工单号 原编号",
}


class CityRequest(NamedTuple):
    """A request as its city tells it; times in microseconds, a point in 1e-7 degree, None where nothing is said."""

    id: str
    opened: int
    due: int | None
    closed: int | None
    matter: str
    unit: str
    area: str
    street: str
    address: str
    point: tuple[int, int] | None
    source: str


def requests(paths: Sequence[Path], needed: Sequence[str], told: Sequence[str] = ()) -> list[CityRequest]:
    """The requests whose time can be read; how many cannot is said. Raises `SanbanError` when it is all of them."""
    found, left_out = [], 0
    for number, row in enumerate(rows(paths, by_names(REQUESTS, ("opened", *needed), told))):
        opened = instant(row["opened"])
        if opened is None:
            left_out += 1
            continue
        found.append(_request(row, opened, number))
    if not found:
        raise SanbanError("no row says when a request was made in a way that can be read", TIME_EXAMPLE)
    if left_out:
        sys.stderr.write(f"{left_out} rows left out: their time cannot be read\n")
    return found


def _request(row: dict[str, str], opened: int, number: int) -> CityRequest:
    """`number`: the row's, which names a request that has no number."""
    said = {name: row.get(name, "") for name in REQUESTS}
    lat, lon = read_degrees(said["lat"], 90), read_degrees(said["lon"], 180)
    closed = instant(said["closed"])
    return CityRequest(
        said["id"] or f"row-{number}",
        opened,
        instant(said["due"]),
        closed and max(closed, opened),
        said["matter"],
        said["unit"],
        said["area"],
        said["street"],
        said["address"],
        None if lat is None or lon is None else (lat, lon),
        said["source"],
    )


def pairs(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """Duplicates and their originals, by their numbers."""
    return [(row["duplicate"], row["original"]) for row in rows(paths, by_names(PAIRS, tuple(PAIRS)))]


def instant(text: str) -> int | None:
    """Local time as microseconds; None where nothing is said."""
    return read_instant(text, dt.UTC)


def day(text: str, option: str) -> int:
    """A date that an option tells, as microseconds."""
    try:
        return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * SECOND
    except ValueError as error:
        raise SanbanError(f"{text!r} is not a date", f"{option} 2011-09-01") from error
