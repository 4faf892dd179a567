"""What is answered instead of an answer: problem documents. None shows a trace or quotes what was sent."""

import logging
from collections.abc import Mapping

from bounce_verdict.errors import InputError
from bounce_verdict.logs import fault_place
from bounce_verdict.response import Problem, input_problem, problem

log = logging.getLogger("bounces.web")


class Refusal(Exception):
    """A request, or an item of a batch, that is answered with a problem document."""

    def __init__(self, document: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(document.detail)
        self.document = document
        self.headers = headers


def problem_of(error: Refusal | InputError) -> Problem:
    """The problem document of what is wrong with a request, or with an item of a batch."""
    return error.document if isinstance(error, Refusal) else input_problem(error)


def fault_problem(error: Exception) -> Problem:
    """The problem document for a fault of ours. Logs its kind and place; its message may quote the input, so that stays out."""
    return log_fault(fault_place(error))


def log_fault(place: str) -> Problem:
    """The problem document for a fault of ours that was raised at `place`, which is logged."""
    log.error("fault: %s", place)
    return problem(500, "The service failed on this request; its log says where.")
