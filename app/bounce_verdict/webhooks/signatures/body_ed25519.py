"""MailPace: an Ed25519 signature of the raw body. Key and signature are base64; each domain has a key of its own."""

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bounce_verdict.webhooks.signatures import SignedRequest

HEADER = "x-mailpace-signature"


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it."""
    given = request.headers.get(HEADER, "")
    if not given:
        return f"no header {HEADER}"
    return None if any(_holds(given, request.body, key) for key in keys) else "the signature is of no known key"


def _holds(given: str, body: bytes, key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(given), body)
    except (ValueError, InvalidSignature):
        return False
    return True
