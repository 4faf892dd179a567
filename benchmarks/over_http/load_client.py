"""What the benchmarks over HTTP share: the service as it is run, and a client that costs less than what it measures."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

BOUNCE = """From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: bounces+42@news.example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

This is the mail system at host mx.example.net.

<{user}@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 <{user}@example.org>: Recipient address rejected:
    User unknown in local recipient table (in reply to RCPT TO command)

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Sat, 21 Nov 2026 09:58:15 +0000

Final-Recipient: rfc822; {user}@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <{user}@example.org>: Recipient address rejected: User unknown

--b
Content-Type: message/rfc822

From: news@news.example.com
Subject: November
Message-ID: <42@news.example.com>

{padding}
--b--
"""


def post(path: str, media: str, body: bytes) -> bytes:
    """A request's bytes."""
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def reply(text: str) -> bytes:
    """A request for one reply."""
    return post("/v1/classify/reply", "application/json", json.dumps({"reply": text, "command": "RCPT"}).encode())


def message(size: int = 0) -> bytes:
    """A request for one message, of about `size` bytes where that is more than a bounce has."""
    padding = "Once upon a time there was a newsletter that nobody had asked for.\n" * (size // 67)
    return post("/v1/classify/message", "message/rfc822", BOUNCE.format(user="ana", padding=padding).encode())


class Service:
    """The service of this checkout on a free port, in processes of its own."""

    def __init__(self, **settings: str) -> None:
        names = {f"BOUNCES_{name.upper()}": text for name, text in settings.items()}
        environment = {**os.environ, "BOUNCES_LOG_LEVEL": "info", **names}
        self.log = Path(f"/tmp/bounces-load-{os.getpid()}.log")  # noqa: S108  # a benchmark's, removed in the end
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bounce_verdict", "serve", "--port", "0"], stderr=log, env=environment
            )
        self.port = self._port()

    def _port(self) -> int:
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"serving at http://127\.0\.0\.1:(\d+)", self.log.read_text(encoding="utf-8")):
                return int(found[1])
            time.sleep(0.05)
        sys.exit(f"the service did not start: {self.log.read_text(encoding='utf-8')}")

    def stop(self) -> int:
        """The exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.log.unlink()
        return code

    def processes(self) -> list[tuple[int, str]]:
        """Every process of it with its name: parent, tracker, check, watch, worker, child."""
        known = {self.process.pid: "parent"}
        for pid, parent, name in sorted(_all_processes()):
            if parent in known:
                known[pid] = name
        return list(known.items())

    def memory(self) -> dict[str, float]:
        """Megabytes by kind of process, each process's own share of what is shared counted in."""
        found: dict[str, float] = {}
        for pid, name in self.processes():
            try:
                told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
            except OSError:
                continue
            found[name] = found.get(name, 0) + int(re.search(r"Pss:\s+(\d+)", told)[1]) / 1024  # type: ignore[index]
        return found


_KINDS = {
    b"multiprocessing.resource_tracker": "tracker",
    b"bounce_verdict.snapshot.make": "check",
    b"bounce_verdict.snapshot.watch": "watch",
    b"multiprocessing.spawn": "worker",
    b"anyio.to_process": "child",
}


def _all_processes() -> Iterator[tuple[int, int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        command = b" ".join(arguments)
        for words, name in _KINDS.items():
            if words in command:
                yield int(folder.name), parent, name


IDLE_SECONDS = 4.0  # the service closes connections that have been idle for five
MAX_CONNECTIONS = 1_500  # at once; a client has a number of files, too
_DIGEST = re.compile(rb'"rules_digest":"sha256:([0-9a-f]{64})"')


@dataclass(slots=True)
class Answer:
    """What is looked at of an answer: its status, and the digests of the rules that it names, one unless something is wrong."""

    status: int
    digests: frozenset[bytes]


@dataclass(slots=True)
class LoadRequest:
    """One request: when it was sent, the seconds until its answer, from the connecting where that is needed, and the answer.

    connected: when the making of its connection began.
    """

    sent: float
    took: float
    answer: Answer | OSError
    connected: float


class Answers(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.since = 0.0
        self._data = bytearray()
        self._asked: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by its classes

    async def ask(self, request: bytes) -> Answer:
        """The answer. Raises ConnectionError where none comes."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionError("closed")
        self._asked = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._asked

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        found = self._data.find(b"content-length: ", 0, end)
        if found >= 0:
            whole = end + 4 + int(self._data[found + 16 : self._data.index(b"\r\n", found)])
            if len(self._data) < whole:
                return
        elif not self._data.endswith(b"\r\n0\r\n\r\n") and not self._data.endswith(b"\n0\r\n\r\n"):
            return
        status, closing = int(self._data[9:12]), b"connection: close" in self._data[:end]
        answer = Answer(status, frozenset(_DIGEST.findall(self._data, end)))
        self._data.clear()
        asked, self._asked = self._asked, None
        if closing and self.transport is not None:
            self.transport.close()
        if asked is not None and not asked.done():
            asked.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(exc or ConnectionError("closed without an answer"))


class Pool:
    """Connections to one port, opened when all others are busy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[Answers, float]] = []
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)
        self.opened = 0
        self.closed = False

    async def ask(self, request: bytes) -> LoadRequest | None:
        """What came of `request`; None where no connection became free for it before the pool was closed."""
        async with self._free:
            if self.closed:
                return None
            began = time.perf_counter()
            answer: Answer | OSError
            connected = began
            try:
                connection = await self._connection()
                connected = connection.since
                answer = await connection.ask(request)
            except OSError as error:
                answer = error
            else:
                self._idle.append((connection, time.perf_counter()))
            return LoadRequest(began, time.perf_counter() - began, answer, connected)

    async def _connection(self) -> Answers:
        """One that is free, or a new one."""
        while self._idle:
            connection, since = self._idle.pop()
            usable = connection.transport is not None and not connection.transport.is_closing()
            if usable and time.perf_counter() - since < IDLE_SECONDS:
                break
            if connection.transport is not None:
                connection.transport.close()
        else:
            loop, began = asyncio.get_running_loop(), time.perf_counter()
            _, connection = await loop.create_connection(Answers, "127.0.0.1", self._port)
            connection.since = began
            self.opened += 1
        return connection


def percentile(seconds: list[float], share: float) -> float:
    """Milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0
