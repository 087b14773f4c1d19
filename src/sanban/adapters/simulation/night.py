"""What lies at the desk when the simulated time ends: calls and messages that nobody has decided on yet.

One of everything that a desk meets: the same thing said by several people, a wave of calls about one outage, a danger,
a question that a declared answer answers, several matters in one breath, a place that nobody names, a threat, an
advertisement. Each says how many minutes before the end it came, and where: in the grid of an open case of a matter, in
a grid of its own, or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from sanban.adapters.simulation.world import Chance

FLOOD: Final = 22
"""Calls about one outage, from nearly as many people."""
QUARRELS: Final = (1, 1, 1, 2, 2)
"""How often each of a few orders is returned in the last hours: once waits for another unit, twice for a ruling."""
_OUT: Final = (
    "小区停水，物业不知道什么时候来。",
    "停水了，物业电话打不通。",
    "整栋楼停水，物业没有通知。",
    "自来水停了，物业说不归他们管。",
    "家里没水了，物业让打热线。",
)


class Call(NamedTuple):
    """One that waits. `near`: a matter of which an open case stands there; `is_placed`: somebody knows where it is."""

    text: str
    minutes: int
    near: str = ""
    is_placed: bool = True
    channel: Literal["phone", "wechat", "web", "app"] = "phone"
    same_as_before: bool = False


CALLS: Final = (
    Call("有人晕倒在健身步道上，叫不醒，请马上来人！", 12),
    Call("路口有三盏路灯不亮，晚上很暗，老人不敢走。", 610, "street-light"),
    Call("我们门口那个路口的灯又黑了，晚上看不见路，路灯不亮没人修。", 220, "street-light", channel="wechat"),
    Call("我也反映路口那三盏灯，一直不亮，路灯坏了没人修。", 95, "street-light", channel="app"),
    Call("楼下工地夜里打桩，孩子睡不着。", 430, "noise"),
    Call("工地半夜还在打桩，孩子睡不着，前面有邻居也反映过。", 150, "noise", channel="wechat"),
    Call("工地半夜还在打桩，我白天已经打过电话。", 45, "noise", same_as_before=True),
    Call(
        "楼下烧烤店油烟很大，开不了窗。消防通道被他们的车堵住了，救护车进不来。夜里还大声放歌，噪音扰民。",
        300,
    ),
    Call("请问居住证办理要带什么材料，在哪里办？", 260, channel="web"),
    Call("孩子幼升小，入学报名什么时候开始，对口学校怎么查？", 505, channel="web"),
    Call("那边一直没人管，垃圾堆得很高，麻烦你们去看一下。", 340, is_placed=False),
    Call("河边的护栏松了一段，小孩会爬。", 410, is_placed=False),
    Call("加我微信免费领取礼品，扫码领，点击链接。", 180, is_placed=False, channel="web"),
    Call("已经有仲裁裁决了，公司还是不执行，接下来该找谁？", 465, channel="web"),
    Call("帮我查询他人住址，他欠我钱不还。", 540),
    Call("再不解决我就扬言报复，大家同归于尽。", 75),
    Call("小区里的梧桐树枝压到电线了，怕刮风掉下来砸到人。", 380, "greening"),
    Call("快递车天天停在单元门口，轮椅出不去。", 355, channel="app"),
    Call("垃圾箱满了三天没人来收。", 250, "waste"),
    Call("垃圾箱旁边全是袋子，三天没有收了。", 60, "waste", channel="wechat"),
    Call("电梯里困过两次人，物业说没钱修。", 590, "lift-renewal"),
    Call("公交站台的座椅坏了，木条翘起来。", 325, channel="app"),
    Call("隔壁装修周末也敲墙，一敲就是一天。", 205, "noise"),
    Call("我在理发店办的卡，店关门了，钱退不回来。", 485),
    Call("建议在菜场门口加一条斑马线，老人过街太危险。", 570, channel="web"),
    Call("饭店后门往下水道倒油，一下雨就返味。", 130, channel="wechat"),
    Call("楼上一直往下滴水，物业不管。", 110),
    Call("公房厨房墙皮掉了，物业问过两次没有回音。", 445, "public-housing-repair"),
)


def calls(chance: Chance) -> Iterator[Call]:
    """All of them, the wave in the last three quarters of an hour."""
    yield from CALLS
    for number in range(FLOOD):
        text = chance.choice(_OUT)
        yield Call(text, 31 + number % 10, "water-outage", same_as_before=number % 11 == 10)
