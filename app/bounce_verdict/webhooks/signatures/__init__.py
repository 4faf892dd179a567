"""Who sent a webhook request: one file per scheme, each a function of the request and the keys that are known for its source.

Pure: time, certificates and keys are arguments. Nothing of a body is read but the fields that the signature itself needs.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct


class SignedRequest(Struct):
    """A request as it came. headers: names in lower case. url: the address that the source was given, without its query.

    now: seconds since 1970. max_age: seconds that an event may be old, where its source does not demand less.
    certificates: PEM files by their name, for SNS.
    """

    body: bytes
    headers: Mapping[str, str]
    now: float
    max_age: int = 86_400
    url: str = ""
    certificates: Mapping[str, bytes] = {}


# Why a request cannot be trusted, None where it can: for the log, never for the sender.
Verify = Callable[[SignedRequest, Sequence[str]], str | None]

MAX_AHEAD = 300  # seconds that a sender's clock may be ahead of ours


def too_old(seconds: float, request: SignedRequest, max_age: int | None = None) -> str | None:
    """Why a timestamp is out of its window, None where it is within."""
    age = request.now - seconds
    if age > (request.max_age if max_age is None else min(max_age, request.max_age)):
        return "the timestamp is too old"
    if not age > -MAX_AHEAD:
        return "the timestamp lies in the future"
    return None


def unix_seconds(value: str) -> float | None:
    """A timestamp given as digits; None where it is none."""
    return float(value) if value.isascii() and value.isdigit() and len(value) <= 20 else None  # noqa: PLR2004
