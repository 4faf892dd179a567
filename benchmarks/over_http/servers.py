"""Servers to measure, each a process on a free loopback port that ends with its `with` block."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inputs.compiled_rules import FOLDER
from bounce_verdict.keys import new_key

START_SECONDS = 120  # a cold start on a busy machine
STOP_SECONDS = 30
_LOOK = 0.002  # seconds between two looks whether it answers
_QUESTION = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
_STATE = FOLDER / "state"
SECRET, _KEY_LINE = new_key("bench", ["classify", "admin"])


@dataclass(slots=True)
class Served:
    """A server that answers. ready: seconds from its start until it first answered."""

    port: int
    process: int
    ready: float

    def workers(self) -> list[int]:
        """The process ids of what answers: the service's workers, or the server itself where it has none."""
        workers = [child for child in children(self.process) if b"multiprocessing.spawn" in _arguments(child)]
        return workers or [self.process]

    def workers_and_children(self) -> list[int]:
        """The same, and the child that each worker starts at first. Raises RuntimeError where one does not come."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            found = {worker: children(worker) for worker in self.workers()}
            if all(found.values()):
                return [*found, *(child for those in found.values() for child in those)]
            time.sleep(_LOOK)
        raise RuntimeError("a worker has no child")


@contextmanager
def service(*, state: Path | None = None, **settings: object) -> Iterator[Served]:
    """The whole service as `bounces serve` runs it, with a key. settings: by their names, BOUNCES_… in capitals.

    max_lag is wide, so that a busy machine makes it slow but refuses nothing. state: where compiled rules are kept, by default
    in a folder that all runs share.
    """
    wanted = {"keys": _KEY_LINE, "max_lag": 5, "watch_rules": 0, "state_dir": state or _STATE, **settings}
    environment = {f"BOUNCES_{name.upper()}": str(choice) for name, choice in wanted.items()}
    port = free_port()
    with _running(["-m", "bounce_verdict", "serve", "--port", str(port)], environment, port) as served:
        yield served


@contextmanager
def no_op(kind: str) -> Iterator[Served]:
    """A server that does nothing but answer, one of those in noop_server.py. It does not look at the key that it is sent."""
    port = free_port()
    with _running(["-m", "benchmarks.over_http.noop_server", kind, str(port)], {}, port) as served:
        yield served


def request(path: str, media: str, body: bytes) -> bytes:
    """A whole request, with the key."""
    return (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {SECRET}\r\n"
        f"content-type: {media}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_answered(port: int, process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Return as soon as any HTTP answer comes from there. Raises RuntimeError where none does, or `process` ends before."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and (process is None or process.poll() is None):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as connection:
                connection.sendall(_QUESTION)
                if connection.recv(12).startswith(b"HTTP/1.1 "):
                    return
        except OSError:
            time.sleep(_LOOK)
    raise RuntimeError("the server did not start")


def children(process: int) -> list[int]:
    """The process ids of its children. Linux only."""
    return [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()]


def _arguments(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


@contextmanager
def _running(arguments: list[str], environment: dict[str, str], port: int) -> Iterator[Served]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("BOUNCES_")}
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], env={**clean, **environment}, stderr=log, stdout=log)
        try:
            wait_until_answered(port, process)
            yield Served(port, process.pid, time.perf_counter() - began)
        except RuntimeError:
            log.seek(0)
            print(log.read()[-2_000:].decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
