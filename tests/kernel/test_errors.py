"""What is told to people holds no pattern: they are shown an example instead."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import in_words

PATTERNS = ["^[a-z]+$", r"^'[^']*'$", '^"x"$', r"^\d\\'$", r"^$|^postgresql://[^\s]+$"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_becomes_words_wherever_it_stands(pattern: str) -> None:
    kind = type("Sent", (msgspec.Struct,), {"__annotations__": {"code": Annotated[str, msgspec.Meta(pattern=pattern)]}})
    with pytest.raises(msgspec.ValidationError) as wrong:
        msgspec.convert({"code": "§"}, kind)
    assert in_words(str(wrong.value)) == "it is not written as it has to be - at `$.code`"


@given(st.text().filter(lambda text: "matching regex" not in text))
def test_any_other_message_stays_as_it_is(message: str) -> None:
    assert in_words(message) == message
