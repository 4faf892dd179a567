"""The words in which a route describes itself to OpenAPI: parameters, bodies, refusals."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bounce_verdict.response import JSON, PROBLEM_JSON, TITLES
from bounce_verdict.web.openapi.examples import PROBLEMS

Document = dict[str, Any]
Responses = dict[int | str, Document]

_REFUSED = {
    400: "The body is not what its Content-Type or Content-Encoding says: malformed JSON, broken gzip. Or the path holds a control character.",
    401: "Keys are in force and the request carries none that is known.",
    403: "The key lacks the scope.",
    404: "There is no such thing.",
    409: "It cannot be done at the moment, or not in this process.",
    413: "The body or a part of it exceeds a limit; `limit` names it.",
    415: "The Content-Type or Content-Encoding is not taken here; `accepted` lists what is.",
    422: "A field, header or parameter is missing, unknown or wrong; `errors` names it.",
    500: "The service failed. Nothing is known of the input.",
    503: "The service cannot answer at the moment.",
}


# In any case (RFC 9110 §8.4.1); x-gzip is gzip (§8.4.1.3), identity and an empty field are none.
_NAMES = ("gzip", "x-gzip", "zstd", "identity")
_ANY_CASE = "|".join("".join(f"[{sign.upper()}{sign}]" if sign.isalpha() else sign for sign in name) for name in _NAMES)
_CODING = {"type": "string", "pattern": f"^({_ANY_CASE}|)$", "examples": ["gzip", "zstd"]}
# What may stand in a path: a control character there is a 400.
PRINTABLE: Document = {"type": "string", "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"}


def reference(name: str) -> Document:
    """A schema among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def refusals(*statuses: int) -> Responses:
    """The problem documents that a route may answer with; 500 and 503 always."""
    return {status: _refusal(status) for status in (*statuses, 500, 503)}


def answers(description: str, example: object, statuses: Sequence[int] = (), media: str = JSON) -> Responses:
    """What a route answers: one example of the good case, and the problem documents."""
    return {
        200: {"description": description, "content": {media: {"example": msgspec.to_builtins(example)}}},
        **refusals(*statuses),
    }


def takes(media: Mapping[str, Document], description: str, parameters: Sequence[Document] = ()) -> Document:
    """A body in one of several media types, plain, gzip or zstd, and the parameters beside it."""
    coding = parameter("Content-Encoding", "header", "How the body is compressed.", _CODING)
    body = {"required": True, "description": description, "content": dict(media)}
    return {"requestBody": body, "parameters": [*parameters, coding]}


def parameter(name: str, place: str, description: str, schema: Document, example: str | None = None) -> Document:
    """A parameter; one in the path is required, any other is not."""
    told = {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}
    return told if example is None else {**told, "example": example}


def _refusal(status: int) -> Document:
    content = {PROBLEM_JSON: {"schema": reference("Problem"), "example": msgspec.to_builtins(PROBLEMS[status])}}
    return {"description": f"{TITLES[status]}. {_REFUSED[status]}", "content": content}
