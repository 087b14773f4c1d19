"""The house goes on where it cannot follow one event, and says so, with what would help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cli.test_plain_mistakes import sanban
from sanban.handling.reactions import SYSTEM, Arrival, keep_precedent, opening
from sanban.kernel.case.event import CaseRuled
from sanban.kernel.case.state import Case, Task
from sanban.kernel.view import Look
from sanban.ledger.port import Part, Stored, Submission
from sanban.ledger.reading.failed import MOST_ATTEMPTS, failing
from sanban.ledger.reading.reactions import cursor
from sanban.main.house import House, open_house
from sanban.main.reactions import NAME
from sanban.main.setup import init
from sanban.main.status import status

NOW = 1_780_279_200_000_000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a case of noise that nothing has followed yet, and in which the matter no longer runs."""
    folder = tmp_path / "home"
    init(folder, code="demo", title="示范区", mode="trial")
    with open_house(folder, lambda: NOW) as house:
        args = {"requester": "person:1", "desk": "hotline", "channel": "phone", "text": "v:" + "1" * 32}
        house.ledger.submit(Submission("r", SYSTEM, (Part("request:r", "receive", args),)))
        arrival = Arrival("r", "person:1", "phone", "hotline", NOW, "noise", "310109-0001", "street-01")
        opened = msgspec.structs.replace(opening(arrival), command_id="open")
        assert house.ledger.submit(opened).refused is None
    toml = folder / "sanban.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(
        text.replace('shipped_matters = ["all"]', 'shipped_matters = ["grid-sweep", "waste"]'), encoding="utf-8"
    )
    return folder


@pytest.fixture
def house(home: Path) -> Iterator[House]:
    with open_house(home, lambda: NOW) as opened:
        yield opened


def test_a_mechanism_that_is_gone_stops_no_reaction(house: House) -> None:
    with pytest.raises(Exception, match="whose file is not here"):
        house.cases.pinned(_case(house))
    house.run()
    head = house.head()
    assert head is not None
    assert cursor(house.reader, NAME) == head.position
    assert (status(house).reactions_waiting, status(house).reactions_set_aside) == (0, 0)


def test_a_ruling_whose_mechanism_is_gone_becomes_no_precedent(house: House) -> None:
    task = Task(id="t", spec="lead", unit="street-01", dispatched_at=NOW)
    ruled = CaseRuled(at=NOW, actor="d", step="rule", task=task, precedent="a")
    kind, v, payload = house.cases.encode(ruled)
    case = _case(house)
    stored = Stored(9, f"case:{case.id}", 2, kind, v, "c", "d", NOW, NOW, 1, payload, b"")
    assert keep_precedent(house.cases, house.reader)(stored) == ()


def test_what_was_set_aside_is_shown_with_its_cure_and_tried_again_when_asked(home: Path, tmp_path: Path) -> None:
    with open_house(home, lambda: NOW) as house:
        for noted in range(MOST_ATTEMPTS):
            assert house.ledger.submit(failing(NAME, 1, "KeyError", noted, SYSTEM)).refused is None
    _, said = sanban(tmp_path, f"status --home {home}")
    assert "1 reactions failed too often" in said
    assert "sanban run --again" in said
    code, said = sanban(tmp_path, f"run --again --home {home}")
    assert (code, "answered after all" in said) == (0, True)
    assert "sanban run --again" not in sanban(tmp_path, f"status --home {home}")[1]


def _case(house: House) -> Case:
    ((stream,),) = house.reader.query("SELECT stream FROM case_view WHERE district = :district")
    found = house.reader.state(stream)
    assert isinstance(found, Case)
    return found


def test_looks_that_cannot_be_read_are_shown_with_what_to_do_and_hold_up_no_others(home: Path, tmp_path: Path) -> None:
    (home / "looks").mkdir(exist_ok=True)
    (home / "looks" / "0.looks").write_bytes(b"[178036200000\n")
    with open_house(home, lambda: NOW) as house:
        house.looks.look(Look(NOW, "h1", "handler", "street-01", "handling.queue", "", "page"))
        assert house.looks.flush() == 1
    assert "1 files have lines that cannot be read; see looks/*.torn" in sanban(tmp_path, f"status --home {home}")[1]
