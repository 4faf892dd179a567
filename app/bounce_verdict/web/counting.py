"""Counting answers: into the metrics, and the verdicts of one request into its log line."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from starlette.types import Scope

from bounce_verdict.metrics import Metrics
from bounce_verdict.model import Classification, Event, LogEvents, Report, Skipped
from bounce_verdict.response import BatchAnswer, Problem

VERDICTS = "bounces.verdicts"  # in a request's scope: how often it was answered with each verdict
_FAULT = 500


def count_answer(scope: Scope, metrics: Metrics, answer: Classification | Report | LogEvents | Skipped) -> None:
    """Count `answer`, given to the request of `scope`."""
    if isinstance(answer, Classification):
        count_recipients(scope, metrics, [answer])
    elif isinstance(answer, Report):
        metrics.read(answer)
        _note_verdicts(scope, answer.recipients)
    elif isinstance(answer, LogEvents):
        count_events(scope, metrics, answer.events, answer.format)
    else:
        metrics.count("bounces_log_items_skipped_total", answer.reason)


def count_events(scope: Scope, metrics: Metrics, events: Sequence[Event], source: str) -> None:
    """Count the answers in events that `source` told of, given to the request of `scope`."""
    count_recipients(scope, metrics, [one for event in events for one in event.recipients], source)


def count_recipients(scope: Scope, metrics: Metrics, judged: Sequence[Classification], source: str = "direct") -> None:
    """Count the answers for recipients that `source` told of, given to the request of `scope`."""
    metrics.judged(judged, source)
    _note_verdicts(scope, judged)


def count_lines(scope: Scope, metrics: Metrics, lines: Sequence[BatchAnswer | msgspec.Raw]) -> None:
    """Count lines of a batch's answer, given to the request of `scope`; an encoded one was counted where it was made."""
    answers = [line for line in lines if isinstance(line, BatchAnswer)]
    for kind, times in Counter([answer.type for answer in answers]).items():
        metrics.count("bounces_batch_items_total", kind, times=times)
    count_recipients(scope, metrics, [one.result for one in answers if isinstance(one.result, Classification)])
    for answer in answers:
        if isinstance(answer.result, Problem):
            count_problem(metrics, answer.result)
            if answer.result.status == _FAULT:  # of a request as a whole it is the access log that counts them
                metrics.count("bounces_faults_total")
        elif not isinstance(answer.result, Classification):
            count_answer(scope, metrics, answer.result)


def count_problem(metrics: Metrics, document: Problem) -> None:
    """Count a problem document by the limit that it names."""
    if document.limit is not None:
        metrics.count("bounces_limits_total", document.limit.partition(" ")[0])


def add_verdicts(scope: Scope, found: Mapping[str, int]) -> None:
    """Add to the verdicts of the request's log line."""
    verdicts: dict[str, int] = scope.setdefault(VERDICTS, {})
    for verdict, times in found.items():
        verdicts[verdict] = verdicts.get(verdict, 0) + times


def _note_verdicts(scope: Scope, judged: Sequence[Classification]) -> None:
    verdicts: dict[str, int] = scope.setdefault(VERDICTS, {})
    for one in judged:
        verdict = one.verdict or "null"
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
