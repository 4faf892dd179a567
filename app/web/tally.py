"""Counting answers: into the metrics, and the verdicts of one request into its log line."""

from collections import Counter

from starlette.types import Scope

from app.metrics import Metrics
from app.model import Classification, Report
from app.response import Problem

VERDICTS = "bounces.verdicts"  # in a request's scope: a Counter of the verdicts it was answered with


def tally(scope: Scope, metrics: Metrics, answer: Classification | Report) -> None:
    """Count `answer`, given to the request of `scope`."""
    verdicts: Counter[str] | None = scope.get(VERDICTS)
    if verdicts is None:
        verdicts = scope[VERDICTS] = Counter()
    if isinstance(answer, Classification):
        metrics.judged(answer)
        verdicts[answer.verdict or "null"] += 1
        return
    metrics.read(answer)
    for recipient in answer.recipients:
        verdicts[recipient.verdict or "null"] += 1


def tally_problem(metrics: Metrics, document: Problem) -> None:
    """Count a problem document: the limit that it names, or the fault that it stands for."""
    if document.limit is not None:
        metrics.count("bounces_limits_total", document.limit.partition(" ")[0])
    if document.title == "Internal Server Error":
        metrics.count("bounces_faults_total")
