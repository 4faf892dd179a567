"""Health and the front door: /livez, /readyz, /."""

from typing import ClassVar, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from bounce_verdict import __version__
from bounce_verdict.model import value
from bounce_verdict.response import JSON, encode, problem
from bounce_verdict.web.contract import answers
from bounce_verdict.web.examples import DIGEST
from bounce_verdict.web.inputs import query
from bounce_verdict.web.problems import Refusal
from bounce_verdict.web.service import service

_DOCS = {"use_attribute_docstrings": True}


@value
class Alive:
    """The process answers."""

    __pydantic_config__: ClassVar = _DOCS

    status: Literal["alive"]
    """Always alive; a process that is not does not answer."""


@value
class Ready:
    """The service can classify."""

    __pydantic_config__: ClassVar = _DOCS

    status: Literal["ready"]
    """Always ready: without rules the service does not start."""
    rules: Literal["current", "stale"]
    """Whether the rules are those on disk; stale where those cannot be used, so that the last good ones answer."""
    rules_fault: str | None
    """file:line of what keeps the rules on disk from being used; null where they are in use."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


def add_routes(app: FastAPI) -> None:
    """Add the health endpoints, and / which leads to the page about the interface."""
    app.add_api_route(
        "/livez",
        livez,
        methods=["GET"],
        tags=["health"],
        summary="Whether the process answers",
        response_model=Alive,
        responses=answers("It does.", Alive("alive"), [422]),
    )
    app.add_api_route(
        "/readyz",
        readyz,
        methods=["GET"],
        tags=["health"],
        summary="Whether the service can classify, and by which rules",
        response_model=Ready,
        responses=answers("It can.", Ready("ready", "current", None, DIGEST, __version__), [422, 503]),
    )
    app.add_api_route("/", _front, methods=["GET"], include_in_schema=False)


async def livez(request: Request) -> Response:
    """Answers as long as the process does; asks nothing of the rules."""
    query(request.scope)
    return Response(encode(Alive("alive")), media_type=JSON)


async def readyz(request: Request) -> Response:
    """Says which rules are in use."""
    query(request.scope)
    known = service(request)
    if known.draining:
        raise Refusal(problem(503, "The service is ending."), {"Retry-After": "1"})
    stale, digest = known.rules_fault, known.pipeline.book.digest
    ready = Ready("ready", "stale" if stale else "current", stale.place if stale else None, digest, __version__)
    return Response(encode(ready), media_type=JSON)


async def _front(_: Request) -> Response:
    return RedirectResponse("docs")
