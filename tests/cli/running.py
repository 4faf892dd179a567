"""The command as people run it: a process of its own, with pipes or in a real terminal, with few rules."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

BOUNCES = str(Path(sys.executable).parent / "bounces")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r(?!\n)")
SECONDS = 60


class Done(NamedTuple):
    """What a run left. out and error are the same in a terminal."""

    code: int
    out: str
    error: str


def environment(rules: Path, **more: str) -> dict[str, str]:
    """The test's own, without settings of ours, with these rules."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("BOUNCES_")}
    return ours | {"BOUNCES_RULES": str(rules), "TERM": "xterm-256color"} | more


def run(rules: Path, *arguments: str, stdin: bytes = b"") -> Done:
    """Run it between pipes."""
    done = subprocess.run(  # noqa: S603
        [BOUNCES, *arguments], input=stdin, capture_output=True, env=environment(rules), timeout=SECONDS, check=False
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_in_terminal(rules: Path, *arguments: str, columns: int = 80, out: Path | None = None, stop_at: str | None = None) -> Done:
    """Run it in a terminal of so many columns. out: where stdout goes instead. stop_at: Ctrl-C is pressed when this pattern is shown."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    stdout = out.open("ab") if out is not None else follower
    process = subprocess.Popen(  # noqa: S603
        [BOUNCES, *arguments], stdin=follower, stdout=stdout, stderr=follower, env=_terminal(rules), start_new_session=True
    )
    os.close(follower)
    shown = _read(leader, process, stop_at)
    code = process.wait(SECONDS)
    os.close(leader)
    if out is not None and not isinstance(stdout, int):
        stdout.close()
    return Done(code, shown, shown)


def plain(shown: str) -> str:
    """What a terminal shows, without colours and movements."""
    return _CONTROL.sub("", shown).replace("\r\n", "\n")


def _terminal(rules: Path) -> Mapping[str, str]:
    unset = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    return {name: text for name, text in environment(rules).items() if name not in unset}


def _read(leader: int, process: subprocess.Popen[bytes], stop_at: str | None) -> str:
    shown, end = b"", time.monotonic() + SECONDS
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                shown += os.read(leader, 65_536)
            except OSError:  # Linux: nobody holds the other side any more
                break
        elif process.poll() is not None:
            break
        if stop_at is not None and re.search(stop_at.encode(), shown):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the whole group
            stop_at = None
    return shown.decode("utf-8", "replace")
