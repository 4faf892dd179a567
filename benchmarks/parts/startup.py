"""(g) Start-up: the service from its command to its first answer, with nothing kept and with the rules kept from before."""

import os
import resource
import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MILLI, Part, ask, timed
from benchmarks.measuring.timing import Timing
from benchmarks.over_http.servers import service, wait_until_answered

ASKED_WARM = 500  # ms until a worker is ready
COLD, WARM, WORKER = (
    "cold: rules read and compiled",
    "warm: the compiled rules are on disk",
    "a worker alone, in place of a dead one",
)
_SETTLE = 0.5  # seconds in which the parent learns that its worker is ready; one that dies before ends the service
_BOUNDS = {
    COLD: "hyperscan compiling the patterns, some at a time",
    WARM: "importing FastAPI, pydantic and flanker, in the parent, the maker of snapshots and the worker, one after the other",
    WORKER: "the same imports, once",
}


def measure(setup: Setup) -> Part:
    """The figures. CPU is that of all the service's processes from start to end; a worker's own cannot be told from it."""
    timings = {COLD: Timing(), WARM: Timing()}
    alone = Timing()
    for _ in range(1 if setup.quick else 3):
        with TemporaryDirectory(prefix="bounces-bench-") as folder:
            _start(Path(folder), timings[COLD], None)
            _start(Path(folder), timings[WARM], alone)
    rows = [timed(name, timing, MILLI, "ms", _BOUNDS[name]) for name, timing in timings.items()]
    worker = timed(WORKER, alone, MILLI, "ms", _BOUNDS[WORKER])
    worker.cpu = None
    rows.append(ask(worker, f"≤ {ASKED_WARM}", lambda found: found <= ASKED_WARM))
    return Part("Start-up", rows, ["Files are in the system's cache. CPU: all processes together, their end included."])


def _start(state: Path, timing: Timing, alone: Timing | None) -> None:
    """Start the service, and where `alone` is given end its worker and wait for the next one."""
    before = _cpu_of_children()
    with service(state=state) as served:
        ready = served.ready
        if alone is not None:
            time.sleep(_SETTLE)
            began = time.perf_counter()
            os.kill(served.workers()[0], signal.SIGKILL)
            wait_until_answered(served.port)
            alone.note(0, time.perf_counter() - began, 1)
    timing.note(_cpu_of_children() - before, ready, 1)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
