"""What ties a request to others: its id (X-Request-ID) and its trace (W3C Trace Context), in and out."""

import os
import re
from collections.abc import Mapping
from itertools import count

from opentelemetry.trace import get_current_span

from bounce_verdict.model import value

# What a caller may name a request: letters, digits, - and _, so that no address and no text can hide in it.
_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}", re.ASCII)
# W3C Trace Context §3.2: version, trace-id, parent-id, trace-flags.
_TRACE = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})", re.ASCII)


class _Ids:
    """Ids that no other process makes: it begins anew where it was forked."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._start = os.urandom(6).hex().encode()
        self._numbers = count(1)

    def next(self) -> bytes:
        return b"%s-%08x" % (self._start, next(self._numbers))


_ids = _Ids()
os.register_at_fork(after_in_child=_ids.begin)


@value
class Trace:
    """A request's identity. trace_id: as hex, None where the caller sent none; `back` is what the answer carries."""

    request_id: str
    trace_id: str | None
    back: list[tuple[bytes, bytes]]


def trace_of(headers: Mapping[bytes, bytes], *, tracing: bool = False) -> Trace:
    """The ids that the request brings, as far as they are valid, else a new one. tracing: a span is open and says which trace."""
    identity, parent = headers.get(b"x-request-id"), headers.get(b"traceparent")
    traced = None if parent is None else _TRACE.fullmatch(parent)
    if identity is None or not _ID.fullmatch(identity):
        identity = _ids.next()
    if tracing and (span := get_current_span().get_span_context()).is_valid:
        trace_id, own = f"{span.trace_id:032x}", f"{span.span_id:016x}"
        told = f"00-{trace_id}-{own}-{span.trace_flags:02x}".encode()
        return Trace(identity.decode(), trace_id, [(b"x-request-id", identity), (b"traceparent", told)])
    if traced is None:
        return Trace(identity.decode(), None, [(b"x-request-id", identity)])
    told = b"00-%s-%s-%s" % (traced[1], os.urandom(8).hex().encode(), traced[2])
    return Trace(identity.decode(), traced[1].decode(), [(b"x-request-id", identity), (b"traceparent", told)])
