"""Messages put on a stream: each is sent until the broker says that it is stored, or so long as whoever sends can wait."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import value
from bounce_verdict.stream.connection import Broker
from bounce_verdict.stream.names import HEADROOM, stream_of

if TYPE_CHECKING:
    from nats.aio.client import Client

STORE_SECONDS = 5.0
_MAX_PAYLOAD = 1_048_576  # bytes; NATS' own default, until the broker has said what it takes


class NotStoredError(Exception):
    """The broker has not said that it stored a message; it may be sent again."""


class TooLargeError(Exception):
    """The broker takes no message as large as that. limit: bytes that it takes beside headers."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the broker takes {limit} bytes")
        self.limit = limit


@value
class Message:
    """What is to be stored. headers: a `Nats-Msg-Id` among them keeps a second sending from being stored twice."""

    body: bytes
    headers: Mapping[str, str]


class Publisher:
    """Puts messages on one subject; connects when it is first used, and again for ever. Belongs to one event loop.

    told: is given a word when the broker cannot be reached, is lost, and is back.
    """

    def __init__(self, broker: Broker, subject: str, told: Callable[[str], object] = lambda _: None) -> None:
        self.subject = subject
        self._broker = broker
        self._told = told
        self._client: Client | None = None
        self._connecting: asyncio.Task[Client] | None = None

    @property
    def max_body(self) -> int:
        """The bytes that a message's body may have."""
        return (self._client.max_payload if self._client is not None else _MAX_PAYLOAD) - HEADROOM

    async def connect(self) -> "Client":
        """The connection, once there is one: this waits for the broker as long as it takes. Raises SettingsError as `reach` does.

        Who waits no longer does not end the attempt: a server that is down may take longer than he has, and the next one be well.
        """
        if self._client is not None:
            return self._client
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._reach())
            self._connecting.add_done_callback(lambda task: task.cancelled() or task.exception())  # perhaps nobody waits any more
        return await asyncio.shield(self._connecting)

    async def store(self, message: Message, seconds: float = STORE_SECONDS) -> None:
        """Return once the broker has stored it. Raises NotStoredError where that has not happened in time, TooLargeError where it never will."""
        from nats.errors import Error  # noqa: PLC0415

        try:
            async with asyncio.timeout(seconds):
                client = await self.connect()
                if len(message.body) > self.max_body:
                    raise TooLargeError(self.max_body)
                headers = dict(message.headers)
                await client.jetstream().publish(
                    self.subject, message.body, headers=headers, stream=stream_of(self.subject), timeout=seconds
                )
        except SettingsError as error:
            raise NotStoredError(str(error)) from None
        except (Error, OSError, TimeoutError) as error:
            raise NotStoredError(f"{type(error).__name__}: {error}") from None

    async def close(self) -> None:
        """Close the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _reach(self) -> "Client":
        from bounce_verdict.stream.client import reach  # noqa: PLC0415  # needs the extra `stream`

        self._client = await reach(self._broker, self._told, disconnected_cb=self._lost, reconnected_cb=self._found)
        return self._client

    async def _lost(self) -> None:
        if self._client is not None:
            self._told("the broker is gone; waiting for it")

    async def _found(self) -> None:
        self._told("the broker is back")
