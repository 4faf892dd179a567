"""(e) and (f) How a reply's cost grows with the rules, and a message's with its size, its recipients and its parts."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

from benchmarks.inputs.compiled_rules import compiled
from benchmarks.inputs.sample_mails import ordinary_of, parts_of, report_of, text_of
from benchmarks.inputs.sample_replies import SEED, Lines, seeds
from benchmarks.inputs.setup import Setup
from benchmarks.inputs.sized_rulebooks import sized
from benchmarks.measuring.report import MICRO, MILLI, Part, Row, ask, number, timed
from benchmarks.measuring.timing import Subject, alternate, spread
from benchmarks.parts.replies import classify_all, scan_all
from bounce_verdict.model import MessageInput
from bounce_verdict.pipeline import Pipeline

RULES = (200, 1_000, 5_000)
QUICK_RULES = (200, 1_000)
ASKED_MORE = 4  # µs a reply that 5,000 rules may cost beyond 200
ASKED_LARGE = 100  # ms for LARGE
ASKED_STEEP = 12  # times the cost for ten times as much: linear, give or take what caches do
LARGE = 10_000_000  # bytes
NANO = 1e9
_BUDGET = 5_000_000  # bytes of one subject's mails in one round; at least one mail is read
_MAX_REPEATS = 50

Make = Callable[[random.Random], bytes]


@dataclass(slots=True)
class Series:
    """Mails that differ in one number alone, each step ten times the one before. per: what it counts."""

    title: str
    steps: Sequence[tuple[str, int, Make]]
    per: str
    bound: str


SERIES = (
    Series(
        "report, returned message of any size",
        [(f"bytes: {size:,}", size, partial(report_of, size, 1)) for size in (1_000, 10_000, 100_000, 1_000_000, 10_000_000)],
        "byte",
        "a search for the boundaries, at the speed of memory: what was returned is neither copied nor decoded",
    ),
    Series(
        "bounce without a report, message quoted below",
        [(f"bytes: {size:,}", size, partial(text_of, size)) for size in (1_000, 10_000, 100_000, 1_000_000, 10_000_000)],
        "byte",
        "the text that is read of a part, capped at 262,144 characters and 10,000 lines",
    ),
    Series(
        "no bounce, HTML",
        [(f"bytes: {size:,}", size, partial(ordinary_of, size)) for size in (1_000, 10_000, 100_000, 1_000_000, 10_000_000)],
        "byte",
        "as above; below 262,144 bytes the second reader reads it too",
    ),
    Series(
        "report with many recipients",
        [(f"recipients: {count:,}", count, partial(report_of, 0, count)) for count in (1, 10, 100, 1_000, 10_000)],
        "recipient",
        "each recipient's block and its judgement, as a reply; from 10,000 on nothing more is read",
    ),
    Series(
        "report with many parts",
        [(f"parts: {count:,}", count, partial(parts_of, count)) for count in (1, 10, 100, 1_000, 10_000)],
        "part",
        "opening a part; from 200 on no more are opened",
    ),
)


def measure(setup: Setup) -> list[Part]:
    """The figures."""
    return [_by_rules(setup), *(_by_message(setup, series) for series in SERIES)]


def _by_rules(setup: Setup) -> Part:
    """Lines vary the hits of the smallest rulebook, so that all of them find a rule for nearly every line."""
    books = {f"{count:,} rules": sized(setup.book, count) for count in (QUICK_RULES if setup.quick else RULES)}
    first, *_, last = books
    lines = Lines(seeds(books[first], setup.pipeline, ()))
    pipelines = {name: compiled(book) for name, book in books.items()}
    pipelines[f"{len(setup.book.rules)} rules, as shipped"] = setup.pipeline
    subjects = [Subject(name, partial(classify_all, pipeline)) for name, pipeline in pipelines.items()]
    subjects += [Subject(f"{name}: the scan alone", partial(scan_all, one)) for name, one in pipelines.items()]
    timings = alternate(subjects, lambda _: lines.take(setup.scale(10_000, 2_000)), setup.rounds)
    bound = "hyperscan's scan and its callback for each rule that matches, twice for a reply within another; then weighing those rules"
    rows = [timed(name, timing, MICRO, "µs a reply", bound) for name, timing in timings.items()]
    more = [(large - small) * MICRO for large, small in zip(timings[last].cpu, timings[first].cpu, strict=True)]
    row = Row(f"{last} instead of {first}", "µs more", "as above", cpu=spread(more))
    rows.append(ask(row, f"≤ {ASKED_MORE}", lambda found: found <= ASKED_MORE))
    note = "Beyond the shipped rules: copies of them with other letters in their words. Lines are new to all of them."
    return Part("Growth with the rules", rows, [note])


def _by_message(setup: Setup, series: Series) -> Part:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    rows: list[Row] = []
    for name, count, make in series.steps:
        repeats = max(1, min(_MAX_REPEATS, setup.scale(_BUDGET) // max(1, len(make(chance)))))
        subject: Subject[list[bytes]] = Subject(name, partial(_read_all, setup.pipeline))
        rounds = 1 if setup.quick else max(3, setup.rounds // 2)
        fresh = partial(_several, make, chance, repeats)
        timing = alternate([subject], fresh, rounds, warm_up=not setup.quick)[name]
        row = timed(name, timing, MILLI, "ms", series.bound)
        row.each = f"{_each(median(timing.cpu) / count)} a {series.per}"
        if count == LARGE:
            ask(row, f"≤ {ASKED_LARGE}", lambda found: found <= ASKED_LARGE)
        rows.append(row)
    steps = [next_.cpu.middle / row.cpu.middle for row, next_ in pairwise(rows) if row.cpu and next_.cpu]
    steepest = Row(
        f"ten times as many {series.per}s, at most", "times", "as above; linear growth is 10", cpu=spread([max(steps)])
    )
    rows.append(ask(steepest, f"≤ {ASKED_STEEP}", lambda found: found <= ASKED_STEEP))
    return Part(f"Growth of a message: {series.title}", rows)


def _several(make: Make, chance: random.Random, repeats: int, _round: int) -> list[bytes]:
    return [make(chance) for _ in range(repeats)]


def _read_all(pipeline: Pipeline, mails: list[bytes]) -> int:
    for raw in mails:
        pipeline.message(MessageInput(raw))
    return len(mails)


def _each(seconds: float) -> str:
    return f"{number(seconds * MICRO)} µs" if seconds * MICRO > 1 else f"{number(seconds * NANO)} ns"
