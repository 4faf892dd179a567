"""One connection: uvicorn's HttpToolsProtocol (0.54), and what it lacks. Each piece says with which change upstream it may go.

- Reads are parsed in slices, and what was read is held back while a request waits for the answer to the one before it. uvicorn
  parses all that one read brings (256 KB are 6,000 requests), and reads on after each answer and each `receive()`: one connection
  that pipelines 23 MB cost 1.4 GB. Goes when uvicorn bounds its pipeline.
- Bounds on a request's head and trailers: 64 KB. httptools (0.9) has none. Goes with such a setting in uvicorn.
- Bounds on their time, on that of a body, and on that in which a client takes nothing of its answer (BOUNCES_RECEIVE_TIMEOUT):
  uvicorn has timeout_keep_alive alone, which each byte resets. Goes with such settings.
- Exactly one Host (RFC 9112 §3.2). Goes when uvicorn asks for it.
- An Upgrade is ignored and the body read (RFC 9110 §7.8): llhttp stops at the head's end, so that the body of a client that offers
  HTTP/2 (Java 17's HttpClient, curl --http2) is lost. Goes when httptools can go on after HttpParserUpgrade.
- A client that has sent its request and closed its sending side is answered whole. Goes when uvicorn's eof_received does so.
- Draining: an idle connection may bring one more request for a second. uvicorn closes it at once, and with it what a client is
  just sending. Goes when its shutdown does so.
- Bad requests are answered with a problem document; overload is told before the application is asked (server/overload.py).

It overrides methods and reads attributes of HttpToolsProtocol that have no underscore, but that uvicorn does not document: hence
`uvicorn>=0.54,<0.55` in pyproject.toml.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bounce_verdict.response import PROBLEM_JSON, Problem, encode, problem
from bounce_verdict.server.overload import Overload
from bounce_verdict.server.unread_answers import Unread
from bounce_verdict.web.batch.sending import CONNECTION
from bounce_verdict.web.routes.classify import BATCH

MAX_HEAD = 65_536  # bytes of request line and headers, and of trailers
SLICE = 8_192  # bytes parsed at once: at most some 200 requests
LINGER = 1.0  # seconds in which a drained connection may still bring a request
_RECEIVE_TIMEOUT = 30.0

_FRAMING = (b"content-length", b"transfer-encoding")


class HttpProtocol(HttpToolsProtocol):
    """A connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # uvicorn's
        super().__init__(*arguments, **named)
        self.parser = _Parser(self)
        self.overload: Overload | None = self.app_state.get("overload")
        self._patience: float = self.app_state.get("receive_timeout", _RECEIVE_TIMEOUT)
        self._held = bytearray()  # read, and not parsed yet
        self._waiting = False  # whether reading is paused
        self._feeding: asyncio.Handle | None = None
        self._in_head = self._framing = self._progress = False
        self._beside = 0  # bytes of a head, or of what brings no body, so far
        self._since = 0.0  # when the last piece of what is awaited came
        self._expiry: asyncio.TimerHandle | None = None
        self._draining = self._beyond = False

    # Reading

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self._feed_soon)
        self._unread = Unread(transport)
        self._since = self.loop.time()
        self._expiry = self.loop.call_later(self._patience, self._expire)
        self._beyond = self.overload is not None and self.overload.is_beyond(len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._held.clear()
        for timer in (self._expiry, self._feeding):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what one read brought."""
        self._held += data
        self._feed()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Stay where a whole request is being answered."""
        if self._is_answering() and not self.cycle.more_body:
            self.cycle.keep_alive = False
            return True
        return None

    def _feed_soon(self) -> None:
        if self._feeding is None:
            self._feeding = self.loop.call_soon(self._feed)

    def _feed(self) -> None:
        """Parse what is held, slice by slice, as long as no request waits for another and the application takes the body."""
        self._feeding = None
        while self._held and not self.pipeline and not self.flow.read_paused and not self.transport.is_closing():
            piece = bytes(self._held[:SLICE])
            del self._held[:SLICE]
            self._progress = False
            super().data_received(piece)
            self._beside = 0 if self._progress and not self._in_head else self._beside + len(piece)
            if self._beside > MAX_HEAD and (self._in_head or self._in_body()):
                self._refuse(
                    problem(431, f"The request's head or trailers are larger than {MAX_HEAD} bytes.", limit=f"head {MAX_HEAD}")
                )
        if self.transport.is_closing():
            self._held.clear()
        elif self._waiting != (wait := bool(self._held or self.pipeline) or self.flow.read_paused):
            self._waiting = wait
            (self.transport.pause_reading if wait else self.transport.resume_reading)()

    def _in_body(self) -> bool:
        return self.cycle is not None and self.cycle.more_body

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _moved(self) -> None:
        """Note that what is awaited has moved on."""
        self._progress = True
        self._since = self.loop.time()

    # What ASGI does not tell an endpoint

    def unsent(self) -> int:
        """Bytes written that the client has not taken."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection now."""
        self.transport.abort()

    # What the parser finds

    def on_message_begin(self) -> None:
        """A head begins."""
        if not self._framing:
            super().on_message_begin()
            self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]  # the values of ASGI's own are dictionaries
            self._beside, self._in_head, self._since = 0, True, self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Its target."""
        if not self._framing:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of a head; those of trailers are ignored."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head ends."""
        if self._framing:
            self._framing = False
            return
        self._moved()
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            self._refuse(problem(400, "A request needs exactly one Host (RFC 9112 §3.2)."))
            return
        refusal = self.overload.refusal(self.url, beyond=self._beyond) if self.overload is not None else None
        self.app = self.config.loaded_app if refusal is None else refusal
        super().on_headers_complete()
        self._in_head = False
        if self._draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        if not self.transport.is_closing():
            self._moved()
            super().on_body(body)

    def on_chunk_complete(self) -> None:
        """The line end behind a chunk."""
        self._moved()

    def on_message_complete(self) -> None:
        """A request is whole; not one whose body is still to come behind an Upgrade."""
        if not self.parser.should_upgrade() and not self.transport.is_closing():
            self._moved()
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is whole."""
        self._since = self.loop.time()
        super().on_response_complete()
        if self._waiting:
            self._feed_soon()

    def read_body(self, rest: bytes) -> None:
        """Go on behind the head of a request that offers an Upgrade: with a new parser, which knows the framing alone."""
        fields = b"".join(b"%s: %s\r\n" % field for field in self.headers if field[0] in _FRAMING)
        self._framing = True
        self.parser = _Parser(self)
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + fields + b"\r\n")
        self.parser.feed_data(rest)

    # Ends

    def shutdown(self) -> None:
        """Drain: close the connection after its answer; an idle one a second later, unless it brings a request."""
        self._draining = True
        if drain := self.app_state.get("drain"):
            drain()
        if self._is_answering():
            super().shutdown()
        else:
            self.loop.call_later(LINGER, self._close_idle)

    def _close_idle(self) -> None:
        if not self._is_answering() and not self._in_head:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        """Refuse what is no HTTP."""
        self._refuse(problem(400, "This is not an HTTP request."))

    def _refuse(self, document: Problem) -> None:
        """Answer with the document and close; only close where that would be taken for the answer to another request."""
        if self.transport.is_closing():
            return
        is_one = self._in_head != self._is_answering()  # one request and no other
        if not is_one or (self._is_answering() and (self.cycle.response_started or not self.cycle.more_body)):
            self.transport.abort()
            return
        body = encode(document)
        head = f"HTTP/1.1 {document.status} {document.title}\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {len(body)}\r\n"
        always = "x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        self.transport.write((head + always).encode("ascii") + body)
        self.transport.close()

    def _expire(self) -> None:
        """End the connection if it has kept us waiting for too long; look again when it could have."""
        now = self.loop.time()
        if self._takes_nothing(now):
            self.abort()
            return
        if self._waiting or self.transport.is_closing():  # it is we who are slow, or nothing more is awaited
            self._since = now
        if now - self._since >= self._patience:
            self._end_slow()
            self._since = now
        self._expiry = self.loop.call_later(self._since + self._patience - now, self._expire)

    def _takes_nothing(self, now: float) -> bool:
        """Whether the client has taken nothing of an answer for too long. A batch sees to that itself (web/batch/sending.py)."""
        is_late = self._unread.seconds(now) >= self._patience
        is_batch = self._is_answering() and self.scope["path"] == BATCH
        return is_late and not is_batch and (self.flow.write_paused or self.transport.is_closing())

    def _end_slow(self) -> None:
        if not self._is_answering():
            if self._in_head:
                self._refuse(problem(408, "The request's head did not arrive in time."))
            else:
                self.transport.close()
        elif self.cycle.more_body and (self.scope["path"] != BATCH or self._beside):
            self._refuse(problem(408, "The request's body did not arrive in time."))


class _Parser(httptools.HttpRequestParser):
    """Goes on behind an Upgrade."""

    def __init__(self, protocol: HttpProtocol) -> None:
        super().__init__(protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self._protocol = protocol

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # what uvicorn gives
        """Parse one slice."""
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._protocol.read_body(data[upgrade.args[0] :])


class _Flow(FlowControl):
    """Leaves it to the connection when reading goes on."""

    def __init__(self, transport: asyncio.Transport, resumed: Any) -> None:  # noqa: ANN401
        super().__init__(transport)
        self._resumed = resumed

    def pause_reading(self) -> None:
        """Take no more of what is read."""
        self.read_paused = True

    def resume_reading(self) -> None:
        """Take more."""
        if self.read_paused:
            self.read_paused = False
            self._resumed()
