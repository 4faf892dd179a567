"""What a caller would like its answer to be: how long, of which media type, in which content coding."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from starlette.types import Scope

from bounce_verdict.errors import InputError
from bounce_verdict.web.request.head import each, fields_of

Coding = Literal["gzip", "zstd"]

_CODINGS: tuple[Coding, ...] = ("zstd", "gzip")  # the cheaper one first
_MAX_FIELD = 1_000  # bytes; browsers send some hundred. A longer one is not looked at: it says nothing that an answer must heed


def wants_short(parameters: dict[str, str]) -> bool:
    """Whether the query's `detail` asks for the short answer. Raises InputError where it is neither `full` nor `short`."""
    detail = parameters.get("detail", "full")
    if detail not in {"full", "short"}:
        raise InputError("detail", "must be full or short")
    return detail == "short"


def preferred_coding(scope: Scope) -> Coding | None:
    """The content coding of the answer by Accept-Encoding (RFC 9110 §12.5.3); None for the answer as it is, which may always be sent."""
    if fields_of(scope).get(b"accept-encoding") is None:
        return None
    return _preferred_coding(b",".join(each(scope, b"accept-encoding"))[: _MAX_FIELD + 1])


@lru_cache(64)
def _preferred_coding(field: bytes) -> Coding | None:
    weights = _weights(field)
    best: Coding | None = None
    least = weights.get("identity", 0.0)  # of what is not named it is taken last (RFC 9110 §12.5.3 leaves that to the server)
    for coding in _CODINGS:
        weight = weights.get(coding, weights.get("*", 0.0))
        if weight > 0 and (weight > least or (weight == least and best is None)):
            best, least = coding, weight
    return best


def preferred_type(scope: Scope, offered: Sequence[str]) -> str:
    """The one of `offered` that Accept names with the greatest weight; the first where it names none of them, or only a range."""
    if fields_of(scope).get(b"accept") is None:
        return offered[0]
    weights = _weights(b",".join(each(scope, b"accept"))[: _MAX_FIELD + 1])
    best = max(offered, key=lambda media: weights.get(media, 0.0))
    return best if weights.get(best, 0.0) > 0 else offered[0]


def _weights(field: bytes) -> dict[str, float]:
    """What a field of preferences names, in lower case, with its weight (RFC 9110 §12.4.2): 1 where it gives none, 0 for nonsense."""
    found: dict[str, float] = {}
    for member in field.decode("latin-1").split(",") if len(field) <= _MAX_FIELD else ():
        name, *parameters = (part.strip().lower() for part in member.split(";"))
        if name:
            found[name] = next((_weight(text[2:]) for text in parameters if text.startswith("q=")), 1.0)
    return found


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
