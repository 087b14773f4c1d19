"""How looks get into the ledger without a page waiting for it.

    look --> a line in this process's own file, before the answer leaves --> every second the file becomes one command

So a look is never lost with the process: a file that was left behind is taken up by whoever flushes next. The command's
id is the file's name, so a file that was written and not yet removed is written once. A file is locked by whoever fills
or empties it. A file with a line that cannot be read gives its other lines and is set aside: it holds up nothing, and
`sanban status` tells of it until somebody has looked into it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor
from sanban.kernel.view import Look
from sanban.ledger.port import Ledger, Part, Submission
from sanban.looks.aggregate import RECORD, stream_of
from sanban.looks.event import ABOUT, MOST, LookLine

SYSTEM = Actor("looks", "system")
ENDING = ".looks"
"""How the files are called: `<batch>.looks`."""
ASIDE = ".torn"
"""And one that was set aside: `<batch>.torn`."""

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(LookLine)


class Records(Protocol):
    """What keeps looks."""

    def look(self, look: Look) -> None:
        """Keeps a look; on return it outlives this process."""
        ...

    def flush(self) -> int:
        """Brings what was kept into the ledger; how many looks."""
        ...


class Recorder:
    """Looks of this process. `ledger` is asked for at each flush; `folder` is made when first needed."""

    def __init__(self, folder: Path, ledger: Callable[[], Ledger]) -> None:
        self._folder = folder
        self._ledger = ledger
        self._lock = threading.Lock()
        self._file = -1
        self._lines = 0

    def look(self, look: Look) -> None:
        """Keeps a look; on return it outlives this process."""
        known = look if ABOUT.fullmatch(look.about) else msgspec.structs.replace(look, about="")
        line = _ENCODER.encode(LookLine(*msgspec.structs.astuple(known))) + b"\n"
        with self._lock:
            if self._file < 0:
                self._file = self._begin()
            written = os.write(self._file, line)
            self._lines += 1
            if self._lines == MOST or written < len(line):
                self._end()
        if written < len(line):
            raise OSError(errno.ENOSPC, "a look was kept by half")

    def flush(self) -> int:
        """Brings every file that nobody fills into the ledger. Raises SanbanError when the ledger refuses one."""
        with self._lock:
            self._end()
        return sum(map(self._take, sorted(self._folder.glob(f"*{ENDING}"))))

    def set_aside(self) -> int:
        """How many files have lines that cannot be read."""
        return sum(1 for _ in self._folder.glob(f"*{ASIDE}"))

    def close(self) -> None:
        """Leaves nothing of this process behind."""
        if self._file >= 0:
            self.flush()

    def _begin(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._folder / f"{uuid4()}{ENDING}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def _end(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file, self._lines = -1, 0

    def _take(self, path: Path) -> int:
        with _locked(path) as content:
            if content is None:
                return 0
            lines = content.split(b"\n")[:-1]
            looks = list(_readable(lines))
            if looks:
                self._submit(path.stem, looks)
            if len(looks) < len(lines):
                path.rename(path.with_suffix(ASIDE))
            else:
                path.unlink()
            return len(looks)

    def _submit(self, batch: str, looks: list[LookLine]) -> None:
        args = {"looks": msgspec.to_builtins(looks)}
        answer = self._ledger().submit(Submission(batch, SYSTEM, (Part(stream_of(batch), RECORD, args),)))
        if answer.refused is not None:
            raise SanbanError(f"looks were refused: {answer.refused.reason}", f"look into {batch}{ENDING}")


def _readable(lines: Iterable[bytes]) -> Iterator[LookLine]:
    for line in lines:
        with suppress(msgspec.DecodeError):
            yield _DECODER.decode(line)


@contextmanager
def _locked(path: Path) -> Iterator[bytes | None]:
    """The lines of a file that nobody else holds; None for one that somebody does, or that is gone.

    What stands behind the last line end was cut off by the process's end: its answer never left.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = path.exists()
    except BlockingIOError:
        held = False
    try:
        yield path.read_bytes() if held else None
    finally:
        os.close(file)
