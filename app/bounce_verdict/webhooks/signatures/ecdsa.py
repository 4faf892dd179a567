"""SendGrid's signed Event Webhook: ECDSA P-256 with SHA-256 over the timestamp header and the raw body. A key is base64 DER."""

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bounce_verdict.webhooks.signatures import SignedRequest, too_old, unix_seconds

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it."""
    given, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    seconds = unix_seconds(timestamp)
    if not given or seconds is None:
        return f"no headers {SIGNATURE} and {TIMESTAMP}"
    if (why := too_old(seconds, request)) is not None:
        return why
    message = timestamp.encode() + request.body
    return None if any(_holds(given, message, key) for key in keys) else "the signature is of no known key"


def _holds(given: str, message: bytes, key: str) -> bool:
    try:
        public = load_der_public_key(base64.b64decode(key))
        if isinstance(public, EllipticCurvePublicKey):
            public.verify(base64.b64decode(given), message, ECDSA(SHA256()))
            return True
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return False
