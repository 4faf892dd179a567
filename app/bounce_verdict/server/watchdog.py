"""Ends a worker whose event loop hangs: uvicorn's health check (0.54) is answered by a thread, so that such a worker passes it.

faulthandler's thread is C and needs no interpreter lock: it fires in the midst of a regular expression too.
"""

import faulthandler
import os
from pathlib import Path

MAX_HUNG_SECONDS = 10


class Watchdog:
    """To be told each second that the event loop turns. It writes where the loop hangs to a file that the parent reads."""

    def __init__(self, run: Path) -> None:
        self._file = _file(run, os.getpid())
        try:
            self._descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError:  # no room: it hangs without a place
            self._descriptor = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)

    def feed(self) -> None:
        """Start to count anew."""
        faulthandler.dump_traceback_later(MAX_HUNG_SECONDS, exit=True, file=self._descriptor)

    def end(self) -> None:
        """Stop counting."""
        faulthandler.cancel_dump_traceback_later()
        self._file.unlink(missing_ok=True)


def hung_place(run: Path, pid: int) -> str | None:
    """Where the event loop of a worker hung that has ended, innermost first; None where it did not. Forgets it."""
    try:
        text = _file(run, pid).read_text(encoding="utf-8", errors="replace")
        _file(run, pid).unlink()
    except OSError:
        return None
    frames = [line.strip() for line in text.rpartition("(most recent call first):")[2].splitlines() if line.strip()]
    return " < ".join(frames[:6]) or None


def _file(run: Path, pid: int) -> Path:
    return run / f"hung-{pid}.txt"
