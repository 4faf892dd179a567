"""A queue under a burst of bounces: how deep it gets, how long the last one waits, for how many workers.

    python -m benchmarks.scale.burst [--items 50000000] [--minutes 10] [--steady 11574] [--share 0.6] [--measure]

Service times are those of RESULTS.md, its lowest, median and highest round; with --measure those of this machine now, some hundred fresh
replies at a time, on the processor's clock. Batches arrive evenly while the burst lasts, on top of what always comes, and each goes to the
worker that is free first, in the order of arrival: every batch is simulated, none is averaged. share: of the speed in process that a
worker reaches, since reading from a broker and publishing cost too.
"""

import argparse
import heapq
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inputs.sample_replies import SEED
from benchmarks.inputs.setup import prepare
from bounce_verdict.contract.short_answers import short_line
from bounce_verdict.response import BatchAnswer, encode

BATCH = 1_000  # items that arrive, and are handed to a worker, together
_MEASURED = 200  # replies of one measured time
_MEASURES = 60
RESULTS = Path(__file__).parents[1] / "RESULTS.md"
_MEASURED_ROW = re.compile(r"^\| classification and its JSON \| ([\d.]+) \| ([\d.]+)–([\d.]+) \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Burst:
    """items arrive within `seconds`; on top of `steady` a second, which come before, meanwhile and after."""

    items: int
    seconds: float
    steady: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """deepest: items that waited at once. drained: seconds from the beginning until a batch waits less than a second again.

    longest: seconds that one waited. busy: the share of the workers' time that was work, until then.
    """

    deepest: int
    drained: float
    longest: float
    busy: float


def simulate(burst: Burst, workers: int, service: Sequence[float], batch: int = BATCH) -> Outcome:
    """What becomes of the queue. service: seconds that one item takes, as measured; each batch takes one of them at random.

    Ends where the queue is empty after the burst. Raises ValueError where the workers cannot even do what comes steadily.
    """
    mean = sum(service) / len(service)
    if burst.steady * mean >= workers:
        raise ValueError(f"{workers} workers can do {workers / mean:.0f} a second, and {burst.steady:.0f} come always")
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    free = [0.0] * workers  # when each is; a heap
    waiting: list[float] = []  # when those begin that have arrived and not begun; in order, since all are served in order
    at = deepest = first = 0
    now = longest = worked = 0.0
    rate = burst.items / burst.seconds + burst.steady
    while True:
        now += batch / (rate if now < burst.seconds else burst.steady or rate)
        if now >= burst.seconds and not burst.steady:
            break
        begins = max(now, heapq.heappop(free))
        takes = batch * chance.choice(service)
        heapq.heappush(free, begins + takes)
        worked += takes
        waiting.append(begins)
        longest = max(longest, begins - now)
        while first < len(waiting) and waiting[first] <= now:
            first += 1
        deepest = max(deepest, len(waiting) - first)
        at += 1
        if now >= burst.seconds and begins - now < 1:
            break
    drained = max(burst.seconds, waiting[-1] if not burst.steady else now)
    return Outcome(deepest * batch, drained, longest, min(1.0, worked / (workers * max(free))))


@dataclass(frozen=True, slots=True)
class Measured:
    """service: seconds that a reply takes, judged and written as JSON in short, once for each measure. item, short, full: bytes of JSON."""

    service: list[float]
    item: float
    short: float
    full: float


def read_results(path: Path = RESULTS) -> list[float]:
    """The seconds of one reply with its JSON, in process, as `make bench` measured them: median, lowest and highest round."""
    found = _MEASURED_ROW.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{path} has no row of replies in process")
    return [float(one) / 1e6 for one in found.groups()]


def measure(measures: int = _MEASURES, size: int = _MEASURED) -> Measured:
    """The service times of this machine, on the processor's clock; the first of them, which pay for what is first needed, left out."""
    setup = prepare([], rounds=1, quick=True)
    service, item, short, full = [], 0, 0, 0
    for number in range(measures + measures // 5 + 1):
        lines = setup.lines.take(size)
        began = time.process_time()
        written = [encode(short_line(BatchAnswer(0, None, "classification", setup.pipeline.reply(line)))) for line in lines]
        if number > measures // 5:
            service.append((time.process_time() - began) / size)
        short += sum(map(len, written))
        full += sum(len(encode(setup.pipeline.reply(line))) for line in lines[:20]) * size // 20
        item += sum(len(encode({"reply": line.reply, "command": line.command, "recipient": line.recipient})) for line in lines)
    count = size * (measures + measures // 5 + 1)
    return Measured(service, item / count, short / count, full / count)


def main() -> None:
    """Measure, simulate, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--steady", type=float, default=11_574, help="items a second that come always; a billion a day")
    parser.add_argument("--share", type=float, default=0.6, help="of the speed in process that a worker reaches")
    parser.add_argument(
        "--measure", action="store_true", help="service times of this machine now, instead of those of RESULTS.md"
    )
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3, 4, 6, 8, 12, 16])
    asked = parser.parse_args()
    found = measure(*(() if asked.measure else (4, 500)))
    in_process = found.service if asked.measure else read_results()
    service = [one / asked.share for one in in_process]
    mean = sum(service) / len(service)
    print(
        f"a reply takes {1e6 * mean * asked.share:.1f} µs in process ({1e6 * min(in_process):.1f} to {1e6 * max(in_process):.1f}),"
    )
    print(
        f"a worker does {1 / mean:,.0f} a second; an item has {found.item:.0f} bytes, its answer {found.short:.0f} in short, {found.full:.0f} whole"
    )
    print("| workers | deepest, items | that is, MB | longest wait | drained after | busy |")
    print("|---|---|---|---|---|---|")
    burst = Burst(asked.items, 60 * asked.minutes, asked.steady)
    for workers in asked.workers:
        try:
            outcome = simulate(burst, workers, service)
        except ValueError as error:
            print(f"| {workers} | {error} |")
            continue
        size = outcome.deepest * found.item / 1e6
        times = f"{outcome.longest / 60:.1f} min | {outcome.drained / 60:.1f} min"
        print(f"| {workers} | {outcome.deepest:,} | {size:,.0f} | {times} | {outcome.busy:.0%} |")


if __name__ == "__main__":
    main()
