"""Tells the service that its rules' files have changed: `python -m bounce_verdict.snapshot.watch PID FOLDER...`, ends with process PID.

A process of its own, since looking at a file system that does not answer takes for ever. It looks once a second rather than waiting
to be told: a network file system sends no events, and a ConfigMap or a release swaps a symbolic link far from the folder.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

EVERY_SECONDS = 1.0
SETTLED_SECONDS = 0.3  # so long a change must have stood, so that one of many files is told once


def main() -> None:
    """Send SIGHUP to the supervisor after each change, as long as it is the parent: it may be gone before this has started."""
    supervisor, folders = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    seen = _look(folders)
    while os.getppid() == supervisor:
        time.sleep(EVERY_SECONDS)
        now = _look(folders)
        if now == seen:
            continue
        before = None
        while now != before:
            time.sleep(SETTLED_SECONDS)
            before, now = now, _look(folders)
        seen = now
        if os.getppid() == supervisor:
            os.kill(supervisor, signal.SIGHUP)


def _look(folders: Sequence[Path]) -> set[tuple[str, int, int, int]]:
    """What tells one state of the files from another: links are followed, hidden files are an editor's."""
    found = set()
    for path in chain.from_iterable(folder.glob("**/[!.]*.toml") for folder in folders):
        with contextlib.suppress(OSError):
            look = path.stat()
            found.add((str(path), look.st_ino, look.st_mtime_ns, look.st_size))
    return found


if __name__ == "__main__":
    main()
