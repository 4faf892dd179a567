"""Tells the service that its rules' files have changed: `python -m bounce_verdict.snapshot.watch PID FOLDER...`, ends with process PID.

A process of its own, since looking at a file system that does not answer takes for ever. It looks once a second rather than waiting
to be told: a network file system sends no events, and a ConfigMap or a release swaps a symbolic link far from the folder.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

EVERY_SECONDS = 1.0
SETTLED_SECONDS = 0.3  # so long a change must have stood, so that one of many files is told once

Look = frozenset[tuple[str, int, int, int]]


def main() -> None:
    """Send SIGHUP to the supervisor after each change, as long as it is the parent: it may be gone before this has started."""
    supervisor, folders = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    seen = _look(folders)
    while os.getppid() == supervisor:
        time.sleep(EVERY_SECONDS)
        now = _look(folders)
        if now == seen:
            continue
        while (again := _after(SETTLED_SECONDS, folders)) != now:
            now = again
        seen = now
        if os.getppid() == supervisor:
            os.kill(supervisor, signal.SIGHUP)


def _after(seconds: float, folders: Sequence[Path]) -> Look:
    time.sleep(seconds)
    return _look(folders)


def _look(folders: Sequence[Path]) -> Look:
    """What tells one state of the files from another: links are followed, hidden files are an editor's."""
    return frozenset(entry for folder in folders for entry in _entries(folder))


def _entries(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    for path in folder.glob("**/[!.]*.toml"):
        with contextlib.suppress(OSError):
            found = path.stat()
            yield str(path), found.st_ino, found.st_mtime_ns, found.st_size


if __name__ == "__main__":
    main()
