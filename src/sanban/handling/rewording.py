"""A text written for those who may not know the requester names nobody: checked before it goes into the vault.

A helping unit's task is such a text, and so is the answer to a supervision, which all who look from above read.

What the requesters of the case told of themselves is looked for as it stands, their numbers however they are spaced;
besides, anything that looks like a telephone, an identity number, an address of the web or a flat is refused. A person
who writes around that is not caught by a machine; the text is on the record under the writer's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sanban.handling.needs import Needs
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused

NAMES_SOMEBODY = Refused(
    "names_somebody",
    "who reads this is told of no name, number, flat or plate",
    "3号网格路灯不亮，请检修线路",
)
READ_BY_OTHERS = frozenset({"reword", "account_for"})
"""Verbs whose text is read by those who may not know who asked."""
SHORTEST = 2
"""A name of one sign would be found in any text."""
PERSONAL = re.compile(
    r"1[3-9]\d{9}|\d{15}|[\w.]+@[\w.]+"
    r"|\d+\s*(?:室|单元|号楼|栋|幢|弄)"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]·?[A-Z0-9]{5,6}"
)
_SPACES = re.compile(r"[\s\-]+")


def names_somebody(needs: Needs, case: Case, text: str) -> bool:
    """Whether a text says who asked, or holds what may lead to somebody."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text))
    return bool(PERSONAL.search(plain)) or any(word in plain for word in _words(needs, case))


def fault_of(needs: Needs, case: Case, verb: str, text: str) -> Refused | None:
    """None for a text that a step of the verb may carry."""
    return NAMES_SOMEBODY if verb in READ_BY_OTHERS and names_somebody(needs, case, text) else None


def _words(needs: Needs, case: Case) -> Iterator[str]:
    found = needs.requests([one.id for one in case.requests]).values()
    refs = [ref for one in found for ref in (one.name, one.phone, one.address) if ref]
    for word in needs.reader.open_secrets(refs).values() if refs else ():
        plain = _SPACES.sub("", unicodedata.normalize("NFKC", word))
        if len(plain) >= SHORTEST:
            yield plain
