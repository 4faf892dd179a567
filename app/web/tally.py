"""Counting answers: into the metrics, and the verdicts of one request into its log line."""

from starlette.types import Scope

from app.metrics import Metrics
from app.model import Classification, Report
from app.response import Problem

VERDICTS = "bounces.verdicts"  # in a request's scope: how often it was answered with each verdict


def tally(scope: Scope, metrics: Metrics, answer: Classification | Report) -> None:
    """Count `answer`, given to the request of `scope`."""
    verdicts: dict[str, int] | None = scope.get(VERDICTS)
    if verdicts is None:
        verdicts = scope[VERDICTS] = {}
    if isinstance(answer, Classification):
        metrics.judged(answer)
        verdict = answer.verdict or "null"
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
        return
    metrics.read(answer)
    for recipient in answer.recipients:
        verdict = recipient.verdict or "null"
        verdicts[verdict] = verdicts.get(verdict, 0) + 1


def tally_problem(metrics: Metrics, document: Problem) -> None:
    """Count a problem document: the limit that it names, or the fault that it stands for."""
    if document.limit is not None:
        metrics.count("bounces_limits_total", document.limit.partition(" ")[0])
    if document.title == "Internal Server Error":
        metrics.count("bounces_faults_total")
