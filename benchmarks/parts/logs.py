"""(j) Postfix's log in process: as a busy server writes it, and refusals alone."""

from collections.abc import Iterable, Sequence

from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MICRO, Part, Row, ask, timed
from benchmarks.measuring.timing import Subject, alternate, ratio
from benchmarks.parts.replies import classify_all
from bounce_verdict.maillogs import answer_lines
from bounce_verdict.maillogs.reader import read_records
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline

ASKED = 50  # µs: 100,000 lines in 5 s
LOG, REFUSALS, READ, REPLIES = "a busy server's log", "refusals alone", "of that, reading the lines", "their replies alone"
UNIT = "µs a line"
_BOUNDS = {
    LOG: "two lines of seven tell of a delivery; reading them, and the rest as refusals alone",
    REFUSALS: "classification of a reply that stands in a client's words",
    READ: "regular expressions over prefix and line",
    REPLIES: "classification, as under Replies in process",
}


def measure(setup: Setup) -> Part:
    """The figures."""
    count = setup.scale(20_000, 4_000)
    pipeline = setup.pipeline
    subjects: list[Subject[_Lines]] = [
        Subject(LOG, lambda given: _answer(pipeline, given.log)),
        Subject(REFUSALS, lambda given: _answer(pipeline, given.refusals)),
        Subject(REPLIES, lambda given: classify_all(pipeline, given.replies)),
        Subject(READ, lambda given: sum(1 for _ in read_records(given.refusals, "postfix"))),
    ]
    timings = alternate(subjects, lambda _: _Lines(setup.lines.take(count)), setup.rounds)
    rows = [timed(name, timing, MICRO, UNIT, _BOUNDS[name]) for name, timing in timings.items()]
    ask(rows[0], f"≤ {ASKED} (100,000 in 5 s)", lambda found: found <= ASKED)
    share = Row(f"{REFUSALS} ÷ {REPLIES}", "times", "both figures above")
    share.cpu, share.wall = (
        ratio(timings[REFUSALS].cpu, timings[REPLIES].cpu),
        ratio(timings[REFUSALS].wall, timings[REPLIES].wall),
    )
    return Part("Postfix's log in process", [*rows, share], [f"{count:,} lines a round, each recipient new."])


class _Lines:
    """One round's lines: as many of a log, and of refusals."""

    def __init__(self, replies: Sequence[ReplyInput]) -> None:
        self.replies = list(replies)
        self.refusals = [_line(number, _refusal(number, reply)) for number, reply in enumerate(replies)]
        self.log = [line for number, reply in enumerate(replies[: -(-len(replies) // 7)]) for line in _message(number, reply)]
        del self.log[len(self.refusals) :]


def _answer(pipeline: Pipeline, lines: Iterable[str]) -> int:
    return sum(1 for _ in answer_lines(pipeline, lines, "postfix"))


def _message(number: int, reply: ReplyInput) -> list[str]:
    """All that Postfix writes of a message with two recipients: one takes it, one does not."""
    queue = f"4X{number:X}"
    return [
        _line(number, "connect from app.example.com[192.0.2.7]", "smtpd"),
        _line(number, f"{queue}: client=app.example.com[192.0.2.7]", "smtpd"),
        _line(number, f"{queue}: message-id=<{number}@news.example.com>", "cleanup"),
        _line(number, f"{queue}: from=<news@example.com>, size=34567, nrcpt=2 (queue active)", "qmgr"),
        _line(number, _delivery(number, f"bo{number}@example.org", "sent (250 2.0.0 Ok: queued as 4XyZ)", "2.0.0")),
        _line(number, _refusal(number, reply)),
        _line(number, f"{queue}: removed", "qmgr"),
    ]


def _refusal(number: int, reply: ReplyInput) -> str:
    said = " ".join(reply.reply.split())
    words = f"bounced (host mx.example.org[192.0.2.1] said: {said} (in reply to {reply.command or 'RCPT TO'} command))"
    return _delivery(number, reply.recipient or f"ana{number}@example.org", words, "5.0.0")


def _delivery(number: int, to: str, words: str, status: str) -> str:
    relay = "relay=mx.example.org[192.0.2.1]:25, delay=1.2, delays=0.1/0/0.9/0.2"
    return f"4X{number:X}: to=<{to}>, {relay}, dsn={status}, status={words}"


def _line(number: int, message: str, program: str = "smtp") -> str:
    return f"2026-11-29T09:{number // 60 % 60:02}:{number % 60:02}.250000+01:00 mail postfix/{program}[{number % 30_000}]: {message}\n"
