"""A proposal from its evidence to its effect: a person decides, after the replay, and only then a file changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from sanban.kernel.permission import Actor
from sanban.ledger.home import open_home
from sanban.ledger.port import Part, Submission
from sanban.main.house import House
from sanban.main.revision.enacting import command_id
from sanban.main.revision.keeping import keep, measure_all, revisions
from sanban.main.serving import application
from sanban.packs.loading import load_running
from sanban.revision.aggregate import Revision, stream_of
from sanban.revision.change import Change
from sanban.revision.proposing.finding import Finding, Looked
from sanban.revision.share import Share
from sanban.web.access.officers import Officer, Officers, Token
from uuid import UUID

LONGER = Change("limit", "noise", "resolve", count=10, counting="working_day")
ROW = Change("row", "*", "d-street-02", "street", "street-02", "street-04")
WAVE = Change("wave", "noise", "flood", count=4)
DAY = 86_400_000_000
FROM = {"day": "2026-09-01", "authority": "区城运中心", "document": "城运〔2026〕9号"}
