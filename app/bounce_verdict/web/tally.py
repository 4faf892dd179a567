"""Counting answers: into the metrics, and the verdicts of one request into its log line."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from starlette.types import Scope

from bounce_verdict.metrics import Metrics
from bounce_verdict.model import Classification, Report
from bounce_verdict.response import BatchAnswer, Problem

VERDICTS = "bounces.verdicts"  # in a request's scope: how often it was answered with each verdict


def tally(scope: Scope, metrics: Metrics, answer: Classification | Report) -> None:
    """Count `answer`, given to the request of `scope`."""
    if isinstance(answer, Classification):
        metrics.judged([answer])
        _note(scope, answer.verdict)
        return
    metrics.read(answer)
    for recipient in answer.recipients:
        _note(scope, recipient.verdict)


def tally_lines(scope: Scope, metrics: Metrics, lines: Sequence[BatchAnswer | msgspec.Raw]) -> None:
    """Count lines of a batch's answer, given to the request of `scope`; an encoded one was counted where it was made."""
    answers = [line for line in lines if isinstance(line, BatchAnswer)]
    for kind, times in Counter([answer.type for answer in answers]).items():
        metrics.count("bounces_batch_items_total", kind, times=times)
    judged = [answer.result for answer in answers if isinstance(answer.result, Classification)]
    metrics.judged(judged)
    for verdict, times in Counter([one.verdict for one in judged]).items():
        _note(scope, verdict, times)
    if len(judged) == len(answers):
        return
    for answer in answers:
        if isinstance(answer.result, Report):
            tally(scope, metrics, answer.result)
        elif isinstance(answer.result, Problem):
            tally_problem(metrics, answer.result)


def _note(scope: Scope, verdict: str | None, times: int = 1) -> None:
    verdicts: dict[str, int] | None = scope.get(VERDICTS)
    if verdicts is None:
        verdicts = scope[VERDICTS] = {}
    told = verdict or "null"
    verdicts[told] = verdicts.get(told, 0) + times


def tally_problem(metrics: Metrics, document: Problem) -> None:
    """Count a problem document: the limit that it names, or the fault that it stands for."""
    if document.limit is not None:
        metrics.count("bounces_limits_total", document.limit.partition(" ")[0])
    if document.title == "Internal Server Error":
        metrics.count("bounces_faults_total")
