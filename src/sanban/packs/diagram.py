"""The diagram of a mechanism, drawn by Graphviz from the same table the engine interprets.

Steps that keep the state are not drawn; steps between the same two states share an arrow. Tasks of co-units hang beside
the state that the first dispatch leads to, with the condition under which they join. The state a case stands in is
marked by a thick frame and a dot, not by colour alone, and is the element `now` of the drawing. `near` draws no more
than that state, and those from which a step leads to it and to which one leads. A drawing is kept by what it shows,
compressed to a tenth, so a page costs no process once it has been drawn.
"""

from __future__ import annotations

import shutil
import subprocess
import zlib
from functools import lru_cache
from typing import Final, Literal

import msgspec

from sanban.kernel.case.state import LEAD
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Mechanism, State, Title
from sanban.packs.wording import in_words

Language = Literal["zh", "en"]

FONT: Final = "Noto Sans CJK SC,Microsoft YaHei,PingFang SC,sans-serif"
SECONDS: Final = 20
NOW: Final = "now"
"""The marked state's element, to which an address can lead."""
_FILL: Final = {"proactive": "#e6f4ea", "responsive": "#eef3fb", "joint": "#fdf1e3"}


def dot_of(mechanism: Mechanism, language: Language = "zh", *, current: str = "", near: bool = False) -> str:
    """The mechanism as Graphviz text; `current` is the state to mark, `near` draws its neighbours alone."""
    if near and current in mechanism.states:
        mechanism = _near(mechanism, current)
    lines = [
        "digraph mechanism {",
        f"  graph [rankdir=TB, fontname={_quoted(FONT)}, tooltip={_quoted(_say(mechanism.title, language))}];",
        f"  node [shape=box, style={_quoted('rounded,filled')}, fontname={_quoted(FONT)}, fontsize=12];",
        f"  edge [fontname={_quoted(FONT)}, fontsize=10, color={_quoted('#5b6673')}];",
        *_start(mechanism),
        *(_node(state, language, current=state.name == current) for state in mechanism.states.values()),
        *_edges(mechanism, language),
        *_helpers(mechanism, language),
        "}",
    ]
    return "\n".join(lines) + "\n"


def svg_of(mechanism: Mechanism, language: Language = "zh", *, current: str = "", near: bool = False) -> str:
    """The mechanism as one `<svg>` element. Raises SanbanError where Graphviz is missing or fails."""
    return draw(dot_of(mechanism, language, current=current, near=near))


def draw(dot: str) -> str:
    """Graphviz text as one `<svg>` element; the same text is drawn once. Raises SanbanError as `svg_of`."""
    return zlib.decompress(_drawn(zlib.compress(dot.encode()))).decode()


@lru_cache(maxsize=512)
def _drawn(packed: bytes) -> bytes:
    """Compressed Graphviz text as a compressed `<svg>` element."""
    program = shutil.which("dot")
    if program is None:
        raise SanbanError("Graphviz is not installed: there is no program `dot`", "apt-get install graphviz")
    try:
        run = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments; the text goes in by standard input
            [program, "-Tsvg"], input=zlib.decompress(packed), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise SanbanError(f"Graphviz did not finish within {SECONDS} seconds", "a mechanism of 20 states") from late
    svg = run.stdout.decode(errors="replace")
    if run.returncode != 0 or "<svg" not in svg:
        raise SanbanError(f"Graphviz failed: {run.stderr.decode(errors='replace').strip()}", "dot -Tsvg < file.dot")
    return zlib.compress(svg[svg.index("<svg") :].encode())


def _near(mechanism: Mechanism, current: str) -> Mechanism:
    """The mechanism cut down to a state, its neighbours, and the steps between it and them."""
    steps = {
        name: msgspec.structs.replace(step, source=step.source if step.to == current else step.source & {current})
        for name, step in mechanism.steps.items()
        if step.to and (step.to == current or current in step.source)
    }
    kept = {current}.union(*({step.to, *step.source} for step in steps.values()))
    states = {name: state for name, state in mechanism.states.items() if name in kept}
    return msgspec.structs.replace(mechanism, states=states, steps=steps, tasks={})


def _start(mechanism: Mechanism) -> list[str]:
    if mechanism.start not in mechanism.states:
        return []
    return ['  "(start)" [shape=point, width=0.12];', f'  "(start)" -> {_quoted(mechanism.start)};']


def _node(state: State, language: Language, *, current: bool) -> str:
    label = _say(state.title, language)
    shown = {
        "label": f"● {label}" if current else label,
        "fillcolor": _FILL[state.phase],
        "color": "#1a4f9c" if current else "#5b6673",
        "penwidth": "3" if current else "1",
        "peripheries": "2" if state.end else "1",
        "tooltip": state.name,
        **({"id": NOW} if current else {}),
    }
    return f"  {_quoted(state.name)} [{', '.join(f'{key}={_quoted(value)}' for key, value in shown.items())}];"


def _edges(mechanism: Mechanism, language: Language) -> list[str]:
    labels: dict[tuple[str, str], list[str]] = {}
    for step in mechanism.steps.values():
        for source in sorted(step.source & mechanism.states.keys()):
            if step.to in mechanism.states and step.to != source:
                # with room beside it: Graphviz measures a narrower letter than a browser draws
                labels.setdefault((source, step.to), []).append(f"  {_say(step.title, language)}  ")
    return [
        f"  {_quoted(source)} -> {_quoted(target)} [label={_quoted(chr(10).join(texts))}];"
        for (source, target), texts in labels.items()
    ]


def _helpers(mechanism: Mechanism, language: Language) -> list[str]:
    """One note with all tasks of co-units, and when each is needed."""
    lines = []
    for task in mechanism.tasks.values():
        if task.name != LEAD:
            when = "" if task.when is None else _say(in_words(task.when, mechanism), language)
            lines.append(f"+ {_say(task.title, language)}" + (f": {when}" if when else ""))
    beside = next((step.to for step in mechanism.steps.values() if step.verb == "dispatch" and step.to), "")
    if not lines or beside not in mechanism.states:
        return []
    look = f"shape=note, style=filled, fillcolor={_quoted('#ffffff')}, fontsize=10"
    return [
        f'  "(helpers)" [label={_quoted(chr(10).join(lines))}, {look}];',
        f'  {_quoted(beside)} -> "(helpers)" [style=dashed, arrowhead=none, constraint=false];',
    ]


def _say(title: Title, language: Language) -> str:
    return title.zh if language == "zh" else title.en


def _quoted(text: str) -> str:
    """A Graphviz string: quotes and backslashes escaped, line breaks kept, other control characters dropped."""
    clean = "".join(letter for letter in text if letter == "\n" or letter.isprintable())
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
