"""Large and costly bodies: child processes of a worker (anyio.to_process) answer them, so that replies need not wait.

How many jobs wait is bounded by the places for large bodies (request/body.py) and by the connections. A child keeps one pipeline,
made from the worker's snapshot, and counts what it answers. What it logs goes back with the answer, and the worker logs it: a child
of anyio.to_process has a stderr that nobody reads.
"""

import asyncio
import logging.handlers
import os
import pickle
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, TypeVar, TypeVarTuple

from anyio import BrokenWorkerProcess, CapacityLimiter, fail_after, to_process, to_thread
from starlette.types import Scope

import bounce_verdict.pipeline.read_message  # noqa: F401  # now, and not with the first message
from bounce_verdict.contract.items import answer_item, read_line
from bounce_verdict.contract.refusals import Refusal, fault_problem, problem_of
from bounce_verdict.contract.reply_request import GivenReply, judge_reply
from bounce_verdict.contract.short_answers import shortened
from bounce_verdict.errors import BounceError, InputError
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import Classification, Limits, MessageInput, Report, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.response import BatchAnswer, encode
from bounce_verdict.snapshot.file import load_pipeline
from bounce_verdict.web.counting import VERDICTS, add_verdicts, count_answer, count_lines, count_problem

MAX_SECONDS = 60  # for one body; what the limits allow takes a few at the worst
_MAX_LOGGED = 1_000  # lines of one job
_NICER = 5  # than its worker, whose replies are short and should not wait for a processor

log = logging.getLogger("bounces.web")

_Given = TypeVarTuple("_Given")
_Found = TypeVar("_Found")


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


class ChildLost(Exception):
    """A child died on a body, or was ended because it took too long."""


class Pool:
    """Up to so many children, one started ahead (`prepare`), each other when it is first needed; all are kept."""

    def __init__(self, children: int) -> None:
        self._limiter = CapacityLimiter(children)
        # A job is put into its file when there is a child for it, so that whoever waits does not hold its body twice.
        self._turn = asyncio.Semaphore(children)
        self._prepared: Wanted | None = None
        self._idle = 0  # children that are known to wait for a job

    async def prepare(self, wanted: Wanted) -> None:
        """Have a child that has loaded the pipeline that is wanted; nothing to do where one has."""
        if wanted == self._prepared:
            return
        async with self._child():
            self._prepared = wanted  # however it ends: tried once, not each second
            try:
                with fail_after(MAX_SECONDS):
                    await to_process.run_sync(_prepare, wanted, cancellable=True, limiter=self._limiter)
            except (OSError, TimeoutError, BrokenWorkerProcess, BounceError) as error:
                log.warning("no child could be started for large bodies, the first will wait for one: %s", type(error).__name__)

    async def answer(self, scope: Scope, wanted: Wanted, job: Job, *, short: bool = False) -> tuple[bytes, int]:
        """The encoded answer, in short where that is asked for, or problem document, and its status. Raises ChildLost."""
        async with self._child():
            # A file of memory, written by a thread: anyio would pickle the job here, where everybody waits, 10 ms for 10 MB.
            with open(os.memfd_create("job"), "wb") as file:  # noqa: ASYNC230, PTH123
                await to_thread.run_sync(_put, job, file)
                done = await self._run(partial(_answer, wanted, f"/proc/{os.getpid()}/fd/{file.fileno()}", short=short))
        for line in done.logged:
            log.error("%s", line)
        add_verdicts(scope, done.verdicts)
        return done.body, done.status

    async def run(self, do: Callable[[*_Given], _Found], *given: *_Given) -> _Found:
        """What `do` returns in a child. Raises ChildLost."""
        async with self._child():
            return await self._run(do, *given)

    def is_free(self, wanted: Wanted) -> bool:
        """Whether a child with the pipeline that is wanted would begin now, and nobody waits for one."""
        return self._idle > 0 and wanted == self._prepared and not self._turn.locked()

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[None]:
        """The turn of one job: it has a child that is idle, else a new one."""
        async with self._turn:
            self._idle -= self._idle > 0
            yield
            self._idle += 1  # unless it was lost

    async def _run(self, do: Callable[[*_Given], _Found], *given: *_Given) -> _Found:
        try:
            with fail_after(MAX_SECONDS):
                return await to_process.run_sync(do, *given, cancellable=True, limiter=self._limiter)
        except (TimeoutError, BrokenWorkerProcess, ProcessLookupError) as error:  # the last where it died as it started
            log.error("a child was lost on what it answered: %s", type(error).__name__)  # noqa: TRY400
            self._prepared = None
            raise ChildLost from None


class _Child:
    """The child process: what it keeps from one job to the next."""

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


_child = cache(_Child)  # the one of this process: the folder of counts is always the same


def child(wanted: Wanted) -> _Child:
    """In the child: what it keeps, made with its first job."""
    return _child(wanted.snapshot.parent)


def _prepare(wanted: Wanted) -> None:
    """In the child: make the pipeline that is wanted, so that the next job need not wait for it."""
    child(wanted).pipeline(wanted)


def _put(job: Job, file: BinaryIO) -> None:
    pickle.dump(job, file, pickle.HIGHEST_PROTOCOL)  # which hands many bytes on as they are
    file.flush()


def _answer(wanted: Wanted, place: str, *, short: bool) -> Done:
    """In the child: the answer to the job in the file there, whatever it is; in short where that is asked for."""
    own = child(wanted)
    counted: dict[str, dict[str, int]] = {}
    status = 200
    try:
        with Path(place).open("rb") as file:
            job: Job = pickle.load(file)  # noqa: S301  # the worker's own
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
