"""(h) Memory of each process of the service: fresh, and after work."""

import random
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.inputs.sample_mails import report_of
from benchmarks.inputs.sample_replies import SEED
from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import Part, Row
from benchmarks.measuring.timing import spread
from benchmarks.over_http.client import ask_all, send_together
from benchmarks.over_http.servers import Served, children, request, service

_WORKERS = 2
_CONNECTIONS = 8
_MEGABYTE = 1024  # /proc counts in kilobytes
_PROPER = "Pss"  # each page divided by how many processes share it


def measure(setup: Setup) -> Part:
    """The figures, of a service with two workers."""
    with service(workers=_WORKERS) as served:
        rows = [
            _row("parent", [served.process], "Python, asyncio and the settings; it holds neither engine nor framework"),
            _row("worker, fresh", served.workers(), "FastAPI, pydantic, flanker and the rules with their compiled patterns"),
        ]
        _work(setup, served)
        rows.append(
            _row("worker, after replies, a batch and mails", served.workers(), "as above, and the allocator's free pages")
        )
        _read_large(served)
        readers = [reader for worker in served.workers() for reader in children(worker)]
        rows.append(_row("worker, after a message of 10 MB", served.workers(), "as above; the message itself is given back"))
        if readers:
            rows.append(_row("reader, after a message of 10 MB", readers, "the worker's modules and rules, and the message"))
    return Part("Memory", rows, ["MB of each process, the median of its kind; what processes share is divided among them."])


def _row(name: str, processes: list[int], bound: str) -> Row:
    found = [_memory(process) for process in processes]
    whole, own = spread([one["Rss"] for one in found]), spread([one["Private_Dirty"] for one in found])
    row = Row(name, "MB", bound, amount=spread([one[_PROPER] for one in found]))
    row.each = f"{whole.middle:.0f} resident, {own.middle:.0f} its alone and written to"
    return row


def _memory(process: int) -> dict[str, float]:
    """Megabytes by the kernel's names for them."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {name: int(size.split()[0]) / _MEGABYTE for name, _, size in (line.partition(":") for line in lines)}


def _work(setup: Setup, served: Served) -> None:
    """Some of everything, over several connections so that each worker gets its share."""
    ask = partial(ask_all, served.port, connections=_CONNECTIONS)
    lines = [msgspec.json.encode({"reply": line.reply}) for line in setup.lines.take(setup.scale(10_000, 2_000))]
    ask([request("/v1/classify/reply", "application/json", line) for line in lines])
    ask([request("/v1/classify/message", "message/rfc822", raw) for raw in setup.mails[0].raw])
    for _ in range(_WORKERS * 2):
        send_together(served.port, request("/v1/classify/batch", "application/x-ndjson", b"\n".join(lines)))


def _read_large(served: Served) -> None:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    large = request("/v1/classify/message", "message/rfc822", report_of(10_000_000, 1, chance))
    ask_all(served.port, [large] * _WORKERS * 2, _WORKERS * 2)
