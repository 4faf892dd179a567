"""Answers to bytes, and what is said instead of one: problem documents (RFC 9457). Used by web, command line and worker.

The model's values are the answer, msgspec encodes them as they are, so there is no second definition to drift.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

import msgspec

from bounce_verdict.errors import InputError
from bounce_verdict.model import Classification, Identity, LogEvents, Report, Skipped, record

JSON = "application/json"
NDJSON = "application/x-ndjson"
NDJSON_TYPES = (NDJSON, "application/ndjson", "application/jsonl")  # names in use for it, none of them registered
PROBLEM_JSON = "application/problem+json"

# RFC 9110 §15; the names in Python's http module change between versions.
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

# By status: the last part of a problem's `type`. Callers branch on these, docs/problems.md explains them: none ever changes.
PROBLEMS = {
    400: "malformed-request",
    401: "key-required",
    403: "scope-missing",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-input",
    429: "too-many-requests",
    431: "head-too-large",
    500: "internal-error",
    503: "unavailable",
}
# Those that ask for something else than others of their status do, with the statuses that they come with.
Kind = Literal["key-unknown", "sender-unproven", "source-not-configured", "answers-unread", "rules-unusable"]
KINDS: dict[Kind, tuple[int, ...]] = {
    "key-unknown": (401,),
    "sender-unproven": (401,),
    "source-not-configured": (404,),
    "answers-unread": (413, 503),
    "rules-unusable": (422,),
}
PROBLEM_TYPE = "urn:bounce-verdict:problem:"

_DOCS = {"use_attribute_docstrings": True}
_encoder = msgspec.json.Encoder()


@record
class FieldError:
    """What is wrong with one field, header or parameter."""

    __pydantic_config__: ClassVar = _DOCS

    field: str
    """The JSON key, header or parameter at fault; `body` for the whole."""
    message: str
    """What is wrong with it, without quoting it."""


@record
class Problem:
    """Why a request, or one item of a batch, got no answer (RFC 9457). It never quotes what was sent."""

    __pydantic_config__: ClassVar = _DOCS

    type: str
    """What kind of problem it is: a name, the same in every version, not an address to open. docs/problems.md explains each."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status; in a batch, the one that the item alone would have got."""
    detail: str
    """What is wrong with this request, for a person."""
    errors: Sequence[FieldError]
    """With 422: the fields at fault."""
    limit: str | None
    """With 413 and 431: the limit that was exceeded, as its name and value."""
    accepted: Sequence[str]
    """With 415: the media types or content codings that are accepted here."""


@record
class BatchAnswer:
    """One line of a batch's answer."""

    __pydantic_config__: ClassVar = _DOCS

    index: int
    """The item's place in the request, from 0; empty lines are not counted."""
    id: Identity | None
    """The item's own id, echoed; null where it has none or none could be read."""
    type: Literal["classification", "report", "events", "skipped", "problem"]
    """What `result` is."""
    result: Classification | Report | LogEvents | Skipped | Problem
    """The answer for a reply, a message or a log, why a log tells of no delivery, or why there is no answer."""


def encode(answer: object) -> bytes:
    """UTF-8 JSON of an answer: a value of the model or of this file, or plain lists and dicts of such."""
    return _encoder.encode(answer)


def encode_onto(buffer: bytearray, answer: object) -> None:
    """Append to `buffer` what `encode` gives, without a copy."""
    _encoder.encode_into(answer, buffer, -1)


def encode_lines(answers: Iterable[object]) -> bytes:
    """A batch's lines, each as `encode` would write it, with its line end. Raw: one that is encoded already."""
    return _encoder.encode_lines(answers)


def indented(encoded: bytes) -> str:
    """Encoded JSON laid out for a person, with a line end."""
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def problem(
    status: int,
    detail: str,
    *,
    kind: Kind | None = None,
    errors: Sequence[FieldError] = (),
    limit: str | None = None,
    accepted: Sequence[str] = (),
) -> Problem:
    """A problem document of that status, one of TITLES, and kind, by default that of its status."""
    return Problem(PROBLEM_TYPE + (kind or PROBLEMS[status]), TITLES[status], status, detail, errors, limit, accepted)


def input_problem(error: InputError) -> Problem:
    """The problem document for an input that cannot be used: 413 where it is too large, else 422 with the field named."""
    if error.limit is not None:
        return problem(413, f"{error.field} {error.message}.", limit=error.limit)
    return problem(422, f"{error.field} {error.message}.", errors=[FieldError(error.field, error.message)])


def batch_answer(
    index: int, identity: Identity | None, result: Classification | Report | LogEvents | Skipped | Problem
) -> BatchAnswer:
    """The line of a batch for one item's result."""
    return BatchAnswer(index, identity, _TYPES[type(result)], result)


_TYPES: dict[type, Literal["classification", "report", "events", "skipped", "problem"]] = {
    Classification: "classification",
    Report: "report",
    LogEvents: "events",
    Skipped: "skipped",
    Problem: "problem",
}
