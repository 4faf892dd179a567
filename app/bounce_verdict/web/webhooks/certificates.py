"""SNS's certificates: from a folder, or, where the operator says so, from Amazon. These are the only requests that the service makes."""

import http.client
import logging
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from anyio import to_thread

from bounce_verdict.errors import SettingsError
from bounce_verdict.settings import Settings
from bounce_verdict.webhooks.signatures import SignedRequest, sns

MAX_FETCHED = 65_536  # bytes; a certificate has 2,000
MAX_CERTIFICATES = 100  # there is one for each region and year
TIMEOUT = 5.0  # seconds

log = logging.getLogger("bounces.webhooks")


class Certificates:
    """The certificates that are known, by file name."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError where the folder cannot be read."""
        self._known = _read_folder(settings.sns_certificates)
        self._fetches = settings.sns_fetch

    async def for_request(self, request: SignedRequest, topics: list[str]) -> Mapping[str, bytes]:
        """The certificates that are known, that of this message among them where it can be had.

        Only for a message of an expected topic and of our time is anything fetched.
        """
        envelope = sns.read_envelope(request.body)
        url = sns.certificate_url(envelope) if envelope is not None else None
        if envelope is None or url is None or not self._fetches or sns.why_unexpected(envelope, request, topics) is not None:
            return self._known
        name = url.rpartition("/")[2]
        if name not in self._known and len(self._known) < MAX_CERTIFICATES and (pem := await _fetch(url)) is not None:
            self._known = {**self._known, name: pem}
        return self._known

    async def confirm(self, body: bytes) -> None:
        """Confirm the subscription that a verified message asks to confirm, where anything may be fetched."""
        envelope = sns.read_envelope(body)
        url = sns.subscribe_url(envelope) if envelope is not None else None
        if url is not None and self._fetches:
            await _fetch(url)


async def _fetch(url: str) -> bytes | None:
    """What stands at an address of Amazon's; None where it cannot be had. The log says so."""
    try:
        return await to_thread.run_sync(_get, url)
    except (OSError, http.client.HTTPException) as error:
        log.warning("sns: %s cannot be fetched: %s", urlsplit(url).hostname, type(error).__name__)
        return None


def _get(url: str) -> bytes | None:
    """One GET, without redirects. `url` has passed the checks of signatures/sns.py: https, a host of Amazon's, no port."""
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        response = connection.getresponse()
        found = response.read(MAX_FETCHED + 1)
        if response.status != http.client.OK or len(found) > MAX_FETCHED:
            log.warning("sns: %s answered %d", parts.hostname, response.status)
            return None
        return found
    finally:
        connection.close()


def _read_folder(folder: Path | None) -> dict[str, bytes]:
    if folder is None:
        return {}
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.pem"))[:MAX_CERTIFICATES]}
    except OSError as error:
        raise SettingsError(f"BOUNCES_SNS_CERTIFICATES: {folder} cannot be read: {error.strerror}") from None
