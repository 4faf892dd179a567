"""Postal: RSA over the raw body, SHA-256 (`X-Postal-Signature-256`) or, from older ones, SHA-1 (`X-Postal-Signature`).

A key is what the installation publishes as its DKIM record (`v=DKIM1; … p=<base64>`), that base64 alone, or PEM.
"""

import base64
import re
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from bounce_verdict.webhooks.signatures import SignedRequest

_DKIM = re.compile(r"(?:^|[;\s])p=([A-Za-z0-9+/=\s]+)")


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it, by the better of the two hashes that are given."""
    algorithm: HashAlgorithm = SHA256()
    given = request.headers.get("x-postal-signature-256", "")
    if not given:
        algorithm, given = SHA1(), request.headers.get("x-postal-signature", "")  # noqa: S303
    if not given:
        return "no header x-postal-signature-256 or x-postal-signature"
    return None if any(_holds(given, request.body, key, algorithm) for key in keys) else "the signature is of no known key"


def _holds(given: str, body: bytes, key: str, algorithm: HashAlgorithm) -> bool:
    try:
        if key.lstrip().startswith("-----BEGIN"):
            public = load_pem_public_key(key.encode())
        else:
            dkim = _DKIM.search(key)
            public = load_der_public_key(base64.b64decode(dkim[1] if dkim else key))
        if isinstance(public, RSAPublicKey):
            public.verify(base64.b64decode(given), body, PKCS1v15(), algorithm)
            return True
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return False
