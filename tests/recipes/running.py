"""What the tests of the recipes share: the examples, run as their pages say, and a web server that keeps what it is posted."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bounce_verdict.settings import Settings
from tests.reports import report

Serve = Callable[[Settings], AbstractContextManager[str]]
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BOUNCED = (
    "Nov 29 09:15:01 mail postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=5.1.1, "
    "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 user unknown (in reply to RCPT TO command))\n"
)
FULL = BOUNCED.replace("550 5.1.1 user unknown", "552 5.2.2 mailbox full").replace("ana@", "bo@")
REMOVED = "Nov 29 09:15:01 mail postfix/qmgr[7]: 4X1: removed\n"
BOUNCE = report({"ana@example.org": "550 5.1.1 <ana@example.org>: user unknown"})


def program(name: str, where: str) -> str:
    """The path of a program, else the test is skipped. where: who has it."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed here; {where}")
    return found


def run(*command: str | Path, given: str = "", variables: Mapping[str, str] | None = None) -> str:
    """What a command prints, given that on its standard input. A failure says what it printed of itself."""
    done = subprocess.run(
        list(map(str, command)), input=given, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **(variables or {})}
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(name: str, *arguments: str | Path, given: str = "") -> str:
    """What an example in Python prints."""
    return run(sys.executable, EXAMPLES / name, *arguments, given=given)


def load(name: str) -> ModuleType:
    """An example as a module, not run."""
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), EXAMPLES / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def posted() -> Iterator[tuple[str, list[tuple[Mapping[str, str], Any]]]]:
    """A web server: its URL, and the headers and JSON of each request, as they come."""
    kept: list[tuple[Mapping[str, str], Any]] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.append(({name.lower(): text for name, text in self.headers.items()}, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", kept
        finally:
            server.shutdown()
            thread.join()
