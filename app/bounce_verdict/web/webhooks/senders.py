"""Whether a webhook request comes from whom it says: by its signature, or by the secret that its sender was given.

Nothing of a body is read before but the signature's own fields. Sources that sign nothing, and SES where it is delivered raw or by
EventBridge, carry a key of scope `webhooks`: in the path, as basic auth's password, as a bearer token or in X-API-Key.
"""

import base64
import binascii
import logging
import time
from collections.abc import Iterator, Mapping, Sequence

from starlette.types import Scope

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.errors import SettingsError
from bounce_verdict.keys import Keyring, is_local
from bounce_verdict.response import problem
from bounce_verdict.settings import Settings
from bounce_verdict.web.access_log import CALLER
from bounce_verdict.web.request.head import fields_of
from bounce_verdict.web.webhooks.certificates import Certificates
from bounce_verdict.webhooks import SOURCES
from bounce_verdict.webhooks.signature_schemes import SCHEMES
from bounce_verdict.webhooks.signatures import SignedRequest, sns

log = logging.getLogger("bounces.webhooks")

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="bounces"'}


class Senders:
    """The senders of webhooks that one service knows."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        """Raise SettingsError for keys or certificates that cannot be used."""
        self._keyring = keyring
        self._keys = _signing_keys(settings)
        self._certificates = Certificates(settings)
        self._unsigned = settings.webhooks_unsigned
        self._max_age = settings.webhook_max_age
        self._url = (settings.webhook_url or "").rstrip("/")

    def expect(self, scope: Scope, source: str) -> bool:
        """Whether the request has to prove who sent it. Raises Refusal 404 for a source that is unknown or not configured."""
        if source not in SOURCES:
            raise Refusal(problem(404, f"There is no such source; known are {', '.join(SOURCES)}."))
        if source in self._keys or self._keyring.has("webhooks"):
            return True
        client = scope.get("client")
        if self._unsigned and is_local(client[0] if client else None, fields_of(scope)):
            return False
        detail = "This source is not configured: docs/webhooks.md says how it gets a key."
        raise Refusal(problem(404, detail, kind="source-not-configured"))

    async def admit(self, scope: Scope, source: str, token: str | None, body: bytes = b"") -> None:
        """Raise Refusal 401 where the request is not proven to come from the source."""
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        request = SignedRequest(body, headers, time.time(), self._max_age, "/".join(filter(None, (self._url, source, token))))
        why = await self._why_not(request, source)
        if why is None:
            scope[CALLER] = source
            return
        names = (self._keyring.name_of(secret, "webhooks") for secret in _secrets(headers, token))
        name = next((one for one in names if one is not None), None)
        if name is None or (source in self._keys and not _is_unsigned(source, body)):
            log.info("webhook of %s refused: %s", source, why)
            detail = f"This is not proven to come from {source}; the log says why."
            raise Refusal(problem(401, detail, kind="sender-unproven"), _CHALLENGE)
        scope[CALLER] = name

    async def after(self, source: str, body: bytes) -> None:
        """What an admitted request asks for beside its answer: SNS wants its subscription confirmed."""
        if source == "ses":
            await self._certificates.confirm(body)

    async def _why_not(self, request: SignedRequest, source: str) -> str | None:
        """Why the signature does not hold; None where it does."""
        verify, keys = SCHEMES.get(source), self._keys.get(source, ())
        if verify is None or not keys:
            return "there is no secret that is known"
        if verify is sns.verify:
            request.certificates = await self._certificates.for_request(request, list(keys))
        return verify(request, keys)


def _signing_keys(settings: Settings) -> Mapping[str, Sequence[str]]:
    """`source:key`, several of a source at once so that a key can be replaced without a gap. Raises SettingsError, which quotes none."""
    keys: dict[str, list[str]] = {}
    for place, line in settings.key_lines("webhook_keys"):
        source, _, key = line.partition(":")
        if source not in SOURCES:
            raise SettingsError(f"{place}: a key is source:key; the source is one of {', '.join(SOURCES)}")
        if source not in SCHEMES:
            raise SettingsError(
                f"{place}: {source} signs nothing; give it a secret that `bounces key new NAME --scope webhooks` makes, in its URL"
            )
        if not key.strip():
            raise SettingsError(f"{place}: {source}: the key is empty")
        keys.setdefault(source, []).append(key.strip())
    return keys


def _is_unsigned(source: str, body: bytes) -> bool:
    return source == "ses" and sns.read_envelope(body) is None


def _secrets(headers: dict[str, str], token: str | None) -> Iterator[bytes]:
    """Every secret that the request carries."""
    if token:
        yield token.encode("utf-8", "replace")
    if key := headers.get("x-api-key"):
        yield key.encode("latin-1")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield value.strip().encode("latin-1")
    elif scheme.lower() == "basic":
        try:
            yield base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except (ValueError, binascii.Error):
            return
