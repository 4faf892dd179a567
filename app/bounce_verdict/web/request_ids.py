"""What ties a request to others: its id (X-Request-ID) and its trace (W3C Trace Context), in and out."""

import re
from random import getrandbits
from typing import NamedTuple

from opentelemetry.trace import get_current_span
from starlette.types import Scope

from bounce_verdict.web.request.head import fields_of

# What a caller may name a request: letters, digits, - and _, so that no address and no text can hide in it.
_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}", re.ASCII)
# W3C Trace Context §3.2: version, trace-id, parent-id, trace-flags.
_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})", re.ASCII)


class RequestId(NamedTuple):
    """A request's identity. trace_id: as hex, None where the caller sent none; headers: what the answer carries."""

    request_id: str
    trace_id: str | None
    headers: tuple[tuple[bytes, bytes], ...]


def identify(scope: Scope, *, tracing: bool = False) -> RequestId:
    """The ids that the request brings, as far as they are valid, else a new one. tracing: a span is open and says which trace."""
    fields = fields_of(scope)
    identity = fields.get(b"x-request-id")
    if identity is None or not _ID.fullmatch(identity):
        identity = b"%012x-%012x" % (getrandbits(48), getrandbits(48))
    if tracing and (span := get_current_span().get_span_context()).is_valid:
        return _traced(identity, b"%032x" % span.trace_id, b"%016x" % span.span_id, b"%02x" % span.trace_flags)
    given = fields.get(b"traceparent")
    if given is None or (valid := _TRACEPARENT.fullmatch(given)) is None:
        return RequestId(identity.decode(), None, ((b"x-request-id", identity),))
    return _traced(identity, valid[1], b"%016x" % getrandbits(64), valid[2])


def _traced(identity: bytes, trace: bytes, parent: bytes, flags: bytes) -> RequestId:
    headers = (b"x-request-id", identity), (b"traceparent", b"00-%s-%s-%s" % (trace, parent, flags))
    return RequestId(identity.decode(), trace.decode(), headers)
