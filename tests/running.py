"""The service as an operator runs it: `bounces serve` in processes of its own, on a free port, with few rules."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

ROOT = Path(__file__).parent.parent
RULE = """[[rule]]
id = "generic.user-unknown"
match = 'user unknown'
verdict = "permanent"
reason = "mailbox-unknown"
reference = "RFC 3463 §3.2"
hits = ["550 user unknown"]
misses = ["550 no"]
"""


def make_few_rules(folder: Path) -> Path:
    """The shipped tables with one rule and no doubt: the shipped rules take seconds to compile."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("reasons", "codes", "enhanced", "commands"):
        shutil.copy(ROOT / "rules" / f"{name}.toml", folder)
    (folder / "doubts.toml").write_text("", encoding="utf-8")
    (folder / "generic.toml").write_text(RULE, encoding="utf-8")
    return folder


def until(what: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether `what` came to hold."""
    end = time.monotonic() + seconds
    while not (held := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return held


def write_rules(folder: Path, text: str) -> None:
    """Change the rules as an editor does: whole."""
    new = folder / ".new"
    new.write_text(text, encoding="utf-8")
    new.replace(folder / "generic.toml")


def environment_of(rules: Path, settings: Mapping[str, str], variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a service: this one's without its settings."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("BOUNCES_")}
    environment |= {"BOUNCES_RULES": str(rules)} | {f"BOUNCES_{name.upper()}": text for name, text in settings.items()}
    return environment | dict(variables or {})


class Running:
    """A service; ends with the block. `log` holds the lines of stderr so far.

    variables: of its environment beside its settings. within: a command that runs it.
    """

    def __init__(
        self, rules: Path, variables: Mapping[str, str] | None = None, within: Sequence[str] = (), /, **settings: str
    ) -> None:
        environment = environment_of(rules, settings, variables)
        command = [*within, sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"]
        self.log: list[str] = []
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT)  # noqa: S603
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = ""

    def __enter__(self) -> Self:
        if not until(lambda: bool(self._found()) or self._process.poll() is not None, 60):
            self.__exit__(None, None, None)
        self.url = self._found()
        assert self.url, self.log
        self.http = httpx.Client(base_url=self.url, timeout=30)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.url:
            self.http.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stderr
        self._process.stderr.close()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", int(self.url.rsplit(":", 1)[1])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the parent."""
        self._process.send_signal(number)

    def wait(self, seconds: float = 10) -> int:
        """The exit code, once it has ended."""
        return self._process.wait(seconds)

    @property
    def pid(self) -> int:
        """The process id of the parent of the workers."""
        return self._process.pid

    def workers(self) -> list[int]:
        """The process ids of the workers that live."""
        return children(self._process.pid, "multiprocessing.spawn")

    def ready(self) -> dict[str, Any]:
        """What /readyz says."""
        return dict(httpx.get(f"{self.url}/readyz", timeout=10).json())

    def digest(self) -> str:
        """The digest of the rules that answer."""
        return str(self.ready()["rules_digest"])

    def logged(self, words: str) -> bool:
        """Whether a line of the log holds `words`."""
        return any(words in line for line in self.log)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A bare connection."""
        with socket.create_connection(self.address, timeout=20) as opened:
            yield opened

    def _found(self) -> str:
        return next((found[1] for line in self.log if (found := re.search(r"serving at (http://\S+)", line))), "")

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self.log.append(line)


def children(parent: int, words: str) -> list[int]:
    """The process ids of the children whose command line holds `words`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(status[1]) == parent and status[0] != "Z" and words in command:
            found.append(int(folder.name))
    return found


def lines(answer: bytes) -> list[dict[str, Any]]:
    """NDJSON, decoded."""
    return [json.loads(line) for line in answer.splitlines()]


def memory_mb(pid: int) -> float:
    """What a process holds in memory, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def chunk(data: bytes) -> bytes:
    """One chunk of a body (RFC 9112 §7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def received(connection: socket.socket, end: bytes) -> bytes:
    """What arrives up to `end`, or to the connection's."""
    data = b""
    while end not in data and (piece := connection.recv(65_536)):
        data += piece
    return data
