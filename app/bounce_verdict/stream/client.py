"""A connection to the broker: by TLS or not at all where TLS is asked for, and none where waiting would not help. Needs the extra `stream`."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from nats.aio.client import Client
from nats.errors import Error

from bounce_verdict.errors import SettingsError
from bounce_verdict.settings import PREFIX
from bounce_verdict.stream.connection import RETRY_SECONDS, Broker

Told = Callable[[str], object]

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
    """A connection, once there is one: this tries server after server, and waits as long as it takes. told: is given a word on what fails,
    once while it is the same. more: options of nats-py.

    Raises SettingsError where every server is there and either cannot be trusted or will not have us.
    """
    said = ""
    while True:
        failures = []
        for at in range(len(broker.servers)):
            found = await _connected(broker, at, more)
            if isinstance(found, Client):
                return found
            failures.append(found)
        refusals = [why for error in failures if (why := _refusal(error))]
        if len(refusals) == len(failures):
            raise SettingsError(refusals[0])
        words = refusals[0] if refusals else type(failures[0]).__name__
        if words != said:
            told(f"the broker cannot be reached, waiting for it: {words}")
            said = words
        await asyncio.sleep(RETRY_SECONDS)


async def _connected(broker: Broker, at: int, more: dict[str, Any]) -> Client | Exception:
    """A connection to that server, or why there is none; once there was one, nats-py goes on from it to those that follow."""
    client = SafeClient(has_certificate=broker.has_certificate)
    servers = broker.servers[at:] + broker.servers[:at]
    try:
        await client.connect(**broker.options() | more | {"servers": servers}, error_cb=partial(_failed, client))
    except (Error, OSError, TimeoutError) as error:
        with contextlib.suppress(Error, OSError, TimeoutError):
            await asyncio.wait_for(client.close(), _CLOSE_SECONDS)
        return error
    client.was_connected = True
    return client


async def _failed(client: SafeClient, error: Exception) -> None:
    """What fails ahead of the connection ends the attempt: left to itself nats-py closes, and waits for ever where the handshake failed.

    What breaks one later is told by the callbacks of `more`.
    """
    if not client.was_connected:
        raise error


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
