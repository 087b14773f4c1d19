"""Shapes of what the API around a whistle is sent: each said once, with its bounds and an example for the document."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from sanban.joint.surrounding import LONGEST

Text = Annotated[str, Meta(min_length=1, max_length=LONGEST, examples=["由街道牵头，十日内拿出方案。"])]
Day = Annotated[str, Meta(max_length=10, description="YYYY-MM-DD", examples=["2026-06-30"])]
Year = Annotated[str, Meta(max_length=4, description="A year.", examples=["2026"])]
Unit = Annotated[str, Meta(min_length=1, max_length=96, examples=["street-01"])]
Matter = Annotated[str, Meta(min_length=1, max_length=96, examples=["noise"])]
CaseName = Annotated[str, Meta(min_length=1, max_length=96, examples=["2026-000001"])]
ItemName = Annotated[str, Meta(min_length=1, max_length=96, examples=["2026.noise"])]
Name = Annotated[str, Meta(min_length=1, max_length=96)]
Limit = Annotated[str, Meta(max_length=40, examples=["10 working_day"])]
Code = Annotated[str, Meta(min_length=1, max_length=48, examples=["design"])]

After = Annotated[str, Meta(max_length=200, description="`next` of the page before; empty: the first.")]


class YearQuery(Struct, frozen=True):
    """Which year."""

    year: Year
