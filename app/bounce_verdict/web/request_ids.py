"""What ties a request to others: its id (X-Request-ID) and its trace (W3C Trace Context), in and out."""

import os
import re
from itertools import count

from opentelemetry.trace import get_current_span
from starlette.types import Scope

from bounce_verdict.model import value
from bounce_verdict.web.request.headers import first

# What a caller may name a request: letters, digits, - and _, so that no address and no text can hide in it.
_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}", re.ASCII)
# W3C Trace Context §3.2: version, trace-id, parent-id, trace-flags.
_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})", re.ASCII)


class _NewIds:
    """Ids that no other process makes: it begins anew where it was forked."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._start = os.urandom(6).hex().encode()
        self._numbers = count(1)

    def next(self) -> bytes:
        return b"%s-%08x" % (self._start, next(self._numbers))


_new_ids = _NewIds()
os.register_at_fork(after_in_child=_new_ids.begin)


@value
class RequestId:
    """A request's identity. trace_id: as hex, None where the caller sent none; headers: what the answer carries."""

    request_id: str
    trace_id: str | None
    headers: list[tuple[bytes, bytes]]


def identify(scope: Scope, *, tracing: bool = False) -> RequestId:
    """The ids that the request brings, as far as they are valid, else a new one. tracing: a span is open and says which trace."""
    identity = first(scope, b"x-request-id")
    if identity is None or not _ID.fullmatch(identity):
        identity = _new_ids.next()
    if tracing and (span := get_current_span().get_span_context()).is_valid:
        trace_id, span_id = f"{span.trace_id:032x}", f"{span.span_id:016x}"
        traceparent = f"00-{trace_id}-{span_id}-{span.trace_flags:02x}".encode()
        return RequestId(identity.decode(), trace_id, [(b"x-request-id", identity), (b"traceparent", traceparent)])
    given = first(scope, b"traceparent")
    valid = None if given is None else _TRACEPARENT.fullmatch(given)
    if valid is None:
        return RequestId(identity.decode(), None, [(b"x-request-id", identity)])
    traceparent = b"00-%s-%s-%s" % (valid[1], os.urandom(8).hex().encode(), valid[2])
    return RequestId(identity.decode(), valid[1].decode(), [(b"x-request-id", identity), (b"traceparent", traceparent)])
