"""Mandrill: a base64 HMAC-SHA1 of the URL as it was given to Mandrill, then each form key with its value, sorted by key.

Nothing in it says when; a captured request stays valid.
"""

import base64
import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl

from bounce_verdict.webhooks.signatures import SignedRequest

HEADER = "x-mandrill-signature"


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it."""
    given = request.headers.get(HEADER, "")
    if not given:
        return f"no header {HEADER}"
    try:
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return "the body has too many form fields"
    message = (request.url + "".join(key + value for key, value in sorted(fields))).encode("utf-8", "replace")
    for key in keys:
        made = base64.b64encode(hmac.digest(key.encode(), message, "sha1"))
        if hmac.compare_digest(given.encode("utf-8", "replace"), made):
            return None
    return "the signature is of no known key, or the URL that Mandrill knows is another"
