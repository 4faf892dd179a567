"""An LMTP listener (RFC 2033): a mail server hands it bounces, and learns of each recipient whether the mail is stored or to be kept.

There is no authentication in LMTP: it listens on a socket file or the loopback. Nothing of a mail is logged, and no address.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from bounce_verdict.logs import fault_place
from bounce_verdict.model import value
from bounce_verdict.stream.delivery import TOO_LARGE, TRY_AGAIN

MAX_RECIPIENTS = 100  # of a mail; the mail server sends the others with it again (RFC 5321 §4.5.3.1.10)
MAX_LINE = 1 << 20  # bytes; many programs write lines longer than the 998 of RFC 5322, and their mail must not be lost for it
IDLE_SECONDS = 120
_TOO_MANY = "452 4.5.3 Too many recipients at once"
_BUSY = b"421 4.3.2 Too many connections\r\n"

Deliver = Callable[
    [bytes, str, str | None], Awaitable[str]
]  # a mail, whom it arrived for, and from: → the reply for that recipient

log = logging.getLogger("bounces.lmtp")


@value
class Listening:
    """Where to listen. address: `unix:PATH` or host:port. max_size: bytes of a mail at that moment. mode: of the socket file."""

    address: str
    max_size: Callable[[], int]
    max_connections: int
    mode: int = 0o660


class _Handler:
    """What aiosmtpd asks for each command."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def handle_RCPT(self, _server: LMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return _TOO_MANY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: LMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A reply for each recipient, in their order (RFC 2033 §4.2)."""
        raw = bytes(envelope.original_content or b"")
        sender = envelope.mail_from or None
        return "\r\n".join(await asyncio.gather(*(self._one(raw, to, sender) for to in envelope.rcpt_tos)))

    async def _one(self, raw: bytes, to: str, sender: str | None) -> str:
        try:
            return await self._deliver(raw, to, sender)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not lose the mail, nor cost the other recipients
            log.error("fault: %s", fault_place(error))  # noqa: TRY400  # its message may quote the mail
            return TRY_AGAIN


class _Session(LMTP):
    """One connection."""

    line_length_limit = MAX_LINE
    open_now = 0

    def __init__(self, deliver: Deliver, listening: Listening, loop: asyncio.AbstractEventLoop) -> None:
        self._most = listening.max_connections
        super().__init__(
            _Handler(deliver), data_size_limit=listening.max_size(), enable_SMTPUTF8=True, hostname="localhost", ident="LMTP",
            timeout=IDLE_SECONDS, loop=loop,
        )  # fmt: skip

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or send it away where there are too many: each may hold a mail in memory."""
        _Session.open_now += 1
        if _Session.open_now > self._most and isinstance(transport, asyncio.WriteTransport):
            transport.write(_BUSY)
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out."""
        _Session.open_now -= 1
        if self.session is not None:
            super().connection_lost(error)

    async def push(self, status: Any) -> None:  # noqa: ANN401  # aiosmtpd's own
        """What is wrong with the data is said of each recipient too; aiosmtpd says it once, and the mail server would wait for more."""
        if (
            isinstance(status, str)
            and self.envelope is not None
            and status.startswith(("500 Line too long", "552 Error: Too much"))
        ):
            status = "\r\n".join([TOO_LARGE] * len(self.envelope.rcpt_tos))
        await super().push(status)


async def listen(deliver: Deliver, listening: Listening, drain: float) -> None:
    """Listen until SIGTERM or SIGINT; then what is being delivered has `drain` seconds. Raises OSError where it cannot listen."""
    logging.getLogger("mail").setLevel(logging.CRITICAL)  # aiosmtpd's, which tells addresses
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    under_way: set[asyncio.Future[str]] = set()

    async def followed(raw: bytes, to: str, sender: str | None) -> str:
        task = asyncio.ensure_future(deliver(raw, to, sender))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return await task

    server = await _server(lambda: _Session(followed, listening, loop), listening)
    log.info("listening at %s", listening.address)
    try:
        await ending.wait()
    finally:
        server.close()
        if under_way:
            await asyncio.wait(under_way, timeout=drain)
            await asyncio.sleep(0.1)  # for their replies to be written


async def _server(session: Callable[[], _Session], listening: Listening) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if listening.address.startswith("unix:"):
        path = Path(listening.address.removeprefix("unix:"))
        before = os.umask(0o777)  # nobody may connect before the mode is set
        try:
            server = await loop.create_unix_server(session, path)
        finally:
            os.umask(before)
        path.chmod(listening.mode)  # noqa: ASYNC240  # once, before anybody is served
        return server
    host, _, port = listening.address.rpartition(":")
    return await loop.create_server(session, host.strip("[]"), int(port))
