"""How a district assesses its units: its own file takes the place of the shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.kernel.errors import FaultsFound
from sanban.packs.desk.assessment import FILE_NAME, WITHHELD_BELOW, load_assessment

OWN = """format: 1
origin: local
source: {document: 本区考核办法}
appeal: 3 working_days
excluded_at_most: 5
grounds:
  force_majeure: {zh: 不可抗力, en: Force majeure}
"""


def test_a_file_written_before_sums_were_withheld_still_loads(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(OWN, "utf-8")
    terms = load_assessment(tmp_path)
    assert (terms.origin, terms.excluded_at_most, terms.withheld_below) == ("local", 5, WITHHELD_BELOW)
    assert load_assessment(tmp_path / "none").withheld_below == WITHHELD_BELOW, "the shipped file says the same"


def test_a_file_says_from_which_number_on_sums_are_shown(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(f"{OWN}withheld_below: 20\n", "utf-8")
    assert load_assessment(tmp_path).withheld_below == 20
    (tmp_path / FILE_NAME).write_text(f"{OWN}withheld_below: 1\n", "utf-8")
    with pytest.raises(FaultsFound):
        load_assessment(tmp_path)
