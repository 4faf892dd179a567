"""Twice what one worker can do, for a minute: what it refuses, how long the others wait, and whether its memory stays flat.

    python -m benchmarks.load [--seconds 60] [--workers 1] [--kill] [--reload]

First the rate is measured that the service can just do, then requests arrive at twice that rate, whether or not those before were
answered: replies, messages, batches, large messages, bad input. Loopback only. Exit code 1 where an answer was neither good nor
429 or 503, or where the memory grew. --kill ends a worker by SIGKILL halfway, --reload adds a rule twice. What they ask for:
a killed worker loses only the requests it had in hand, each request is answered by one digest of the rules, and no request sent
ten seconds after a change is answered by the rules before it.
"""

import argparse
import asyncio
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from itertools import accumulate
from pathlib import Path

import uvloop

from benchmarks.over_http.load_client import MAX_CONNECTIONS, LoadRequest, Pool, Service, message, percentile, post, reply

WARM_UP, GROWTH_MB = 3.0, 30.0
TEXTS = (
    "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "421 4.7.0 Try again later, closing connection.",
    "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org",
    "451 4.7.1 Greylisting in action, please come back in 5 minutes",
    "554 delivery error: dd This user doesn't have a yahoo.com account",
)
BATCH = b"".join(b'{"reply": "%s", "command": "RCPT"}\n' % text.encode() for text in TEXTS) * 10
_EACH = 300  # forms of each text, more than the service keeps answers for: as servers that put an id into their replies
Traffic = list[tuple[str, bytes, int, float]]

# what, the request, the status it should get, its share of the requests
MIX: Traffic = [
    *[("reply", reply(f"{text} [{number}]"), 200, 0.8 / len(TEXTS) / _EACH) for text in TEXTS for number in range(_EACH)],
    ("message", message(), 200, 0.12),
    ("batch of 60", post("/v1/classify/batch", "application/x-ndjson", BATCH), 200, 0.015),
    ("message of 1 MB", message(1_000_000), 200, 0.0005),
    ("no JSON", post("/v1/classify/reply", "application/json", b'{"reply": '), 400, 0.02),
    ("unknown key", post("/v1/classify/reply", "application/json", b'{"reply": "x", "x": 1}'), 422, 0.02),
    ("wrong type", post("/v1/classify/reply", "text/html", b"x"), 415, 0.02),
    ("no such path", post("/v1/none", "text/plain", b"x"), 404, 0.0045),
]
_SHARES = list(accumulate(share for *_, share in MIX))
REFUSED = {429, 503}
RELOAD_SECONDS = 10.0
HEARD_SECONDS = 5.0  # in which this client, busy itself, sees which connections are gone
RULE = """
[[rule]]
id = "generic.load-{0}"
match = 'load benchmark number {0} (is )?under way'
verdict = "retry"
reason = "service-unavailable"
reference = "benchmarks/load.py"
hits = ["451 load benchmark number {0} is under way"]
misses = ["451 number {0}"]
"""


class Load:
    """Requests of the mix, and what came of them."""

    def __init__(self, port: int) -> None:
        self.pool = Pool(port)
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.refused_seconds: list[float] = []
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.lost: list[LoadRequest] = []
        self.used: dict[bytes, list[float]] = {}  # by digest: when the first and the last request was sent that it answered
        self.changed: list[float] = []
        self.killed: list[float] = []
        self.pending: set[asyncio.Task[None]] = set()
        self._random = random.Random(1)  # noqa: S311

    async def one(self) -> None:
        """One request."""
        ((what, request, expected, _),) = self._random.choices(MIX, cum_weights=_SHARES)
        answered = await self.pool.ask(request)
        if answered is None:
            self.counts["unsent"] += 1
            return
        sent, answer = answered.sent, answered.answer
        if isinstance(answer, OSError):
            self.wrong[f"{what}: {type(answer).__name__}: {answer}"] += 1
            self.lost.append(answered)
            return
        if len(answer.digests) > 1:
            self.wrong[f"{what}: answered by {len(answer.digests)} digests"] += 1
        for digest in answer.digests:
            span = self.used.setdefault(digest, [sent, sent])
            span[:] = [min(span[0], sent), max(span[1], sent)]
        if answer.status in REFUSED:
            self.counts["refused"] += 1
            self.refused_seconds.append(answered.took)
        elif answer.status == expected:
            self.counts["answered"] += 1
            self.seconds[what].append(answered.took)
        else:
            self.wrong[f"{what}: {answer.status}"] += 1

    def in_hand(self, killed: float) -> int:
        """How many requests were lost with the connections of a worker that was killed then, one each."""
        return sum(one.connected <= killed <= one.sent + one.took <= killed + HEARD_SECONDS for one in self.lost)

    async def closed(self, seconds: float, clients: int = 64) -> float:
        """Requests a second that the service can just do, by that many clients who wait for each answer."""
        end = time.perf_counter() + seconds

        async def client() -> None:
            while time.perf_counter() < end:
                await self.one()

        before = self.counts.total()
        await asyncio.gather(*(client() for _ in range(clients)))
        return (self.counts.total() - before) / seconds

    async def open(self, rate: float, seconds: float) -> int:
        """Send `rate` requests a second, come what may; how many that were."""
        began, sent = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            for _ in range(int(now * rate) - sent):
                task = asyncio.create_task(self.one())
                self.pending.add(task)
                task.add_done_callback(self.pending.discard)
                sent += 1
            await asyncio.sleep(0.002)
        self.pool.closed = True
        await asyncio.gather(*self.pending)
        return sent


