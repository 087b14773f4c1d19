"""The only texts a case may hold: codes, ids and references into the vault; never anybody's words.

Each comes twice. `Code`, `Id` and `TextRef` mark what events and states carry; they are read back without checking,
because what is read was checked when it was given, and stands under a hash. `GivenCode`, `GivenId` and `GivenRef` are
what arguments are read into: there the shape is enforced, which is what keeps free text out of the ledger.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Code = Annotated[str, Meta(extra={"word": "code"})]
Id = Annotated[str, Meta(extra={"word": "id"})]
TextRef = Annotated[str, Meta(extra={"word": "ref"})]
Fields = dict[Code, int | bool | Code]

GivenCode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.@:\-]{0,96}$(?!\n)", examples=["street-01"])]
GivenId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:\-]{1,96}$(?!\n)", examples=["t2"])]
GivenRef = Annotated[
    str, Meta(pattern=r"^(v:[0-9a-f\-]{32,36})?$(?!\n)", examples=["v:0197c3e2-7b1d-7000-8000-000000000001"])
]
GivenFieldCode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:\-]{0,64}$(?!\n)", examples=["hot_water"])]
GivenFields = dict[GivenCode, int | bool | GivenFieldCode]

CITY_DUE, URGED = "city_due", "urged"
"""The limits that others may impose: the city's due time, and by when an urging of its own is answered."""
