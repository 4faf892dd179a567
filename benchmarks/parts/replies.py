"""(a) Reply lines in process: text in, full Classification with evidence out; and what of it the known pieces take."""

from benchmarks.inputs.sample_replies import wave
from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MICRO, Part, ask, timed
from benchmarks.measuring.timing import Subject, alternate
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.answer_cache import MAX_ANSWERS
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply
from bounce_verdict.pipeline.several_replies import classify_replies
from bounce_verdict.response import encode

ASKED_MICROSECONDS = 14.3  # 70,000 a second
UNIT = "µs a reply"
TOGETHER = 32  # replies that a batch hands over at once


def measure(setup: Setup) -> Part:
    """The figures."""
    pipeline = setup.pipeline
    subjects = [
        Subject("classification", lambda lines: classify_all(pipeline, lines)),
        Subject(f"the same, {TOGETHER} at once", lambda lines: _classify_together(pipeline, lines)),
        Subject("classification and its JSON", lambda lines: encode_all(pipeline, lines)),
        Subject("of that, parse_reply", _parse_all),
        Subject("of that, one scan", lambda lines: scan_all(pipeline, lines)),
    ]
    count = setup.scale(10_000, 2 * MAX_ANSWERS)  # so many that no subject finds the answers which the one before had kept
    timings = alternate(subjects, lambda _: setup.lines.take(count), setup.rounds)
    bounds = (
        "interpreting Python, two thirds of it; then the scans, and the winner's own automaton, which is cold when the rules take turns",
        "the above, with what each step needs kept near at hand for the next reply",
        "the first of these, and msgspec writing about 1 KB",
        "Python and the regular expressions of the standard library on one line",
        "hyperscan over the text with the first of three databases, and its callback into Python for each match",
    )
    rows = [timed(name, timings[name], MICRO, UNIT, bound) for name, bound in zip(timings, bounds, strict=True)]
    ask(rows[0], "≤ 14.3 (70,000 a second)", lambda found: found <= ASKED_MICROSECONDS)
    often = alternate(
        [Subject("where few refusals come often, each time with other names and numbers", subjects[0].run)],
        lambda _: setup.lines.take_often(setup.scale(10_000, 2_000)),
        setup.rounds,
    )
    rows += [
        timed(name, timing, MICRO, UNIT, "the above, with all that is needed near at hand") for name, timing in often.items()
    ]
    waves = alternate(
        [
            Subject("in a wave of 40 refusals to many recipients", lambda lines: classify_all(pipeline, lines)),
            Subject("the same, nothing kept", lambda lines: _classify_anew(pipeline, lines)),
        ],
        lambda number: wave(setup.lines.seeds, setup.scale(8_000, 2_000), seed=number),
        setup.rounds,
    )
    kept = ("the share of texts that hold nothing of the recipient", "as a text that comes once")
    rows += [timed(name, timing, MICRO, UNIT, bound) for (name, timing), bound in zip(waves.items(), kept, strict=True)]
    lengths = [len(line.reply) for line in setup.lines.take(1_000)]
    rules = f"{len(setup.book.rules)} rules"
    return Part("Replies in process", rows, [f"{rules}; lines of {sum(lengths) // len(lengths)} characters on average."])


def classify_all(pipeline: Pipeline, lines: list[ReplyInput]) -> int:
    """Judge them, drop the answers; how many there were."""
    judge = pipeline.reply
    for line in lines:
        judge(line)
    return len(lines)


def _classify_together(pipeline: Pipeline, lines: list[ReplyInput]) -> int:
    for start in range(0, len(lines), TOGETHER):
        classify_replies(pipeline, lines[start : start + TOGETHER])
    return len(lines)


def _classify_anew(pipeline: Pipeline, lines: list[ReplyInput]) -> int:
    for line in lines:
        pipeline.answers.clear()
        pipeline.reply(line)
    return len(lines)


def encode_all(pipeline: Pipeline, lines: list[ReplyInput]) -> int:
    """Judge them and write each answer's JSON; how many there were."""
    judge = pipeline.reply
    for line in lines:
        encode(judge(line))
    return len(lines)


def _parse_all(lines: list[ReplyInput]) -> int:
    for line in lines:
        parse_reply(line.reply)
    return len(lines)


def scan_all(pipeline: Pipeline, lines: list[ReplyInput]) -> int:
    """Scan them, and nothing else; how many there were."""
    scan = pipeline.matcher.scan
    for line in lines:
        scan(line.reply)
    return len(lines)
