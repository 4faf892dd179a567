"""The stream measured, with nats-server on a free port. Not part of `make bench`, which needs no broker.

    python -m benchmarks.stream [--mixed]

Replies as a worker gets them, 100 a message, judged by all rules: in this process, by one worker and by two; with --mixed four replies, a
mail and a status in turn. Processor time is what compares on a machine that others use too; the ratio of wall times is printed beside it.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from bounce_verdict.library import Classifier
from bounce_verdict.response import encode_lines
from bounce_verdict.settings import Settings
from bounce_verdict.stream.judging import Given, answers
from tests.stream.running import Nats, all_answered, create, put, worker

LINES, MESSAGES = 100, 300
REPLIES = Path(__file__).parent.parent / "examples" / "replies.ndjson"


def messages(count: int, *, mixed: bool) -> list[tuple[bytes, dict[str, str]]]:
    """Replies of the examples, mixed: all that they hold; each with another address, a hundred in a message."""
    read = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    given = [one for one in read if mixed or "reply" in one]
    made = []
    for number in range(count * LINES):
        one, address = dict(given[number % len(given)]), f"u{number}@d{number % 300}.example"
        one["id"] = str(number)
        if "message" in one:
            one["message"] = one["message"].replace("dan@example.org", address)
        else:
            one["recipient"] = address
        if "reply" in one:
            one["reply"] += f" <{address}>"
        made.append(json.dumps(one).encode())
    return [(b"\n".join(made[at : at + LINES]), {"content-type": "application/x-ndjson"}) for at in range(0, len(made), LINES)]


def in_process(some: list[tuple[bytes, dict[str, str]]]) -> tuple[float, float]:
    """Seconds of wall and of processor for answering and encoding, nothing else."""
    settings = Settings()
    pipeline = Classifier()._pipeline  # noqa: SLF001
    for _ in answers(Given(some[0][0], some[0][1], settings.max_body, settings.max_batch_line), pipeline):
        pass
    wall, used = time.perf_counter(), time.process_time()
    for body, headers in some:
        encode_lines(
            [answer for answer, _ in answers(Given(body, headers, settings.max_body, settings.max_batch_line), pipeline)]
        )
    return time.perf_counter() - wall, time.process_time() - used


def used_by(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_workers(count: int, some: list[tuple[bytes, dict[str, str]]], rules: Path) -> tuple[float, float, float]:
    """Seconds of wall until all is answered, and of processor that the workers used together, and the broker."""
    with tempfile.TemporaryDirectory() as folder, Nats(Path(folder)) as broker:
        create(broker)
        workers = [worker(broker, rules) for _ in range(count)]
        try:
            for one in workers:
                one.__enter__()
            put(broker, *some[:20])
            all_answered(broker, 60)
            pids = [one.process.pid for one in workers]
            before, of_broker, begun = [used_by(pid) for pid in pids], used_by(broker.pid), time.perf_counter()
            put(broker, *some)
            if not all_answered(broker, 300):
                raise SystemExit("not all is answered in 300 s")
            wall = time.perf_counter() - begun
            return wall, sum(used_by(pid) for pid in pids) - sum(before), used_by(broker.pid) - of_broker
        finally:
            for one in workers:
                one.__exit__(None, None, None)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mixed", action="store_true")
    mixed = parser.parse_args().mixed
    some = messages(MESSAGES, mixed=mixed)
    items = LINES * MESSAGES
    rules = Path(__file__).parent.parent / "rules"
    alone = in_process(some)
    found = {count: by_workers(count, some, rules) for count in (1, 2)}
    print(
        f"{items:,} {'items' if mixed else 'replies'}, {LINES} a message; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    print(f"in process: {items / alone[0]:,.0f}/s by the clock, {items / alone[1]:,.0f}/s of processor")
    for count, (wall, used, of_broker) in found.items():
        print(
            f"{count} worker{'s' * (count > 1)}: {items / wall:,.0f}/s by the clock, {items / used:,.0f}/s of processor; of in process "
            f"{alone[0] / wall:.0%} by the clock, {alone[1] / used:.0%} of processor; the broker used {of_broker / used:.0%} of what they did"
        )
    print(f"two to one: {found[1][0] / found[2][0]:.2f} by the clock")
    print(f"memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
