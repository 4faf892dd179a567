"""Lettermint: the header `t=<seconds>,v1=<hex>`, an HMAC-SHA256 of `seconds.body`, valid for five minutes."""

import hmac
from collections.abc import Sequence

from bounce_verdict.webhooks.signatures import SignedRequest, too_old, unix_seconds

HEADER = "x-lettermint-signature"
TOLERANCE = 300


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it."""
    fields = dict(part.strip().split("=", 1) for part in request.headers.get(HEADER, "").split(",") if "=" in part)
    timestamp, given = fields.get("t", ""), fields.get("v1", "")
    seconds = unix_seconds(timestamp)
    if seconds is None or not given:
        return f"no header {HEADER} with t and v1"
    if (why := too_old(seconds, request, TOLERANCE)) is not None:
        return why
    message = timestamp.encode() + b"." + request.body
    for key in keys:
        if hmac.compare_digest(given.encode("utf-8", "replace"), hmac.new(key.encode(), message, "sha256").hexdigest().encode()):
            return None
    return "the signature is of no known key"
