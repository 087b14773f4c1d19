"""A new matter's folder: valid as it stands, with comments that say what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sanban.kernel.clock.calendar import Day, iso_of_day
from sanban.kernel.errors import SanbanError
from sanban.packs.reading.head import MATTER

_MECHANISM: Final = """\
# {name}: what this matter is about, in one sentence. The whole format: docs/matter-format.md
format: 1
matter: {name}
version: {day}        # in force from the start of this day; cases filed before keep their version
title: {{zh: 新事项, en: New matter}}
origin: illustrative       # `sanban matter adopt` makes it local, with authority, document and date
extends: seven-steps       # states, steps, limits and grounds are inherited; declare here only what is yours
form:
  indoors: {{kind: yes_no}}  # kinds: integer, yes_no, choice, text, place, party
tasks:
  lead: {{duty: street}}     # who answers: a duty word of the dispatch directory
  inspection: {{duty: housing, when: "known(indoors) and indoors"}}
limits:
  # a limit has its own unit: minutes, hours, days, working_days, office_minutes, office_hours
  resolve: {{within: 5 working_days}}
  inspection: {{within: 3 working_days, from: dispatched, until: finished, counts_for: unit, task: inspection}}
# steps:
#   whistle: {{verb: move, from: handling, to: joint, by: [street, coordinator]}}
# remove: [steps.shelve]     # inherited parts that this matter does not have
triage:
  words: {{新事项: 30}}      # words in a message that speak for this matter, with weights
"""
_TEXTS: Final = {
    "zh": "fields: {indoors: 在室内}\ntasks: {inspection: 上门检查}\nlimits: {inspection: 检查时限}\n",
    "en": "fields: {indoors: Indoors}\ntasks: {inspection: Inspection}\nlimits: {inspection: Time to inspect}\n",
}
_EXAMPLE: Final = """\
# A worked example: it is a test of this matter. Times are local.
title: {{zh: 派单并签收, en: Dispatched and signed for}}
given:
  fields: {{indoors: yes}}
  duty: {{street: street-01, housing: housing-01}}
when:
  - {{at: {day} 09:00, step: open, by: desk}}
  - {{at: {day} 09:30, step: dispatch, by: dispatcher}}
  - {{at: {day} 10:00, step: accept, by: lead_unit}}
then:
  state: handling
  lead: street-01
"""


def template(name: str, day: Day) -> dict[str, str]:
    """The files of a new matter in force from a day, by their path in its folder. Raises SanbanError for a bad name."""
    if not MATTER.fullmatch(name):
        raise SanbanError(f"{name!r} is not a matter's name: small letters, digits and hyphens", "street-light")
    filled = {"name": name, "day": iso_of_day(day)}
    return {
        "mechanism.yaml": _MECHANISM.format(**filled),
        **{f"texts/{language}.yaml": text for language, text in _TEXTS.items()},
        "cases/first.yaml": _EXAMPLE.format(**filled),
    }


def write_template(folder: Path, name: str, day: Day) -> tuple[Path, ...]:
    """Write a new matter below `folder`. Raises SanbanError for a bad name or a folder that is there already."""
    files = template(name, day)
    target = folder / name
    if target.exists():
        raise SanbanError(f"{target} is there already", f"{name}-2")
    written: list[Path] = []
    for path, content in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(content, encoding="utf-8")
        written.append(target / path)
    return tuple(written)
