"""The viewer's mark across every page of a PDF, typeset anew: each page as it was, with the mark over it in rows.

    python -m sanban.web.marking.pages FOLDER MARK > marked.pdf

Somebody else's document is read by a process of its own, with a bound on its time: whatever it does there, the copy is
then marked among its properties alone. So it is where Typst is not installed, and for a document of too many pages.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

MOST = 300
"""So many pages are marked at most."""
SECONDS = 20
TEMPLATE = "marked.typ"
_BEYOND = re.compile(r"page (\d+) does not exist")
_TEMPLATE = """
#set page(width: auto, height: auto, margin: 0pt)
#set text(size: 9pt, fill: rgb(27, 36, 48, 70))
#let row = box(width: 300%, (sys.inputs.mark + h(4em)) * 12)
#let rows = place(top + left, dx: -60%, dy: -10%, rotate(-24deg, stack(spacing: 5em, ..(row,) * 40)))
#for number in range(1, int(sys.inputs.pages) + 1) {
  page(foreground: block(width: 100%, height: 100%, clip: true, rows), image("given.pdf", page: number))
}
"""


def across_pages(content: bytes, mark: str) -> bytes | None:
    """A copy with the mark across each of its pages; None for one that cannot be made."""
    if find_spec("typst") is None:
        return None
    with TemporaryDirectory() as folder:
        (Path(folder) / "given.pdf").write_bytes(content)
        (Path(folder) / TEMPLATE).write_text(_TEMPLATE, encoding="utf-8")
        command = [sys.executable, "-m", __name__, folder, mark]
        try:
            made = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 -- our own
        except subprocess.TimeoutExpired:
            return None
    return made.stdout if made.returncode == 0 and made.stdout else None


def _typeset(folder: str, mark: str) -> bytes:
    """Asks for more pages than there may be; what is missing first says how many there are. b"" for too many."""
    typst = import_module("typst")

    def pages(count: int) -> bytes:
        inputs = {"pages": str(count), "mark": mark}
        made: bytes = typst.compile(Path(folder) / TEMPLATE, root=folder, sys_inputs=inputs)
        return made

    try:
        pages(MOST + 1)
    except typst.TypstError as error:
        beyond = _BEYOND.search(str(error))
        if beyond is not None:
            return pages(int(beyond[1]) - 1)
    return b""


if __name__ == "__main__":
    sys.stdout.buffer.write(_typeset(*sys.argv[1:]))
