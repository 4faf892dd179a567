"""(c) Single replies over HTTP, beside endpoints that do nothing, on the same server; and how long replies wait beside large mail."""

import random
from contextlib import ExitStack
from functools import partial
from statistics import median, quantiles

import msgspec

from benchmarks.inputs.sample_mails import report_of
from benchmarks.inputs.sample_replies import SEED
from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MICRO, MILLI, Part, Row, ask, timed
from benchmarks.measuring.timing import Subject, alternate, cpu_of, ratio, spread
from benchmarks.over_http.client import ask_all, pace
from benchmarks.over_http.noop_server import PATH
from benchmarks.over_http.servers import Served, no_op, request, service

ASKED_SHARE = 0.95  # of the typed no-op's requests a second
ASKED_WAIT = 10  # ms, the longest of 99 of 100 replies
CONNECTIONS = 16
OURS, SILENT = "classify", "classify, no log line a request"
TYPED, PLAIN, BARE = "typed no-op", "typed no-op on uvicorn as it comes", "bare no-op"
UNIT = "µs a request"
_BOUNDS = {
    OURS: "uvicorn, uvloop and the keys, metrics and log line around each request; the classification is a part of it",
    SILENT: "the same without writing a line to stderr",
    TYPED: "FastAPI: its routing, its dependencies, pydantic in and out",
    PLAIN: "the same; the difference is what the service's server does beyond uvicorn's",
    BARE: "uvicorn, httptools and the kernel's sockets; here it may be the client that bounds the wall",
}
_PACED_CONNECTIONS = 4
_RATE = 400  # replies a second beside large messages: far from what a worker can do


def measure(setup: Setup) -> list[Part]:
    """The figures."""
    with ExitStack() as stack:
        servers = {
            OURS: stack.enter_context(service()),
            SILENT: stack.enter_context(service(log_level="warning")),
            TYPED: stack.enter_context(no_op("typed")),
            PLAIN: stack.enter_context(no_op("plain")),
            BARE: stack.enter_context(no_op("bare")),
        }
        return [_side_by_side(setup, servers), _beside_large(setup, servers[OURS])]


def _side_by_side(setup: Setup, servers: dict[str, Served]) -> Part:
    subjects = [Subject(name, partial(_ask, served), cpu_of(served.workers()[0])) for name, served in servers.items()]
    timings = alternate(subjects, lambda _: _requests_for(setup, setup.scale(5_000, 2_000)), setup.rounds)
    rows: list[Row] = []
    for name, timing in timings.items():
        rows.append(timed(name, timing, MICRO, UNIT, _BOUNDS[name]))
        rows[-1].each = f"{1 / median(timing.wall):,.0f} requests a second"
    for ours, other in ((OURS, TYPED), (SILENT, TYPED), (OURS, PLAIN)):
        row = Row(f"requests a second: {ours} ÷ {other}", "times", "both figures above")
        row.cpu = ratio(timings[other].cpu, timings[ours].cpu)
        row.wall = ratio(timings[other].wall, timings[ours].wall)
        rows.append(ask(row, f"≥ {ASKED_SHARE}", lambda found: found >= ASKED_SHARE))
    note = f"{CONNECTIONS} connections; one worker, which has keys, limits and metrics as it ships. CPU is the worker's."
    return Part("Single replies over HTTP", rows, [note])


def _beside_large(setup: Setup, served: Served) -> Part:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    seconds = 2 if setup.quick else 5
    rows: list[Row] = []
    for name, size in (("nothing", 0), ("1 MB messages", 1_000_000), ("10 MB messages", 10_000_000)):
        raw = report_of(size, 1, chance) if size else b""
        large = request("/v1/classify/message", "message/rfc822", raw) if raw else b""
        if large:
            ask_all(served.port, [large], 1)  # so that the reader runs
        found = [_waits(setup, served, seconds, large) for _ in range(1 if setup.quick else 3)]
        bound = "the worker's loop, which is never held for long, and the machine's processors, which the readers share"
        row = Row(f"99 of 100 replies, beside {name}", "ms", bound, wall=spread([last for last, _ in found]).times(MILLI))
        row.each = f"{sum(count for _, count in found) / len(found) / seconds:.0f} messages a second" if size else ""
        rows.append(ask(row, f"≤ {ASKED_WAIT}", lambda found: found <= ASKED_WAIT) if size else row)
    return Part("How long a reply takes while large messages are read", rows, [f"{_RATE} replies a second."])


def _waits(setup: Setup, served: Served, seconds: int, large: bytes) -> tuple[float, int]:
    requests = _requests_for(setup, _RATE * seconds)
    times, count = pace(served.port, requests, seconds, _PACED_CONNECTIONS, large)
    return quantiles(times, n=100, method="inclusive")[-1], count


def _ask(served: Served, requests: list[bytes]) -> int:
    return ask_all(served.port, requests, CONNECTIONS)


def _requests_for(setup: Setup, count: int) -> list[bytes]:
    return [request(PATH, "application/json", msgspec.json.encode(line)) for line in setup.lines.take(count)]
