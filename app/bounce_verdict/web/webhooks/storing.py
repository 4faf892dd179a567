"""Webhooks put on a stream instead of being answered: the mail service is told 200 once the broker has stored its events."""

import logging

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.errors import SettingsError
from bounce_verdict.metrics import Metrics
from bounce_verdict.response import problem
from bounce_verdict.settings import PREFIX, Settings
from bounce_verdict.stream.connection import Broker, stream_target
from bounce_verdict.stream.names import CONTENT_TYPE, MESSAGE_ID, QUERY, SOURCE, content_id
from bounce_verdict.stream.publishing import Message, NotStoredError, Publisher, TooLargeError

RETRY_AFTER = "10"  # seconds

log = logging.getLogger("bounces.webhooks")


class WebhookStream:
    """The stream of one worker of the service; connects with the first webhook, and closes with the worker."""

    def __init__(self, publisher: Publisher, metrics: Metrics) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._waits = False

    async def store(self, source: str, kind: str, query: str, body: bytes) -> None:
        """Return once it is stored. Raises Refusal 503 where the broker does not store it in time, 413 where it takes nothing so large.

        The same request sent again is stored once, as long as the broker knows its id.
        """
        headers = {SOURCE: source, MESSAGE_ID: content_id(source.encode(), query.encode("utf-8", "replace"), body)}
        headers |= {CONTENT_TYPE: kind} if kind else {}
        headers |= {QUERY: query} if query else {}
        try:
            await self._publisher.store(Message(body, headers))
        except TooLargeError as error:
            detail = f"The body is larger than the {error.limit} bytes that the broker takes."
            raise Refusal(problem(413, detail, limit=f"max_payload {error.limit}")) from None
        except NotStoredError as error:
            self._metrics.count("bounces_stream_store_failures_total")
            if not self._waits:
                self._waits = True
                log.warning("webhooks cannot be stored, their senders are to come back: %s", error)
            raise Refusal(
                problem(503, "The events cannot be stored just now; send them again."), {"Retry-After": RETRY_AFTER}
            ) from None
        self._waits = False
        self._metrics.count("bounces_webhooks_stored_total", source)

    async def close(self) -> None:
        """Close the connection."""
        await self._publisher.close()


def open_stream(settings: Settings, metrics: Metrics) -> WebhookStream | None:
    """The stream of webhooks; None where they are answered. Raises as webhook_target does."""
    target = webhook_target(settings)
    return WebhookStream(Publisher(*target), metrics) if target is not None else None


def webhook_target(settings: Settings) -> tuple[Broker, str] | None:
    """The broker and the subject that webhooks go to; None where they are answered. Raises SettingsError for none that can be used."""
    if settings.webhooks_to is None:
        return None
    try:
        import nats as _  # noqa: PLC0415, F401  # needs the extra `stream`
    except ModuleNotFoundError:
        raise SettingsError(f"{PREFIX}WEBHOOKS_TO: needs pip install 'bounce-verdict[stream]'") from None
    return stream_target(settings, f"{PREFIX}WEBHOOKS_TO", settings.webhooks_to)
