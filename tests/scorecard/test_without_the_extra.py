"""An installation without the engine that counts starts and serves, and says in one line what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ASKED = """
import sys
sys.modules.update(dict.fromkeys(["duckdb", "ibis", "pyarrow", "vl_convert", "docx", "typst"]))
from pathlib import Path
from sanban.kernel.permission import Actor
from sanban.main.binding import page_routes
from sanban.main.house import open_house
from sanban.main.scorecard.wiring import scorecard_needs_of
from sanban.main.setup import init
home = Path(sys.argv[1])
init(home, code="demo", title="示范区", mode="trial")
with open_house(home) as house:
    assert any(route.path == "/overview" for route in page_routes(house))
    print(scorecard_needs_of(house).opens(Actor("leader-1", "leader", "centre")).example)
"""


def test_pages_are_bound_and_say_what_to_install(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASKED, str(tmp_path / "home")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("pip install 'sanban[figures]'")
