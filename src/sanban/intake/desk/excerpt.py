"""One line of what was said, for telling cases apart: short, and without numbers and names that lead to a person.

It is no text for everybody (`kernel.redaction` makes those): whoever reads it may read the whole. But a list of cases
shows the words of many people at once to somebody who needs to know what happened, not to whom. Long numbers go, and a
surname where somebody says who they are, or before a title.
"""

from __future__ import annotations

import re

from sanban.kernel.redaction import SURNAME

LONGEST = 80
GONE = "＊＊"
_NUMBER = re.compile(r"\d(?:[ -]?\d){4,}[\dXx]?")
_SAYS_WHO = re.compile(rf"(?<=我是|我叫|我姓|名叫|本人|姓名){SURNAME}[\u4e00-\u9fff]{{0,2}}")
_TITLED = re.compile(rf"{SURNAME}(?=先生|女士|小姐|太太|老师|阿姨|叔叔|师傅|医生|经理|主任|警官)")


def excerpt(text: str) -> str:
    """The beginning of the text on one line; '' for none."""
    line = _NUMBER.sub(GONE, " ".join(text.split()))
    line = _TITLED.sub(GONE, _SAYS_WHO.sub(GONE, line))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
