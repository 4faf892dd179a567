"""A hex HMAC-SHA256 of the raw body in one header: MailerSend, Forward Email, Mailtrap."""

import hmac
from collections.abc import Sequence

from bounce_verdict.webhooks.signatures import SignedRequest, Verify


def hmac_in(header: str) -> Verify:
    """The check of the signature in that header (lower case)."""

    def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
        given = request.headers.get(header, "").strip().lower().removeprefix("sha256=")
        if not given:
            return f"no header {header}"
        made = [hmac.new(key.encode(), request.body, "sha256").hexdigest() for key in keys]
        return None if any([_same(given, one) for one in made]) else "the signature is of no known key"  # noqa: C419

    return verify


def _same(given: str, made: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), made.encode())