async def disturb(service: Service, load: Load, rules: Path, options: argparse.Namespace) -> None:
    """What --kill and --reload ask for."""
    await asyncio.sleep(options.seconds / 6)
    if options.reload:
        for number in range(2):
            with (rules / "generic.toml").open("a", encoding="utf-8") as file:
                file.write(RULE.format(number))
            load.changed.append(time.perf_counter())
            service.process.send_signal(signal.SIGHUP)
            await asyncio.sleep(options.seconds / 4)
    if options.kill:
        worker = next(pid for pid, name in service.processes() if name == "worker")
        load.killed.append(time.perf_counter())
        os.kill(worker, signal.SIGKILL)


async def watch(service: Service, memory: list[dict[str, float]]) -> None:
    """Note the memory every second."""
    while True:
        memory.append(service.memory())
        await asyncio.sleep(1)


async def run(options: argparse.Namespace, rules: Path) -> int:
    """The exit code."""
    service = Service(workers=str(options.workers), rules=str(rules), watch_rules="0")
    try:
        load = Load(service.port)
        await load.closed(WARM_UP)
        capacity = await load.closed(WARM_UP)
        load = Load(service.port)
        memory: list[dict[str, float]] = []
        others = [
            asyncio.create_task(watch(service, memory)),
            asyncio.create_task(disturb(service, load, rules, options)),
        ]
        sent = await load.open(2 * capacity, options.seconds)
        for other in others:
            other.cancel()
    finally:
        code = service.stop()
    print(f"can do      {capacity:8.0f} requests/s; sent {sent / options.seconds:.0f}/s for {options.seconds:.0f} s")
    print(f"answered    {load.counts['answered'] / options.seconds:8.0f}/s")
    for what, seconds in sorted(load.seconds.items(), key=lambda one: -len(one[1])):
        print(f"            {len(seconds) / options.seconds:8.1f}/s: {_told(seconds)}: {what}")
    print(f"refused     {load.counts['refused'] / options.seconds:8.0f}/s: {_told(load.refused_seconds)}")
    print(
        f"unsent      {load.counts['unsent'] / options.seconds:8.0f}/s: they found none of {MAX_CONNECTIONS:,} connections free"
    )
    print(f"connections {load.pool.opened:8}")
    settled = memory[len(memory) // 4 :]
    for name in sorted({name for one in settled for name in one}):
        sizes = [one[name] for one in settled if name in one]
        print(f"memory      {sizes[0]:8.1f} MB at first, {sizes[-1]:.1f} in the end, {max(sizes):.1f} at most: {name}")
    late = _print_reloads(load)
    for at in load.killed:
        print(f"killed      {load.in_hand(at):8} requests were lost with the connections of the worker")
    for what, times in load.wrong.most_common():
        print(f"WRONG       {times:8} {what}")
    grown = sum(settled[-1].values()) - sum(settled[0].values())
    print(f"exit code of the service {code}; memory grew by {grown:.1f} MB")
    wrong = sum(load.wrong.values()) - sum(load.in_hand(at) for at in load.killed)
    return 1 if late or wrong or code != 0 or (grown > GROWTH_MB and not (options.kill or options.reload)) else 0


def _print_reloads(load: Load) -> bool:
    """Print when each change of the rules took hold; whether one was late, or never came."""
    spans = sorted(load.used.values())
    late = len(spans) != 1 + len(load.changed)
    print(f"digests     {len(spans):8} for {len(load.changed)} changes of the rules")
    for at, (_, last), (first, _) in zip(load.changed, spans, spans[1:], strict=False):
        print(f"reloaded    {first - at:8.1f} s after the change at first, {last - at:.1f} s the last answer by the old rules")
        late |= last - at > RELOAD_SECONDS
    return late


def _told(seconds: list[float]) -> str:
    return f"p50 {percentile(seconds, 0.5):.1f} ms, p99 {percentile(seconds, 0.99):.1f}, most {percentile(seconds, 1):.1f}"


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--reload", action="store_true")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4_096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules"
        shutil.copytree(Path(__file__).parent.parent / "rules", rules)
        return uvloop.run(run(options, rules))


if __name__ == "__main__":
    sys.exit(main())
