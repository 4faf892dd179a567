"""Errors to problem documents, for every way in which a request can fail. None shows a trace or quotes what was sent."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bounce_verdict.errors import InputError
from bounce_verdict.logs import fault_place
from bounce_verdict.metrics import Metrics
from bounce_verdict.response import PROBLEM_JSON, TITLES, Problem, encode, input_problem, problem
from bounce_verdict.web.service import service
from bounce_verdict.web.tally import tally_problem

log = logging.getLogger("bounces.web")

_DETAILS = {
    404: "There is nothing at this path; /openapi.json lists what there is.",
    405: "This path does not take this method; the header Allow lists those that it takes.",
}


# In a request's scope: the semaphore of the places for large bodies, while the request has one of them.
LARGE = "bounces.large"


class Refusal(Exception):
    """A request, or an item of a batch, that is answered with a problem document."""

    def __init__(self, document: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(document.detail)
        self.document = document
        self.headers = headers


def install_problems(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""
    for kind in (Refusal, InputError, ClientDisconnect):
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_middleware(Faults)


def problem_response(document: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries `document`, with its status."""
    return Response(encode(document), document.status, headers, PROBLEM_JSON)


def told_problem(error: Refusal | InputError | ClientDisconnect, metrics: Metrics) -> Problem:
    """The problem document for a request that cannot be served, counted."""
    if isinstance(error, ClientDisconnect):
        return problem(400, "The body ended early.")  # the client left while it was sending; nobody reads this
    document = error.document if isinstance(error, Refusal) else input_problem(error)
    tally_problem(metrics, document)
    return document


def fault_problem(error: Exception) -> Problem:
    """The problem document for a fault of ours. Logs its kind and place; its message may quote the input, so that stays out."""
    log.error("fault: %s", fault_place(error))
    return problem(500, "The service failed on this request; its log says where.")


class Faults:
    """Answers a fault with a problem document, before the server would log its message and what that quotes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001  # the last resort: whatever it is, the caller gets a problem document
            document = fault_problem(error)
            if not started:
                await problem_response(document)(scope, receive, send)
        finally:
            if (place := scope.pop(LARGE, None)) is not None:
                place.release()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal | InputError | ClientDisconnect)  # noqa: S101  # handlers are registered by class
    headers = error.headers if isinstance(error, Refusal) else None
    return problem_response(told_problem(error, service(request).metrics), headers)


async def _unrouted(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code if error.status_code in TITLES else 500
    headers = dict(error.headers or {})
    if "Allow" in headers:
        methods = set(headers["Allow"].replace(" ", "").split(","))
        headers["Allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return problem_response(problem(status, _DETAILS.get(status, TITLES[status] + ".")), headers)
