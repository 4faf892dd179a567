"""Errors answered, once for all routes: what they raise ends as a problem document. Faults: see AccessLogMiddleware."""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from bounce_verdict.errors import InputError
from bounce_verdict.response import TITLES, problem
from bounce_verdict.web.counting import count_problem
from bounce_verdict.web.refusals import Refusal, problem_of
from bounce_verdict.web.responses import problem_response
from bounce_verdict.web.service import service_of

_DETAILS = {
    404: "There is nothing at this path; /openapi.json lists what there is.",
    405: "This path does not take this method; the header Allow lists those that it takes.",
}


def install_problems(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""
    for kind in (Refusal, InputError, ClientDisconnect):
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(HTTPException, _unrouted)


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):  # it left while it was sending; nobody reads this
        return problem_response(problem(400, "The body ended early."))
    assert isinstance(error, Refusal | InputError)  # noqa: S101  # handlers are registered by class
    document = problem_of(error)
    count_problem(service_of(request.scope).metrics, document)
    return problem_response(document, error.headers if isinstance(error, Refusal) else None)


async def _unrouted(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code if error.status_code in TITLES else 500
    headers = dict(error.headers or {})
    if "Allow" in headers:
        methods = set(headers["Allow"].replace(" ", "").split(","))
        headers["Allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return problem_response(problem(status, _DETAILS.get(status, TITLES[status] + ".")), headers)
