"""Invented messages in words cut apart and as they are typed: three matters, no two messages alike."""

from __future__ import annotations

from sanban.intake.learning.examples import Example

SUBJECTS = {
    "noise": ("噪音", "施工", "扰民", "音响", "半夜", "广场舞"),
    "street-light": ("路灯", "灯杆", "照明", "不亮", "漆黑", "灯泡"),
    "water-outage": ("停水", "水压", "自来水", "水管", "发黄", "水表"),
}
PLACES = ("小区", "门口", "广场", "大道", "路口", "楼下", "学校", "公园")
ENDS = ("请求", "处理", "解决", "希望", "部门", "尽快")
FILLERS = ("我们的", "已经", "真是的", "了吧")


def words_of(matter: str, number: int) -> list[str]:
    said = SUBJECTS[matter]
    return [
        PLACES[number % 8],
        said[number % 6],
        PLACES[(number // 8 + 3) % 8],
        said[(number // 6 + 1) % 6],
        ENDS[number % 6],
        ENDS[(number // 6 + 2) % 6],
        said[(number // 3 + 4) % 6],
    ]


def cut_text(matter: str, number: int) -> str:
    """As a file of segmented messages has it."""
    return " ".join(words_of(matter, number))


def raw_text(matter: str, number: int) -> str:
    """As somebody types it: with words that say nothing, and padding."""
    words = words_of(matter, number)
    return f"\t\n{FILLERS[number % 4]}{''.join(words[:4])}，{FILLERS[(number + 1) % 4]}{''.join(words[4:])}。\n\t"


def examples(count: int = 40, *, cut: bool = True) -> list[Example]:
    """`count` of each matter; each said by somebody else."""
    text = cut_text if cut else raw_text
    return [
        Example(text(matter, number), matter, person=f"person:{matter}-{number}")
        for matter in SUBJECTS
        for number in range(count)
    ]
