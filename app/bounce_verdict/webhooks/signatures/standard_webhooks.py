"""Svix and Standard Webhooks (standardwebhooks.com): Resend. Headers svix-* or webhook-*; a message is `id.timestamp.body`.

Keys: `whsec_` and base64 (v1, HMAC-SHA256), `whpk_` and base64 (v1a, Ed25519). Five minutes are the standard's own tolerance.
"""

import base64
import hmac
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bounce_verdict.webhooks.signatures import SignedRequest, too_old, unix_seconds

TOLERANCE = 300
_MAX_SIGNATURES = 20


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """Any of the header's signatures by any of the keys is enough: several of either are a rotation."""
    prefix = "svix" if "svix-id" in request.headers else "webhook"
    identity, timestamp, given = (request.headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature"))
    seconds = unix_seconds(timestamp)
    if not identity or not given or seconds is None:
        return f"no headers {prefix}-id, {prefix}-timestamp and {prefix}-signature"
    if (why := too_old(seconds, request, TOLERANCE)) is not None:
        return why
    message = f"{identity}.{timestamp}.".encode("utf-8", "replace") + request.body
    for signature in given.split()[:_MAX_SIGNATURES]:
        version, _, encoded = signature.partition(",")
        if any(_holds(version, encoded, message, key) for key in keys):
            return None
    return "the signature is of no known key"


def _holds(version: str, encoded: str, message: bytes, key: str) -> bool:
    try:
        if version == "v1" and not key.startswith("whpk_"):
            made = hmac.digest(base64.b64decode(key.removeprefix("whsec_")), message, "sha256")
            return hmac.compare_digest(base64.b64decode(encoded), made)
        if version == "v1a" and key.startswith("whpk_"):
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
            public.verify(base64.b64decode(encoded), message)
            return True
    except (ValueError, InvalidSignature):
        return False
    return False
