"""One line of what was said, for telling cases apart: short, and without numbers and names that lead to a person.

It is no text for everybody (`kernel.redaction` makes those): whoever reads it may read the whole. But a list of cases
shows the words of many people at once to somebody who needs to know what happened, not to whom. Long numbers go, and a
name where somebody says who they are, or before a title. What only begins like a name is a word of what happened, and
stays: cases are told apart by it.
"""

from __future__ import annotations

import re

from sanban.kernel.redaction import SURNAME

LONGEST = 80
GONE = "＊＊"
_NUMBER = re.compile(r"\d(?:[ -]?\d){4,}[\dXx]?")
_NO_NAME = "(?!房东|房屋|房子|房间|车库|车子|车辆|高层|高空|高龄|常住|方便|安全|马路|时候|时间)"
"""Words that begin with a surname and could end a clause or stand before somebody's name."""
_GIVEN = "(?![了的是没找给问叫请跟向被把让去说都也不们个位主户员客人])[\u4e00-\u9fff]"
"""A sign that may be of a given name."""
_CALLED = re.compile(rf"(我叫|名叫|姓名)([:：是为 ]?){_NO_NAME}{SURNAME}(?:{_GIVEN}){{1,2}}")
_SAYS_WHO = re.compile(rf"(我是|我姓|本人)([:：叫 ]?){_NO_NAME}{SURNAME}(?:{_GIVEN}){{0,2}}(?![\u4e00-\u9fff])")
_TITLED = re.compile(
    rf"{_NO_NAME}{SURNAME}(?:{_GIVEN}){{0,2}}"
    "(?=先生|女士|小姐|太太|老师|阿姨|叔叔|师傅|医生|经理|主任(?![意何])|警官)"
)


def excerpt(text: str) -> str:
    """The beginning of the text on one line; '' for none."""
    line = _NUMBER.sub(GONE, " ".join(text.split()))
    for said in (_CALLED, _SAYS_WHO):
        line = said.sub(rf"\1\2{GONE}", line)
    line = _TITLED.sub(GONE, line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
