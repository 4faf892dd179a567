"""Errors to problem documents, for every way in which a request can fail. None shows a trace or quotes what was sent."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import InputError
from app.logs import fault_place
from app.response import PROBLEM_JSON, TITLES, Problem, encode, input_problem, problem
from app.web.service import service
from app.web.tally import tally_problem

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
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(InputError, _unusable)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_middleware(Faults)


def problem_response(document: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries `document`, with its status."""
    return Response(encode(document), document.status, headers, PROBLEM_JSON)


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
    assert isinstance(error, Refusal)  # noqa: S101  # handlers are registered by class
    tally_problem(service(request).metrics, error.document)
    return problem_response(error.document, error.headers)


async def _unusable(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)  # noqa: S101
    document = input_problem(error)
    tally_problem(service(request).metrics, document)
    return problem_response(document)


async def _unrouted(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code if error.status_code in TITLES else 500
    headers = dict(error.headers or {})
    if "Allow" in headers:
        methods = set(headers["Allow"].replace(" ", "").split(","))
        headers["Allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return problem_response(problem(status, _DETAILS.get(status, TITLES[status] + ".")), headers)


async def _gone(_: Request, error: Exception) -> Response:  # noqa: ARG001
    """The client left while it was sending; nobody reads this."""
    return problem_response(problem(400, "The body ended early."))
