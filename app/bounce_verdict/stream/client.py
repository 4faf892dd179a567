"""A connection to the broker: by TLS or not at all where TLS is asked for, and none where waiting would not help. Needs the extra `stream`."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nats.aio.client import Client
from nats.errors import Error

from bounce_verdict.errors import SettingsError
from bounce_verdict.settings import PREFIX
from bounce_verdict.stream.connection import RETRY_SECONDS, Broker

Told = Callable[[Exception], Awaitable[None]]

_CLOSE_SECONDS = 1.0
_PASSING = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)  # the connection broke off


class UnfitError(Error):
    """The first line of a broker tells that we cannot speak with it."""


class SafeClient(Client):
    """nats-py's client, but that it says nothing in the clear where it was given `tls`.

    nats-py 2.16 leaves it to the server's first line whether there is TLS (`Client._process_connect_init`), and whoever stands between can
    write that line: he would get credentials, mails and addresses. This is asked before anything is sent, at each connection.
    has_certificate: whether it can show one of its own; a broker that asks for it tells so in that line, and else only breaks off.
    was_connected: what fails before is for `reach`.
    """

    def __init__(self, *, has_certificate: bool) -> None:
        super().__init__()
        self.was_connected = False
        self._has_certificate = has_certificate

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002  # nats-py's
        if initial_connection and (why := self._unfit(info)):
            if self._transport is not None:
                self._transport.close()  # type: ignore[no-untyped-call]  # nats-py leaves it open when it connects again
            raise UnfitError(why)
        await super()._process_info(info, initial_connection)

    def _unfit(self, info: dict[str, Any]) -> str | None:
        if "tls" in self.options and not info.get("tls_required"):
            return f"the broker offers no TLS, which tls:// and {PREFIX}NATS_CA ask for"
        if info.get("tls_verify") and not self._has_certificate:
            return f"the broker asks for a certificate of ours ({PREFIX}NATS_CERTIFICATE)"
        return None


async def reach(broker: Broker, told: Told, **more: Any) -> Client:  # noqa: ANN401  # nats-py's
    """A connection, once there is one: this waits for the broker as long as it takes. told: is given each failure. more: options of nats-py.

    Raises SettingsError where the broker is there and either cannot be trusted or will not have us.
    """
    while True:
        client = SafeClient(has_certificate=broker.has_certificate)
        try:
            await client.connect(**broker.options() | more, error_cb=partial(_failed, client, told))
        except (Error, OSError, TimeoutError) as error:
            with contextlib.suppress(Error, OSError, TimeoutError):
                await asyncio.wait_for(client.close(), _CLOSE_SECONDS)
            if why := _refusal(error):
                raise SettingsError(why) from None
            await told(error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            client.was_connected = True
            return client


async def _failed(client: SafeClient, told: Told, error: Exception) -> None:
    """What fails ahead of the connection ends the attempt: left to itself nats-py closes, and waits for ever where the handshake failed."""
    if not client.was_connected:
        raise error
    await told(error)


def _refusal(error: Exception) -> str | None:
    """What is wrong with us or with the broker; None for what may pass."""
    if isinstance(error, UnfitError):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted: {error.verify_message} ({PREFIX}NATS_CA)"
    if isinstance(error, ssl.SSLError) and not isinstance(error, _PASSING):
        return f"the broker refuses TLS: {error.reason or error} ({PREFIX}NATS_CERTIFICATE)"
    if isinstance(error, Error) and "authorization violation" in str(error).lower():
        return f"the broker does not know us ({PREFIX}NATS_PASSWORD_FILE, {PREFIX}NATS_CREDENTIALS, {PREFIX}NATS_CERTIFICATE)"
    return None
