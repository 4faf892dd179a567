"""GET /livez and /readyz: whether the service answers, and by which rules."""

from collections.abc import Sequence
from typing import Literal

from fastapi import Request, Response

from bounce_verdict import __version__
from bounce_verdict.model import value
from bounce_verdict.response import problem
from bounce_verdict.snapshot.status import RuleFolder
from bounce_verdict.web.refusals import Refusal
from bounce_verdict.web.request.query import query
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

routes = router()


@value
class Alive:
    """The process answers."""

    status: Literal["alive"]
    """Always alive; a process that is not does not answer."""


@value
class Ready:
    """The service can classify."""

    status: Literal["ready"]
    """Always ready: without rules the service does not start."""
    rules: Literal["current", "stale"]
    """Whether the rules are those on disk; stale where those cannot be used, so that the last good ones answer."""
    rules_fault: str | None
    """file:line of what keeps the rules on disk from being used; null where they are in use."""
    rules_fault_detail: str | None
    """What is wrong there."""
    rule_folders: Sequence[RuleFolder]
    """The folders that the rules in use were read from."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    storage_fault: str | None
    """What is wrong with the state folder, without which the service goes on; null where nothing is."""
    version: str
    """The program's version."""


@routes.get("/livez", tags=["health"], summary="Whether the process answers", response_model=Alive)
async def livez(request: Request) -> Response:
    """Answers as long as the process does; asks nothing of the rules."""
    query(request.scope)
    return json_response(Alive("alive"))


@routes.get("/readyz", tags=["health"], summary="Whether the service can classify, and by which rules", response_model=Ready)
async def readyz(request: Request) -> Response:
    """Says which rules are in use."""
    query(request.scope)
    service = service_of(request.scope)
    if service.draining:
        raise Refusal(problem(503, "The service is ending."), {"Retry-After": "1"})
    fault = service.rules_fault
    return json_response(
        Ready(
            "ready",
            "stale" if fault else "current",
            fault.place if fault else None,
            fault.message if fault else None,
            service.rule_folders,
            service.pipeline.book.digest,
            service.storage_fault,
            __version__,
        )
    )
