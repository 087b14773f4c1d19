"""A condition as people read it: fields and choices by their titles, the operators as words.

Only for showing. The text that was compiled is walked token by token; whatever has no title stays as it is written.
`known(x) and` says no more than that an answer may be missing, and is left out where the answer is asked about anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sanban.kernel.expression import Expression
from sanban.kernel.mechanism import Field, Mechanism, Title

_TOKEN: Final = re.compile(
    r"known\((?P<known>\w+)\)|parameter\('(?P<parameter>\w+)'\)|'(?P<text>[^']*)'|(?P<name>\w+)|(?P<sign>[<>=!]=|[<>,()])"
)
_KNOWN_FIRST: Final = re.compile(r"\bknown\((\w+)\) and (?=(?:not )?\1\b)")

_WORDS: Final = {
    "and": Title("且", "and"),
    "or": Title("或", "or"),
    "not": Title("非", "not"),
    "in": Title("为其一", "is one of"),
    "==": Title("为", "is"),
    "!=": Title("不为", "is not"),
    ">=": Title("≥", "≥"),
    "<=": Title("≤", "≤"),
    ",": Title("、", ","),
}


def in_words(condition: Expression, mechanism: Mechanism) -> Title:
    """The condition in both languages."""
    source = _KNOWN_FIRST.sub("", condition.source)
    return Title(
        _said(source, mechanism.form, lambda title: title.zh), _said(source, mechanism.form, lambda title: title.en)
    )


def _said(source: str, form: Mapping[str, Field], say: Callable[[Title], str]) -> str:
    words: list[str] = []
    asked: Field | None = None
    for token in _TOKEN.finditer(source):
        if token["known"]:
            field = form.get(token["known"])
            words.append(say(Title("已知", "known:")) + " " + (say(field.title) if field else token["known"]))
        elif token["text"] is not None:
            choice = asked.choices.get(token["text"]) if asked else None
            words.append(say(choice) if choice else token["text"])
        elif token["name"] in form:
            asked = form[token["name"]]
            words.append(say(asked.title))
        else:
            plain = token["parameter"] or token[0]
            words.append(say(_WORDS[plain]) if plain in _WORDS else plain)
    return re.sub(r" ([,)])| (、) |(\() ", r"\1\2\3", " ".join(words))
