"""What runs in the child process of a worker (see large_body_pool.py): large and costly bodies, so that replies need not wait for them.

The child keeps one pipeline, made from the worker's snapshot, and counts what it answers. What it logs goes back with the answer,
and the worker logs it: a child of anyio.to_process has a stderr that nobody reads.
"""

import logging.handlers
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import bounce_verdict.pipeline.read_message  # noqa: F401  # now, and not with the first message
from bounce_verdict.contract.items import answer_item, read_line
from bounce_verdict.contract.refusals import Refusal, fault_problem, problem_of
from bounce_verdict.contract.reply_request import GivenReply, judge_reply
from bounce_verdict.contract.short_answers import shortened
from bounce_verdict.errors import InputError
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import Classification, Limits, MessageInput, Report, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.response import BatchAnswer, encode
from bounce_verdict.snapshot.file import load_pipeline
from bounce_verdict.web.counting import VERDICTS, count_answer, count_lines, count_problem

_MAX_LOGGED = 1_000  # lines of one job
_NICER = 5  # than its worker, whose replies are short and should not wait for a processor


@value
class Wanted:
    """The pipeline that is to answer: its snapshot, the digest of its rules, its limits, the operator's return paths and domains."""

    snapshot: Path
    digest: str
    limits: Limits
    return_paths: ReturnPaths
    own_domains: tuple[str, ...] = ()


@value
class GivenLine:
    """A batch's line, and its place."""

    index: int
    line: bytes
    max_body: int


Job = GivenReply | MessageInput | GivenLine


@value
class Done:
    """An encoded answer, a problem document unless the status is 200; `verdicts` counts those in it; logged: what the child logged."""

    status: int
    body: bytes
    verdicts: dict[str, int]
    logged: Sequence[str]


class _Child:
    """This process: what it keeps from one job to the next."""

    def __init__(self, counts: Path) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it ends with its worker, whose pipe it reads
        os.nice(_NICER)
        self._log = logging.handlers.BufferingHandler(_MAX_LOGGED)
        logging.basicConfig(handlers=[self._log], level=logging.WARNING, force=True)
        self.metrics = Metrics(counts)
        self._pipeline: Pipeline | None = None
        self._made_for: Wanted | None = None

    def pipeline(self, wanted: Wanted) -> Pipeline:
        """The pipeline, made anew where another is wanted than before."""
        if self._pipeline is None or self._made_for != wanted:
            self._pipeline = None  # two at once would cost twice the memory
            self._pipeline = load_pipeline(wanted.snapshot, wanted.limits, wanted.return_paths, wanted.own_domains)
            self._made_for = wanted
        return self._pipeline

    def logged(self) -> list[str]:
        """What was logged since the last time."""
        lines = [record.getMessage() for record in self._log.buffer]
        self._log.flush()
        return lines


_children: list[_Child] = []  # one, once there was a job


def prepare(wanted: Wanted) -> None:
    """Make the pipeline that is wanted, so that the next job need not wait for it."""
    child(wanted).pipeline(wanted)


def child(wanted: Wanted) -> _Child:
    """What this process keeps; made with its first job."""
    if not _children:
        _children.append(_Child(wanted.snapshot.parent))
    return _children[0]


def answer(wanted: Wanted, job: Job, *, short: bool = False) -> Done:
    """The answer, whatever the job is; in short where that is asked for."""
    own = child(wanted)
    counted: dict[str, dict[str, int]] = {}
    status = 200
    try:
        full = _judge(own.pipeline(wanted), job, own.metrics, counted)
        body = encode(shortened(full) if short else full)
    except (InputError, Refusal) as error:
        document = problem_of(error)
        count_problem(own.metrics, document)
        status, body = document.status, encode(document)
    except Exception as error:  # noqa: BLE001  # a fault of ours on one body must not lose the next
        document = fault_problem(error)
        status, body = document.status, encode(document)
    own.metrics.flush()
    return Done(status, body, counted.get(VERDICTS, {}), own.logged())


def _judge(
    pipeline: Pipeline, job: Job, metrics: Metrics, counted: dict[str, dict[str, int]]
) -> Classification | Report | BatchAnswer:
    if isinstance(job, GivenLine):
        line = answer_item(job.index, read_line(job.line, pipeline, job.max_body), pipeline, pipeline.message)
        count_lines(counted, metrics, [line])
        return line
    found = judge_reply(pipeline, job) if isinstance(job, GivenReply) else pipeline.message(job)
    count_answer(counted, metrics, found)
    return found
