"""A batch as a client sends and reads it: items to lines, some lines to a request, lines to answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from bounce_verdict.errors import ServiceError
from bounce_verdict.model import Classification, Identity, Report
from bounce_verdict.response import Problem

T = TypeVar("T")
BatchItem = Mapping[str, Any]

# What one request of a batch may hold: so little that sender and server never wait for each other, whatever their buffers.
MAX_LINES = 500
MAX_BYTES = 65_536


class BatchAnswer(msgspec.Struct):
    """The answer for one item of a batch.

    index: the item's place, from 0. id: its own, echoed. type: "classification", "report" or "problem", as `result` is a
    Classification, a Report or a Problem; for a type that is newer than this client `result` is what the JSON holds.
    """

    index: int
    id: Identity | None
    type: str
    result: Classification | Report | Problem | Any


def to_requests(items: Iterable[BatchItem]) -> Iterator[list[bytes]]:
    """The items as lines of JSON, as many together as one request may hold; a large one goes alone."""
    lines: list[bytes] = []
    size = 0
    for item in items:
        line = msgspec.json.encode(item) + b"\n"
        if lines and (len(lines) >= MAX_LINES or size + len(line) > MAX_BYTES):
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield lines


_RESULTS: Mapping[str, type[Classification] | type[Report] | type[Problem]] = {
    "classification": Classification,
    "report": Report,
    "problem": Problem,
}


class _Line(msgspec.Struct):
    """A line as it comes: `type` says what to read `result` as."""

    index: int
    id: Identity | None
    type: str
    result: msgspec.Raw


def read_answer(line: bytes) -> BatchAnswer:
    """A line of the answer. Raises ServiceError."""
    read = decoded(line, _Line)
    return BatchAnswer(read.index, read.id, read.type, decoded(read.result, _RESULTS.get(read.type, Any)))


def decoded(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """What the service answered, as a value of that class. Raises ServiceError."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise ServiceError(f"the service's answer is not one of this version: {error}") from error
