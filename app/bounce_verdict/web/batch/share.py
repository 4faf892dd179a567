"""A share of a batch: some of its lines, answered by a child of the worker (large_bodies.py) and put into the batch by the worker.

What a share counts comes back with it, so that no line is counted that the batch then answers itself, or not at all.
"""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic

from bounce_verdict.contract.items import TooCostly, answer_item, judge_replies, read_line
from bounce_verdict.contract.refusals import fault_problem
from bounce_verdict.metrics import Metrics
from bounce_verdict.model import value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import BatchAnswer
from bounce_verdict.web.batch.form import Form
from bounce_verdict.web.counting import VERDICTS, count_lines
from bounce_verdict.web.judging import read_inline
from bounce_verdict.web.large_bodies import ChildLost, Pool, Wanted, child

_MAX_SECONDS = 0.05  # for which the child answers no large body that comes meanwhile
_MAX_BYTES = 524_288  # of answers, which the event loop takes at once
_TOGETHER = 32  # lines judged, encoded and sent at a time

log = logging.getLogger("bounces.web")


@value
class GivenLines:
    """Small lines, the place of the first, and the form of the answer."""

    index: int
    lines: Sequence[bytes]
    max_body: int
    form: Form


@value
class AnsweredLines:
    """So many lines, the bytes that they are encoded, and what they count: into the metrics, and as verdicts of the request."""

    count: int
    size: int
    counted: Metrics
    verdicts: dict[str, int]


@value
class Share:
    """The answers to the first so many of the lines that were given, encoded, and the seconds until the child had them."""

    answered: Sequence[tuple[AnsweredLines, bytes]]
    count: int
    seconds: float


async def ask_child(pool: Pool, wanted: Wanted, given: GivenLines) -> Share | None:
    """A child's answers; None where none is free at this moment, or it was lost. Not to be cancelled: that would kill the child."""
    if not pool.is_free(wanted):
        return None
    began = monotonic()
    try:
        with open(os.memfd_create("answers"), "rb") as file:  # noqa: ASYNC230, PTH123  # of a pipe the loop takes 64 KB in two turns
            place = f"/proc/{os.getpid()}/fd/{file.fileno()}"
            answered, ended, logged = await pool.run(_answer_lines, wanted, given, place)
            found = [(some, file.read(some.size)) for some in answered]
    except (ChildLost, OSError):
        return None
    for line in logged:
        log.error("%s", line)
    if any(len(encoded) < some.size for some, encoded in found):  # there was no memory for the file
        return None
    return Share(found, sum(some.count for some in answered), ended - began)


def _answer_lines(wanted: Wanted, given: GivenLines, place: str) -> tuple[list[AnsweredLines], float, list[str]]:
    """In the child: answer the first of the lines into the file there; when that was done, and what was logged.

    What is costly, or has no more time or room, is left to the worker.
    """
    own, until = child(wanted), monotonic() + _MAX_SECONDS
    answered: list[AnsweredLines] = []
    try:
        pipeline = own.pipeline(wanted)
        with Path(place).open("wb") as file:
            for at in range(0, len(given.lines), _TOGETHER):
                some = given.lines[at : at + _TOGETHER]
                lines = _judge(pipeline, given.index + at, some, given.max_body, until)
                encoded = given.form.encode(lines)
                if not lines or file.tell() + len(encoded) > _MAX_BYTES:
                    break
                file.write(encoded)
                scope: dict[str, dict[str, int]] = {}
                counted = Metrics()
                count_lines(scope, counted, lines)
                answered.append(AnsweredLines(len(lines), len(encoded), counted, scope.get(VERDICTS, {})))
                if len(lines) < len(some):
                    break
    except Exception as error:  # noqa: BLE001  # a fault of ours; the worker meets it, too, or not
        fault_problem(error)
    return answered, monotonic(), own.logged()


def _judge(pipeline: Pipeline, index: int, lines: Sequence[bytes], max_body: int, until: float) -> list[BatchAnswer]:
    """The answers up to a costly message, or the time until which there may be any."""
    answers: list[BatchAnswer] = []
    items = judge_replies([read_line(line, pipeline, max_body) for line in lines], pipeline)
    read = partial(read_inline, pipeline, max_bytes=max_body)
    with suppress(TooCostly):
        for item in items:
            if monotonic() > until:
                break
            answers.append(answer_item(index + len(answers), item, pipeline, read))
    return answers
