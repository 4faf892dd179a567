"""Unisender Go: the body's field `auth` is the MD5 of the body with the API key in that field's place.

MD5 lets a known hash be extended, but not into JSON: what stands between the two parts are bytes that no JSON may hold.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

from bounce_verdict.webhooks.signatures import SignedRequest

_AUTH = re.compile(rb'"auth"\s{0,5}:\s{0,5}"([0-9a-fA-F]{32})"')


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it."""
    found = _AUTH.search(request.body)
    if found is None:
        return "no field auth in the body"
    ahead, behind, given = request.body[: found.start(1)], request.body[found.end(1) :], found[1].lower()
    for key in keys:
        made = hashlib.md5(ahead + key.encode() + behind, usedforsecurity=False).hexdigest()
        if hmac.compare_digest(given, made.encode()):
            return None
    return "the signature is of no known key"
