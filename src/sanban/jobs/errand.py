"""A command that a server has done by a process of its own: it takes minutes of a processor, and no page waits for it.

The process is the command as anybody would run it, so it works beside the server as every command does. It ends with
the server, however that ended: what it had not kept by then, the next one does. Its input is a pipe that the server
holds and writes nothing to, and a command that begins with `bound` ends when the other end is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from threading import Lock, Thread
from typing import Final

from sanban.kernel.errors import SanbanError

ENDING: Final = 5.0
"""Seconds that a process which was told to end has before it is killed."""


class Errand:
    """One command, run by one thread, and ended by any."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._gate = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def run(self) -> None:
        """Returns when the command is done, or was ended. Raises SanbanError when it failed."""
        with self._gate:
            if self._ended:
                return
            self._process = process = subprocess.Popen(  # noqa: S603 -- our own command
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
        with process.stdin or nullcontext():
            code = process.wait()
        if code and not self._ended:
            raise SanbanError(f"a command beside the server ended with {code}", "see its own lines above")

    def end(self) -> None:
        """Ends it where it is, and begins none any more."""
        with self._gate:
            self._ended = True
        if self._process is not None:
            end(self._process)


def bound() -> None:
    """From here on the process ends when whoever has it done as an errand is gone."""
    Thread(target=_end_with_input, name="sanban-bound", daemon=True).start()


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def end(process: subprocess.Popen[bytes]) -> None:
    """The process is gone and reaped, whatever it was at."""
    process.terminate()
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
