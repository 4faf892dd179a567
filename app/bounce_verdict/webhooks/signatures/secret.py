"""For sources that sign nothing: a secret that they send along, in the path, as basic auth's password, a bearer token or X-Api-Key."""

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence

from bounce_verdict.webhooks.signatures import SignedRequest


def verify(request: SignedRequest, keys: Sequence[str], token: str | None = None) -> str | None:
    """`token` is the path's. Basic auth's whole "user:password" may be the key, or its password alone."""
    given = [one.encode("utf-8", "replace") for one in _given(request, token)]
    if not given:
        return "no token in the path and no authorization"
    known = [key.encode() for key in keys]
    holds = [hmac.compare_digest(one, key) for one in given for key in known]  # all are compared, whichever holds
    return None if any(holds) else "the secret is none of those known"


def _given(request: SignedRequest, token: str | None) -> Iterator[str]:
    if token:
        yield token
    if key := request.headers.get("x-api-key"):
        yield key
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        yield value.strip()
    elif scheme.lower() == "basic":
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (ValueError, binascii.Error):
            return
        yield pair
        yield pair.partition(":")[2]
