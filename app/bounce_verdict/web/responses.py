"""Answers as responses: JSON that msgspec has encoded, and problem documents, those for what a route raises among them."""

from collections.abc import Mapping

from anyio import to_thread
from fastapi import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from bounce_verdict.contract.refusals import Refusal, fault_problem, problem_of
from bounce_verdict.errors import InputError
from bounce_verdict.metrics import Metrics
from bounce_verdict.response import JSON, PROBLEM_JSON, TITLES, Problem, encode, problem
from bounce_verdict.web.compression import MIN_BYTES, VARY, compressed
from bounce_verdict.web.counting import count_problem
from bounce_verdict.web.request.preferences import preferred_coding

_OK = 200
_MAX_AT_ONCE = 65_536  # bytes that are coded where they are, in some 0.3 ms; more in a thread
_CONTENT_TYPE, _PROBLEM_CONTENT_TYPE = (b"content-type", JSON.encode()), (b"content-type", PROBLEM_JSON.encode())
_DETAILS = {
    404: "There is nothing at this path; /openapi.json lists what there is.",
    405: "This path does not take this method; the header Allow lists those that it takes.",
}


class EncodedResponse(Response):
    """JSON that is encoded already, a problem document unless the status is 200.

    Response itself would work out anew for each answer what is always the same, which takes as long as checking a key.
    """

    def __init__(self, body: bytes, status: int = _OK) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [_CONTENT_TYPE if status == _OK else _PROBLEM_CONTENT_TYPE, VARY]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # as ASGI calls it
        """Send it, in the content coding that is asked for unless it is small."""
        body = bytes(self.body)  # no copy
        if len(body) >= MIN_BYTES and (coding := preferred_coding(scope)) is not None:
            is_small = len(body) <= _MAX_AT_ONCE
            body = compressed(body, coding) if is_small else await to_thread.run_sync(compressed, body, coding)
            self.raw_headers.append((b"content-encoding", coding.encode()))
        headers = [(b"content-length", b"%d" % len(body)), *self.raw_headers]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def problem_response(document: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries `document`, with its status."""
    return Response(encode(document), document.status, headers, PROBLEM_JSON)


def error_response(error: Exception, metrics: Metrics) -> Response:
    """What is answered where a route raises `error`; whatever it is, the caller gets a problem document, and a fault is logged."""
    if isinstance(error, Refusal | InputError):
        document = problem_of(error)
        count_problem(metrics, document)
        return problem_response(document, error.headers if isinstance(error, Refusal) else None)
    if isinstance(error, HTTPException):
        return _unrouted(error)
    if isinstance(error, ClientDisconnect):  # it left while it was sending; nobody reads this
        return problem_response(problem(400, "The body ended early."))
    return problem_response(fault_problem(error))


def _unrouted(error: HTTPException) -> Response:
    status = error.status_code if error.status_code in TITLES else 500
    headers = dict(error.headers or {})
    if "Allow" in headers:
        methods = set(headers["Allow"].replace(" ", "").split(","))
        headers["Allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
    return problem_response(problem(status, _DETAILS.get(status, TITLES[status] + ".")), headers)
