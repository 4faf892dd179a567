"""Whether memory stays flat: a million replies and a hundred thousand messages, one after the other, in one process.

    python -m benchmarks.endurance [--replies 1000000] [--messages 100000]

Every text and address is changed each time, as by callers; each answer is encoded, counted and thrown away. Printed is the
resident memory as it goes. Exit code 1 where it grew by 20 MB or more, counted from what the first hundredth has left. Linux only.
"""

import argparse
import itertools
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.inputs.sample_mails import vary_mail
from benchmarks.inputs.sample_replies import SEED, seeds, vary
from benchmarks.inputs.setup import prepare
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode

ASKED_MB = 20.0
_FLUSH = 1_000  # classifications between two flushes of the metrics
_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE / 1_048_576


def endure(name: str, inputs: Iterable[object], judge: Callable[[object], object], count: int) -> float:
    """Judge so many, print what is in memory ten times, and give the growth in megabytes."""
    began, first = time.process_time(), 0.0
    for number, given in enumerate(itertools.islice(inputs, count), start=1):
        judge(given)
        if number == max(count // 100, 1):
            first = resident()
            print(f"{name:10}{number:10,}: {first:7.1f} MB", flush=True)
        elif number % max(count // 10, 1) == 0:
            print(
                f"{name:10}{number:10,}: {resident():7.1f} MB, {time.process_time() - began:.0f} s of processor time", flush=True
            )
    return resident() - first


def replies(given: Sequence[ReplyInput], chance: random.Random) -> Iterator[ReplyInput]:
    """Without end, each with other addresses, networks and ids, and now and then a slip."""
    while True:
        for one in given:
            recipient = f"{chance.getrandbits(40):x}@{one.recipient.rpartition('@')[2]}" if one.recipient else None
            yield replace(one, reply=vary(one.reply, chance), recipient=recipient)


def messages(raw: Sequence[bytes], chance: random.Random) -> Iterator[MessageInput]:
    """Without end, each with other addresses."""
    while True:
        for one in raw:
            yield MessageInput(vary_mail(one, chance))


class Judge:
    """What a worker does with a reply or a message."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._metrics = Metrics()
        self._numbers = itertools.count(1)

    def __call__(self, given: object) -> None:
        """Judge one."""
        if isinstance(given, MessageInput):
            report = self._pipeline.message(given)
            self._metrics.read(report)
            encode(report)
        elif isinstance(given, ReplyInput):
            answer = self._pipeline.reply(given)
            self._metrics.judged([answer])
            encode(answer)
        if next(self._numbers) % _FLUSH == 0:
            self._metrics.flush()


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--replies", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=100_000)
    options = parser.parse_args()
    setup = prepare([], rounds=1, quick=False)
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    judge, raw = Judge(setup.pipeline), setup.mails[0].raw
    texts = seeds(setup.book, setup.pipeline, raw)
    print(f"{len(texts):,} texts and {len(raw):,} mails, changed each time")
    grown = {
        "replies": endure("replies", replies(texts, chance), judge, options.replies),
        "messages": endure("messages", messages(raw, chance), judge, options.messages),
    }
    for name, megabytes in grown.items():
        print(f"{name:10} grew by {megabytes:.1f} MB; asked for is less than {ASKED_MB:.0f}")
    return 1 if max(grown.values()) >= ASKED_MB else 0


if __name__ == "__main__":
    sys.exit(main())
