"""How the surface says no: a status of the standard and a sentence in both languages, as a value.

    400  cannot be read, or something needed is missing        403  no key, or one that is not known here
    401  a key that was withdrawn                              404  no such service, request, token or jurisdiction

Nothing of what was sent is repeated in a sentence: it may be personal, and it may be markup.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title


class Denied(msgspec.Struct, frozen=True):
    """An answer that is no: `text` says what was expected, `example` is valid."""

    status: int
    text: Title
    example: str = ""


def missing(name: str, example: str) -> Denied:
    """A needed parameter was not sent."""
    return Denied(400, Title(f"缺少参数 {name}", f"{name} was not provided"), f"{name}={example}")


def unreadable(name: str, example: str) -> Denied:
    """A parameter that cannot be what it says it is."""
    return Denied(400, Title(f"参数 {name} 无法识别", f"{name} cannot be read"), f"{name}={example}")


def too_long(name: str, most: int) -> Denied:
    """A parameter beyond its bound, in characters."""
    text = Title(f"参数 {name} 最多 {most} 字", f"{name} has at most {most:,} characters")
    return Denied(400, text, f"{name}=...")


NO_KEY = Denied(
    403,
    Title("缺少 api_key", "api_key was not provided"),
    "api_key=KEY; the centre gives keys: sanban open311 key NAME",
)
UNKNOWN_KEY = Denied(403, Title("api_key 无效", "api_key is not known here"), "sanban open311 key NAME")
WITHDRAWN_KEY = Denied(401, Title("api_key 已停用", "api_key was withdrawn"), "ask the centre for a new key")
OUTSIDE = Denied(
    400,
    Title("坐标不在本区范围内", "the point lies outside this district"),
    "lat=30.4000&long=123.4000, or address_string",
)
TOO_MANY = Denied(
    429, Title("提交过于频繁，请稍后再试", "this key files too often; try again in a minute"), "Retry-After: 60"
)
TOO_MANY_READ = Denied(
    429, Title("查询过于频繁，请稍后再试", "too many reads from this address; try again in a minute"), "Retry-After: 60"
)
KEY_REUSED = Denied(
    400,
    Title("同一 Idempotency-Key 已用于其他内容", "this Idempotency-Key was used for another body"),
    "Idempotency-Key: 018f4c1e-0000-7000-8000-000000000001",
)
NO_JURISDICTION = Denied(
    404, Title("没有这个 jurisdiction_id", "jurisdiction_id is not known here"), "leave jurisdiction_id out"
)
NO_SERVICE = Denied(404, Title("没有这项服务", "service_code is not known here"), "GET services.xml lists the codes")
NO_REQUEST = Denied(
    404,
    Title("没有这项诉求，或不对公众公开", "there is no such request, or it is not open to the public"),
    "GET requests.xml",
)
NO_TOKEN = Denied(404, Title("没有这个 token", "there is no such token"), "a service_request_id is its own token")
NOTHING_HERE = Denied(404, Title("此地址下没有内容", "there is nothing at this address"), "GET services.xml")

_STATUS: dict[int, Title] = {
    400: Title("请求无法识别", "the request cannot be read"),
    404: NOTHING_HERE.text,
    405: Title("此地址不支持该方法", "this address does not take this method"),
    413: Title("发送的内容过大", "too much was sent at once"),
    500: Title("系统内部错误，未丢失任何内容", "something went wrong on our side; nothing was lost"),
}


def of_status(status: int, reference: str) -> Denied:
    """What failed before or beside a handler; `reference` stands in the log too."""
    text = _STATUS.get(status, _STATUS[500 if status >= 500 else 400])
    return Denied(status, text, f"reference {reference}" if reference else "GET services.xml")


def of_refusal(refused: Refused) -> Denied:
    """A refusal of the desk's reading."""
    known = {"command_reused": KEY_REUSED, "bad_point": unreadable("lat, long", "lat=30.4&long=123.4")}
    return known.get(refused.reason) or Denied(400, Title("未能受理", refused.message), refused.example)
