"""A real nats-server on a free port, workers as processes of their own, and what came out at the other end."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from bounce_verdict.model import value
from bounce_verdict.stream.names import ANSWERS, DEAD, ITEMS, Subjects
from bounce_verdict.stream.streams import Plan, prepare
from tests.recipes.running import free_port
from tests.running import ROOT, environment_of, until


def nats_server() -> str:
    """The path of nats-server, else the test is skipped."""
    found = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        pytest.skip("nats-server is not installed here; Debian has it")
    return found


class Nats:
    """A nats-server with JetStream in a folder of its own; may be killed and started again on the same port.

    known: how the tests themselves connect, as options of nats-py.
    """

    def __init__(self, folder: Path, *options: str, known: Mapping[str, Any] | None = None) -> None:
        self._program, self._folder, self._options = nats_server(), folder, options
        self.known = dict(known or {})
        self.port = free_port()
        self.url = f"{'tls' if 'tls' in self.known else 'nats'}://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [self._program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self._folder), *self._options]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
        if not until(self._answers, 30):
            self.stop()
            raise AssertionError("nats-server does not answer")

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it; by default at once."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def _answers(self) -> bool:
        async def ask() -> None:
            client = await nats.connect(
                self.url, allow_reconnect=False, connect_timeout=1, reconnect_time_wait=0, error_cb=_ignore, **self.known
            )
            try:
                await client.jetstream().account_info()
            finally:
                await client.close()

        try:
            asyncio.run(ask())
        except (OSError, nats.errors.Error):
            return False
        return True


async def _ignore(_: Exception) -> None:
    pass


@value
class Message:
    """A message that a stream holds."""

    subject: str
    headers: Mapping[str, str]
    body: bytes

    def lines(self) -> list[dict[str, Any]]:
        """NDJSON, decoded."""
        return [json.loads(line) for line in self.body.splitlines()]


def at(broker: Nats, do: Callable[[JetStreamContext], Coroutine[Any, Any, Any]]) -> Any:
    """What `do` returns, given a connection for as long as it takes."""

    async def connected() -> Any:
        client: Client = await nats.connect(broker.url, error_cb=_ignore, **broker.known)
        try:
            return await do(client.jetstream())
        finally:
            await client.close()

    return asyncio.run(connected())


def create(broker: Nats, subjects: Subjects | None = None) -> None:
    """Make the streams and the consumer."""
    at(broker, lambda stream: prepare(stream, Plan(subjects or Subjects(), "bounces-workers"), create=True))


def put(broker: Nats, *messages: tuple[bytes, dict[str, str]], subject: str = ITEMS) -> None:
    """Put these on the subject, one after the other, some hundred at a time."""

    async def send(stream: JetStreamContext) -> None:
        for begin in range(0, len(messages), 200):
            some = messages[begin : begin + 200]
            await asyncio.gather(*(stream.publish(subject, body, headers=headers, timeout=30) for body, headers in some))

    at(broker, send)


def kept(broker: Nats, subject: str, consumer: str | None = None) -> list[Message]:
    """All that the stream of that subject holds, in order. consumer: the one to take them by, where the stream allows no other."""

    async def read(stream: JetStreamContext) -> list[Message]:
        name = subject.removesuffix(".>").replace(".", "-")
        state = (await stream.stream_info(name)).state
        if not state.messages:
            return []
        found: list[Message] = []
        if consumer:
            subscription = await stream.pull_subscribe_bind(consumer, name)
        else:
            subscription = await stream.pull_subscribe(subject, stream=name)
        while len(found) < state.messages:
            some = await subscription.fetch(min(500, state.messages - len(found)), timeout=10)
            found += [Message(one.subject, one.headers or {}, one.data) for one in some]
            for one in some:
                await one.ack()
        return found

    return list(at(broker, read))


def answers(broker: Nats) -> list[Message]:
    """Every message of answers."""
    return kept(broker, f"{ANSWERS}.>")


def dead_letters(broker: Nats) -> list[Message]:
    """Every dead letter."""
    return kept(broker, DEAD)


def count(broker: Nats, stream: str) -> int:
    """How many messages a stream holds."""

    async def ask(context: JetStreamContext) -> int:
        return (await context.stream_info(stream)).state.messages

    return int(at(broker, ask))


def all_answered(broker: Nats, seconds: float = 30) -> bool:
    """Whether every item was given to a worker and acknowledged, in that time.

    Asked of the consumer: a broker that was killed may bring back items that it had removed from the stream (NATS 2.9); the consumer knows
    that they were acknowledged.
    """

    async def wait(context: JetStreamContext) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                known = await context.consumer_info("bounces-items", "bounces-workers")
                if not known.num_pending and not known.num_ack_pending:
                    return True
            except nats.errors.Error:
                pass  # it is being restarted
            await asyncio.sleep(0.05)
        return False

    return bool(at(broker, wait))


class Command:
    """A command of ours that runs until it is told to stop; ends with the block. `log`: the lines of stderr so far.

    ready: the words of the log to wait for before the block; None waits for nothing.
    """

    def __init__(self, rules: Path, ready: str | None, *arguments: str, **settings: str) -> None:
        self.log: list[str] = []
        self._ready = ready
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "bounce_verdict", *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=environment_of(rules, settings),
            cwd=ROOT,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        ready = self._ready
        if ready is None:
            return self
        found = until(lambda: self.logged(ready) or self.process.poll() is not None, 90) and self.logged(ready)
        if not found:
            self.__exit__(None, None, None)
        assert found, self.log
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr
        self.process.stderr.close()

    def logged(self, words: str) -> bool:
        """Whether a line of the log holds `words`."""
        return any(words in line for line in self.log)

    def found(self, pattern: str) -> str:
        """The first group of the pattern in the log."""
        return next((match[1] for line in self.log if (match := re.search(pattern, line))), "")

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.log.append(line)


def worker(broker: Nats, rules: Path, *options: str, **settings: str) -> Command:
    """A worker at that broker."""
    return Command(rules, "taking items from", "work", "--nats", broker.url, "--port", "0", *options, **settings)


def ids(messages: Iterable[Message]) -> list[str]:
    """The id of every answer line."""
    return [line["id"] for message in messages for line in message.lines()]


def item(number: int, **more: Any) -> bytes:
    """A reply to judge, about somebody at one of fifty domains."""
    given = {"id": str(number), "reply": "550 5.1.1 user unknown", "recipient": f"u{number}@d{number % 50}.example", **more}
    return json.dumps(given).encode()


def batches(numbers: Sequence[int], size: int) -> list[tuple[bytes, dict[str, str]]]:
    """Items by number, so many lines in a message."""
    return [
        (b"\n".join(item(number) for number in numbers[begin : begin + size]), {"content-type": "application/x-ndjson"})
        for begin in range(0, len(numbers), size)
    ]
