"""(k) What a caller in Python waits for: one kept client, a new connection for each question, and batches through the client."""

from collections.abc import Callable
from functools import partial

import httpx
import msgspec

from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MICRO, Part, timed
from benchmarks.measuring.timing import Subject, alternate
from benchmarks.over_http.servers import SECRET, service
from bounce_verdict.client import Client
from bounce_verdict.model import ReplyInput

UNIT = "µs a reply"
KEPT, NEW = "client.reply, one client kept", "httpx.post, a connection for each"
BATCH, SHORT = "client.batch", "client.batch, detail=short"
_BOUNDS = {
    KEPT: "httpx, in the caller's process; the service's answer is a tenth of it",
    NEW: "the same, and a connection made each time, with all that httpx reads to make a client",
    BATCH: "reading 28 fields a reply; the service, where it shares the processors",
    SHORT: "reading nine of them",
}


def measure(setup: Setup) -> Part:
    """The figures. CPU is the caller's; wall is what it waits for."""
    with service() as served:
        base = f"http://127.0.0.1:{served.port}"
        with Client(base, key=SECRET) as client:
            singles: dict[str, Callable[[list[ReplyInput]], int]] = {
                KEPT: partial(_ask_each, client),
                NEW: partial(_post_each, base),
            }
            many: dict[str, Callable[[list[ReplyInput]], int]] = {
                BATCH: lambda lines: sum(1 for _ in client.batch(map(_item, lines))),
                SHORT: lambda lines: sum(1 for _ in client.batch(map(_item, lines), detail="short")),
            }
            timings = alternate(
                [Subject(name, run) for name, run in singles.items()],
                lambda _: setup.lines.take(setup.scale(300, 50)),
                setup.rounds,
            )
            timings |= alternate(
                [Subject(name, run) for name, run in many.items()],
                lambda _: setup.lines.take(setup.scale(10_000, 2_000)),
                setup.rounds,
            )
    rows = [timed(name, timing, MICRO, UNIT, _BOUNDS[name]) for name, timing in timings.items()]
    return Part("From a caller in Python", rows, ["CPU: the caller's own; wall: what it waits for, the service's work included."])


def _item(line: ReplyInput) -> dict[str, object]:
    return {name: given for name, given in msgspec.to_builtins(line).items() if given is not None}


def _ask_each(client: Client, lines: list[ReplyInput]) -> int:
    for line in lines:
        client.reply(line.reply, command=line.command, remote_mta=line.remote_mta, recipient=line.recipient, action=line.action)
    return len(lines)


def _post_each(base: str, lines: list[ReplyInput]) -> int:
    for line in lines:
        headers = {"authorization": f"Bearer {SECRET}"}
        httpx.post(f"{base}/v1/classify/reply", json=_item(line), headers=headers).raise_for_status()
    return len(lines)
