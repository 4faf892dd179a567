"""(d) Batches over HTTP, NDJSON and JSON arrays, beside the same lines in process."""

from collections.abc import Callable
from functools import partial
from operator import le
from statistics import median

import msgspec

from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MICRO, Part, Row, ask, timed
from benchmarks.measuring.timing import Clock, Subject, alternate, cpu_of, ratio
from benchmarks.over_http.client import send_together
from benchmarks.over_http.servers import Served, request, service
from benchmarks.parts.replies import classify_all, encode_all
from bounce_verdict.model import ReplyInput

ASKED_SHARE = 0.9  # of the speed in process, with JSON
ASKED_SHORT = 1.3  # times the speed of full answers
PATH = "/v1/classify/batch"
IN_PROCESS, ENCODED = "in process", "in process, with JSON"
NDJSON, ARRAY, SHORT, UNSHARED = "NDJSON", "JSON array", "NDJSON, detail=short", "NDJSON, no reader"
UNIT = "µs a line"
_WORKERS = 2
_CONNECTIONS = 8
_BOUNDS = {
    IN_PROCESS: "classification alone",
    ENCODED: "classification, and msgspec writing about 1 KB",
    NDJSON: "classification; beside it splitting lines, JSON in and out, counting, and the kernel copying the answers",
    ARRAY: "as NDJSON; read whole before the first answer",
    UNSHARED: "as NDJSON, all of it by the worker",
    SHORT: "classification, whose evidence is made all the same; less to encode and to copy",
}


def measure(setup: Setup) -> list[Part]:
    """The figures."""
    return [_one_connection(setup), _several_connections(setup)]


def _one_connection(setup: Setup) -> Part:
    """Lines of an array count towards the limit of 10,000 items."""
    count = setup.scale(10_000, 2_000)
    with service() as served, service(readers=0) as alone:
        cpu = partial(_all, [cpu_of(process) for process in served.workers_and_children()])
        subjects: list[Subject[_Lines]] = [
            Subject(IN_PROCESS, lambda given: classify_all(setup.pipeline, given.lines)),
            Subject(ENCODED, lambda given: encode_all(setup.pipeline, given.lines)),
            Subject(NDJSON, partial(_send, served, lambda given: given.ndjson), cpu),
            Subject(UNSHARED, partial(_send, alone, lambda given: given.ndjson), cpu_of(alone.workers()[0])),
            Subject(ARRAY, partial(_send, served, lambda given: given.array), cpu),
            Subject(SHORT, partial(_send, served, lambda given: given.short), cpu),
        ]
        timings = alternate(subjects, lambda _: _Lines(setup.lines.take(count)), setup.rounds)
    rows = [timed(name, timing, MICRO, UNIT, _BOUNDS[name]) for name, timing in timings.items()]
    for name, base, asked in (
        (NDJSON, ENCODED, ASKED_SHARE),
        (UNSHARED, ENCODED, None),
        (ARRAY, ENCODED, ASKED_SHARE),
        (SHORT, NDJSON, ASKED_SHORT),
        (NDJSON, UNSHARED, None),
    ):
        row = Row(f"speed of {name} ÷ {base}", "times", "both figures above")
        row.cpu = ratio(timings[base].cpu, timings[name].cpu)
        row.wall = ratio(timings[base].wall, timings[name].wall)
        rows.append(row if asked is None else ask(row, f"≥ {asked}, by the wall", partial(le, asked), row.wall))
    note = f"{count:,} replies a batch, one connection, one worker; CPU: the worker's and its reader's together."
    return Part("Batches over HTTP", rows, [note])


def _several_connections(setup: Setup) -> Part:
    count = setup.scale(16_000, 2_000)
    with service() as one, service(workers=_WORKERS) as several:
        crews = {"one worker": _Crew(one), f"{_WORKERS} workers": _Crew(several)}
        subjects = [Subject(name, crew.send_all, crew.cpu) for name, crew in crews.items()]
        timings = alternate(subjects, lambda _: _requests(setup.lines.take(count)), setup.rounds)
    bound = "the workers' CPU time; the client takes a part of the same processors"
    rows = [timed(name, timing, MICRO, UNIT, bound) for name, timing in timings.items()]
    for row, timing in zip(rows, timings.values(), strict=True):
        row.each = f"{1 / median(timing.wall):,.0f} lines a second"
    shares = [median(crew.busiest) for crew in crews.values()]
    note = f"CPU: all workers and readers together; of {_WORKERS} workers the busier one did {shares[-1]:.0%} (median of the rounds)."
    return Part(f"NDJSON batches over {_CONNECTIONS} connections", rows, [note])


def _all(clocks: list[Clock]) -> float:
    return sum(clock() for clock in clocks)


class _Crew:
    """A service's workers. busiest: the share of the one that did most, for each round."""

    def __init__(self, served: Served) -> None:
        self.busiest: list[float] = []
        self._port = served.port
        self._clocks = [cpu_of(worker) for worker in served.workers()]
        readers = served.workers_and_children()[len(self._clocks) :]
        self._readers = [cpu_of(reader) for reader in readers]

    def cpu(self) -> float:
        """Seconds, of all of them and their readers."""
        return _all(self._clocks + self._readers)

    def send_all(self, requests: list[bytes]) -> int:
        """Send the requests at once; how many lines were answered."""
        before = [clock() for clock in self._clocks]
        answered = sum(answer.count(b"\n") for answer in send_together(self._port, *requests))
        used = [clock() - start for clock, start in zip(self._clocks, before, strict=True)]
        self.busiest.append(max(used) / sum(used))
        return answered


def _requests(lines: list[ReplyInput]) -> list[bytes]:
    return [_Lines(lines[n::_CONNECTIONS]).ndjson for n in range(_CONNECTIONS)]


class _Lines:
    """One round's lines, and the requests that hold them."""

    def __init__(self, lines: list[ReplyInput]) -> None:
        self.lines = lines
        items = [msgspec.json.encode(_item(line)) for line in lines]
        self.ndjson = request(PATH, "application/x-ndjson", b"\n".join(items))
        self.short = request(f"{PATH}?detail=short", "application/x-ndjson", b"\n".join(items))
        self.array = request(PATH, "application/json", b"[" + b",".join(items) + b"]")


def _item(line: ReplyInput) -> dict[str, str]:
    return {name: text for name, text in msgspec.to_builtins(line).items() if text is not None}


def _send(served: Served, pick: Callable[[_Lines], bytes], given: _Lines) -> int:
    answered = send_together(served.port, pick(given))[0].count(b"\n")
    if answered != len(given.lines):
        raise RuntimeError(f"{answered} answers to {len(given.lines)} lines")
    return answered
