"""(j) What hostile input costs: every attack of tests/hostile, at full size, beside an ordinary report of 10,000 recipients."""

import random
from collections.abc import Callable
from functools import partial

from benchmarks.inputs.sample_mails import report_of
from benchmarks.inputs.sample_replies import SEED
from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MILLI, Part, ask, timed
from benchmarks.measuring.timing import Subject, alternate
from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline
from tests.hostile.table import ATTACKS, REPLY_ATTACKS

ASKED = 250  # ms
ORDINARY = "an ordinary report of ten megabytes and 10,000 recipients"
_LARGE = 10_000_000


def measure(setup: Setup) -> Part:
    """The figures."""
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    subjects: dict[str, tuple[Callable[[], bytes | str], str]] = {
        ORDINARY: (lambda: report_of(_LARGE, 10_000, chance), "to compare with")
    }
    subjects |= {attack.name: (attack.raw, attack.tries) for attack in ATTACKS}
    subjects |= {attack.name: (attack.text, attack.tries) for attack in REPLY_ATTACKS}
    rows = []
    for name, (make, tries) in subjects.items():
        subject: Subject[bytes | str] = Subject(name, partial(_read, setup.pipeline))
        timing = alternate([subject], partial(_made, make), 1 if setup.quick else 3, warm_up=False)[name]
        row = timed(name, timing, MILLI, "ms", tries)
        rows.append(row if name == ORDINARY else ask(row, f"≤ {ASKED}", lambda found: found <= ASKED))
    note = "What a flood of recipients may cost is bounded by BOUNCES_MAX_WORK, which an ordinary such report must not meet."
    return Part("Hostile input", rows, [note])


def _made(make: Callable[[], bytes | str], _round: int) -> bytes | str:
    return make()


def _read(pipeline: Pipeline, given: bytes | str) -> int:
    if isinstance(given, bytes):
        pipeline.message(MessageInput(given))
    else:
        pipeline.reply(ReplyInput(given))
    return 1
