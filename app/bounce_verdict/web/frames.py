"""What a worker and its readers send each other: an envelope in msgpack and a body, each with its length ahead."""

import struct
from typing import Literal

import msgspec
from msgspec import Struct

_LENGTHS = struct.Struct("!II")
HEAD = _LENGTHS.size


class Job(Struct, array_like=True):
    """To a reader, with the message, the batch's line or the request's reply as body.

    index: of a line. media, charset, parameters: of a reply, as its request gives them.
    """

    kind: Literal["message", "line", "reply"]
    index: int = 0
    envelope_to: str | None = None
    envelope_from: str | None = None
    media: str = ""
    charset: str | None = None
    parameters: dict[str, str] = {}


class Done(Struct, array_like=True):
    """From a reader, with the encoded answer as body, a problem document where the status says so; `verdicts` counts those in it.

    The status 0 is a fault of ours, and no answer.
    """

    verdicts: dict[str, int] = {}
    status: int = 200


def envelope(told: Job | Done, body: bytes) -> bytes:
    """All of a frame but its body, which is sent behind it without being copied."""
    encoded = msgspec.msgpack.encode(told)
    return _LENGTHS.pack(len(encoded), len(body)) + encoded


def lengths(head: bytes) -> tuple[int, int]:
    """Of envelope and body."""
    first, second = _LENGTHS.unpack(head)
    return first, second
