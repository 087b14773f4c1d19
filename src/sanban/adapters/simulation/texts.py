"""What invented people say and write, in Chinese. Streets and numbers are made up; matters are told by their codes."""

from __future__ import annotations

from typing import Final

from sanban.adapters.simulation.world import Chance
from sanban.kernel.mechanism import Mechanism

SAID: Final[dict[str, tuple[str, ...]]] = {
    "noise": (
        "{place}楼下夜间施工到凌晨，噪音很大，孩子没法睡觉。",
        "{place}广场舞音响太吵，每晚超过十点，多次劝说无效。",
        "{place}旁边工地噪声扰民，周末也不停工。",
    ),
    "park": ("{place}门口长期乱停车，消防通道都堵了。", "{place}小区停车位被占，违停车辆没人管。"),
    "waste": ("{place}垃圾堆了好几天没有清运，味道很重。", "{place}垃圾箱房外面建筑垃圾乱倒，请来清理。"),
    "garbage": ("{place}垃圾桶满溢，没有人清运。",),
    "water": ("{place}从早上开始停水，没有接到通知。", "{place}水压很低，自来水发黄，已经两天。"),
    "lift": ("{place}电梯老旧经常困人，希望尽快更新改造。", "{place}的电梯停运一周，老人上下楼困难。"),
    "light": ("{place}路灯不亮已有一周，晚上走路不安全。", "{place}两盏路灯一直闪，请维修。"),
    "wage": ("在{place}工地干了三个月，工资一直拖欠不发。", "{place}的公司拖欠员工工资两个月。"),
    "bike": ("{place}楼道里电动自行车飞线充电，担心着火。", "{place}电瓶车推进楼里充电，没有人管。"),
    "housing-repair": ("{place}公房屋顶漏水，报修两次没有人来。", "{place}直管公房墙体开裂，请求维修。"),
    "short-let": (
        "{place}有短租民宿，房客半夜拖行李箱，非常吵。",
        "{place}日租房人员杂乱，担心消防安全，疑似没有登记。",
    ),
    "tree": ("{place}行道树枝太长，挡住了窗户，请修剪。",),
    "green": ("{place}绿化带被踩坏，长期没有补种。",),
    "road": ("{place}路面有大坑，骑车摔倒过人。",),
    "drain": ("{place}一下雨就积水，下水道堵塞。",),
    "dog": ("{place}有人遛狗不牵绳，吓到小孩。",),
    "fire-safety": ("{place}楼道堆满杂物，消防通道走不通。",),
    "build": ("{place}顶楼在搭违章建筑。",),
    "food": ("{place}饭店后厨卫生很差，吃完拉肚子。",),
    "heat": ("{place}暖气不热，室温只有十二度。",),
    "gas": ("{place}闻到燃气味，请马上来人查看。",),
    "power": ("{place}突然停电，整栋楼都没有电。",),
    "fume": ("{place}楼下餐馆油烟直排，开不了窗。",),
    "property": ("{place}物业公司不作为，门禁坏了半年。",),
}
"""By a part of the matter's code."""

AGAIN: Final = ("还是上次反映的问题，一直没有解决：", "再次反映，情况没有好转：", "我也反映同一个问题：")
ACCOUNT: Final = "已安排专人到场，今日内给出处置计划并告知来电人。（合成数据）"
WORK_NOTES: Final = ("已到现场查看，与反映人说明情况。", "已联系相关方，约定整改时间。", "已完成整改，现场恢复正常。")
REPLY: Final = "您好，您反映的问题已由承办单位处理，结果：{ending}。如有疑问可再次来电。（合成数据）"
ENDINGS: Final = {
    "resolved": "已解决",
    "unsolved": "暂未解决",
    "explained": "已解释说明",
    "statutory": "请走法定途径",
    "adopted": "建议已采纳，列入年度计划",
}
NOTICE: Final = "您好，因情况复杂，答复日期延后，届时给您回复。（合成数据）"


def unknown_place(chance: Chance) -> str:
    """An address that no gazetteer knows."""
    return f"虚拟{chance.choice('甲乙丙丁戊己')}路{chance.randint(1, 199)}号"


def said(chance: Chance, mechanism: Mechanism, place: str) -> str:
    """What somebody says about a matter at a place."""
    templates = next((texts for word, texts in SAID.items() if word in mechanism.matter), ())
    if templates:
        return chance.choice(templates).format(place=place)
    words = "、".join(word for word, _ in mechanism.triage.words[:2])
    return f"反映{mechanism.title.zh}的问题，地点在{place}，{words}，请尽快处理。"


def reply(ending: str) -> str:
    """The answer to a requester."""
    return REPLY.format(ending=ENDINGS.get(ending, "已办理"))
