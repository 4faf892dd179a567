"""Mailgun: a hex HMAC-SHA256 of timestamp and token, all three fields of the body. The body itself is not covered.

So a captured signature fits any body as long as the timestamp's window lasts; Mailgun advises to keep the tokens, which a service
without state cannot do. `parent-signature` is the same by the key of the account above.
"""

import hmac
from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec

from bounce_verdict.webhooks.signatures import SignedRequest, too_old, unix_seconds

FORM = "application/x-www-form-urlencoded"


class _Signature(msgspec.Struct):
    timestamp: str | int = ""
    token: str = ""
    signature: str = ""


class _Body(msgspec.Struct, rename={"parent": "parent-signature"}):
    signature: _Signature = msgspec.field(default_factory=_Signature)
    parent: _Signature | None = None


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """One of the keys has to have signed it."""
    signatures = _read(request)
    if not signatures:
        return "no signature in the body"
    why = "the signature is of no known key"
    for one in signatures:
        seconds = unix_seconds(str(one.timestamp))
        if seconds is None or not one.token or not one.signature:
            continue
        message = f"{one.timestamp}{one.token}".encode("utf-8", "replace")
        given = one.signature.encode("utf-8", "replace")
        if any(hmac.compare_digest(given, hmac.new(key.encode(), message, "sha256").hexdigest().encode()) for key in keys):
            late = too_old(seconds, request)
            if late is None:
                return None
            why = late
    return why


def _read(request: SignedRequest) -> list[_Signature]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:  # webhooks of before 2018
        try:
            fields = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=1_000)
        except ValueError:
            return []
        timestamp, token, signature = (fields.get(name, [""])[0] for name in ("timestamp", "token", "signature"))
        return [_Signature(timestamp, token, signature)]
    try:
        body = msgspec.json.decode(request.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [body.signature] + ([body.parent] if body.parent is not None else [])
