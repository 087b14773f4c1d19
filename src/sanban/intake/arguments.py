"""What the arguments of a request's steps are made of: a struct for each step is the whole check of their shape."""

from __future__ import annotations

from typing import Annotated

import msgspec

SomeRef = Annotated[str, msgspec.Meta(pattern=r"^v:[0-9a-f\-]{32,36}$(?!\n)")]
SomeCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.@:\-]{1,96}$(?!\n)")]


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of one step."""
