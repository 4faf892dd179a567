"""A batch as a client sends and reads it: items to lines, some lines to a request, lines to answers."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from bounce_verdict.contract.short_answers import Detail, ShortClassification, ShortLogEvents, ShortReport
from bounce_verdict.errors import ServiceError
from bounce_verdict.model import Classification, Identity, LogEvents, Report, Skipped
from bounce_verdict.response import Problem

T = TypeVar("T")
BatchItem = Mapping[str, Any]

# What one request of a batch may hold: so little that sender and server never wait for each other, whatever their buffers.
MAX_LINES = 500
MAX_BYTES = 65_536


class BatchAnswer(msgspec.Struct):
    """The answer for one item of a batch.

    index: the item's place, from 0. id: its own, echoed. type: "classification", "report", "events", "skipped" or "problem", as
    `result` is a Classification, a Report, LogEvents, Skipped or a Problem, of which the first three have a short form; for a type
    that is newer than this client `result` is what the JSON holds.
    """

    index: int
    id: Identity | None
    type: str
    result: Classification | Report | LogEvents | ShortClassification | ShortReport | ShortLogEvents | Skipped | Problem | Any


def encoded(item: BatchItem) -> bytes:
    """The item as JSON. Bytes are text, as smtplib has replies and base64 its output; a message's own need not be, and go as message_base64.

    msgspec would write any bytes in base64, which a service takes for the text.
    """
    if any(isinstance(given, bytes) for given in item.values()):
        raw = item.get("message")
        told = {name: given.decode("utf-8", "replace") if isinstance(given, bytes) else given for name, given in item.items()}
        if isinstance(raw, bytes):
            del told["message"]
            told["message_base64"] = b64encode(raw).decode()
        item = told
    return msgspec.json.encode(item)


def to_requests(items: Iterable[BatchItem]) -> Iterator[list[bytes]]:
    """The items as lines of JSON, as many together as one request may hold; a large one goes alone."""
    lines: list[bytes] = []
    size = 0
    for item in items:
        line = encoded(item) + b"\n"
        if lines and (len(lines) >= MAX_LINES or size + len(line) > MAX_BYTES):
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield lines


_RESULTS: Mapping[Detail, Mapping[str, Any]] = {
    "full": {"classification": Classification, "report": Report, "events": LogEvents, "skipped": Skipped, "problem": Problem},
    "short": {
        "classification": ShortClassification,
        "report": ShortReport,
        "events": ShortLogEvents,
        "skipped": Skipped,
        "problem": Problem,
    },
}


class _Line(msgspec.Struct):
    """A line as it comes: `type` says what to read `result` as."""

    index: int
    id: Identity | None
    type: str
    result: msgspec.Raw


def read_answer(line: bytes, detail: Detail) -> BatchAnswer:
    """A line of the answer. Raises ServiceError."""
    read = decoded(line, _Line)
    return BatchAnswer(read.index, read.id, read.type, decoded(read.result, _RESULTS[detail].get(read.type, Any)))


def decoded(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """What the service answered, as a value of that class. Raises ServiceError."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise ServiceError(f"the service's answer is not one of this version: {error}") from error
