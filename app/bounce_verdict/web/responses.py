"""Answers as responses: JSON that msgspec has encoded, and problem documents."""

from collections.abc import Mapping

from fastapi import Response

from bounce_verdict.response import JSON, PROBLEM_JSON, Problem, encode

_OK = 200
_CONTENT_TYPE, _PROBLEM_CONTENT_TYPE = (b"content-type", JSON.encode()), (b"content-type", PROBLEM_JSON.encode())


class EncodedResponse(Response):
    """JSON that is encoded already, a problem document unless the status is 200.

    Response itself would work out anew for each answer what is always the same, which takes as long as checking a key.
    """

    def __init__(self, body: bytes, status: int = _OK) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), _CONTENT_TYPE if status == _OK else _PROBLEM_CONTENT_TYPE]


def json_response(answer: object) -> Response:
    """The response that carries a value."""
    return EncodedResponse(encode(answer))


def problem_response(document: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries `document`, with its status."""
    return Response(encode(document), document.status, headers, PROBLEM_JSON)
