"""The server: uvicorn with uvloop and httptools, and what it does not do by itself.

It tells an endpoint about its connection (Wire), bounds a request's head and how long one may be in coming, refuses what is too
much, answers what is no HTTP with a problem document, and drains without cutting a client off between two requests.
"""

import asyncio
import fcntl
import logging
import socket
import termios
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bounce_verdict.response import PROBLEM_JSON, Problem, encode, problem
from bounce_verdict.server.listening import BACKLOG
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.control import Drain
from bounce_verdict.web.access_log import ALWAYS
from bounce_verdict.web.batch.output import CONNECTION
from bounce_verdict.web.overload import Gate
from bounce_verdict.web.routes.batch import PATH as BATCH
from bounce_verdict.web.wire import Wire

MAX_HEAD = 65_536  # bytes of request line and headers; what arrives in one read beyond it may still be taken
AT_ONCE = 256  # connections taken at most in one turn of the event loop
GIVE_WAY = 0.001  # seconds in which the other workers may take a connection before this one takes the next
LINGER = 1.0  # seconds in which a drained connection may still bring a request, which a client may just be sending

log = logging.getLogger("bounces.server")


class Config(uvicorn.Config):
    """uvicorn's, with what the connections look at."""

    gate: Gate | None = None
    draining = False


def make_server(app: ASGIApp, settings: Settings | None = None, gate: Gate | None = None) -> "Server":
    """The server for `app`; its `run(sockets=[…])` serves until SIGTERM or SIGINT, then lets running requests end."""
    config = Config(
        app,
        loop="uvloop",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level=logging.ERROR,  # a warning for each request that is no HTTP would let anyone fill the log
        log_config=None,
        access_log=False,  # a line a request would carry ids and hosts
        server_header=False,
        proxy_headers=False,  # the client's address is used for nothing
        backlog=BACKLOG,
    )
    config.gate = gate
    return Server(config, settings or Settings())


class Server(uvicorn.Server):
    """Drains in two steps: for a second every connection may bring one more request; then what is under way may end.

    uvicorn closes idle connections at once, and with it whatever a client is just sending on one.
    """

    def __init__(self, config: Config, settings: Settings) -> None:
        super().__init__(config)
        self.drain_seconds = settings.drain_seconds
        self.started_up: Callable[[], None] | None = None
        self._gate = config.gate
        self._config = config
        self._leave_at_once = False
        self._patience = settings.receive_timeout
        self._alone = settings.workers == 1
        self._sweeping: asyncio.TimerHandle | None = None
        self._acceptors: list[Acceptor] = []

    def drain(self, told: Drain) -> None:
        """End as told: a worker that is rolled leaves the socket to the others at once."""
        self.drain_seconds = told.seconds
        self._leave_at_once = not told.whole
        self.should_exit = True
        if self._leave_at_once:
            self._close_acceptors()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve."""
        await super().startup([])
        if self.started_up is not None:
            self.started_up()
        self._acceptors = [Acceptor(listening, self._protocol, alone=self._alone) for listening in sockets or ()]
        if self._gate is not None:
            self._gate.start()
        self._sweep()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  # uvicorn's signature
        """Drain."""
        self._config.draining = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._wait(began + min(LINGER, self.drain_seconds))
        self._close_acceptors()
        await self._wait(began + self.drain_seconds, finish=True)
        if left := list(self._connections()):
            log.warning("%d requests had not ended %g s after they should, and were cut off", len(left), self.drain_seconds)
        for connection in left:
            connection.transport.abort()
        for task in self.server_state.tasks:
            task.cancel()
        if self._sweeping is not None:
            self._sweeping.cancel()

    async def _wait(self, until: float, *, finish: bool = False) -> None:
        """Wait for the last connection to close. finish: close each as soon as it has nothing more to answer."""
        # Looked at again and again, as uvicorn does: its connections tell nobody of their end.
        while self.server_state.connections and asyncio.get_running_loop().time() < until and not self.force_exit:
            if finish:
                for connection in self._connections():
                    connection.finish()
            await asyncio.sleep(0.02)

    def _close_acceptors(self) -> None:
        for acceptor in self._acceptors:
            acceptor.close()

    def _protocol(self) -> asyncio.Protocol:
        return _Protocol(self.config, self.server_state, self.lifespan.state)

    def _connections(self) -> "Iterator[_Protocol]":
        for connection in list(self.server_state.connections):
            assert isinstance(connection, _Protocol)  # noqa: S101  # the only kind that is made
            yield connection

    def _sweep(self) -> None:
        """Close the connections whose request does not come, once a second."""
        loop = asyncio.get_running_loop()
        for connection in self._connections():
            connection.expire(loop.time() - self._patience)
        self._sweeping = loop.call_later(1.0, self._sweep)


class Acceptor:
    """Takes connections from a socket; beside other workers one, after a moment two, then four and so on while more wait.

    uvloop 0.23 takes one for each turn of its loop: a busy worker would let new clients wait for half a minute. Were all taken
    at once, a client that opens several connections would have them all at the one worker that woke first.
    """

    def __init__(self, listening: socket.socket, protocol: Callable[[], asyncio.Protocol], *, alone: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._protocol = protocol
        self._tasks: set[asyncio.Task[object]] = set()
        self._open = True
        self._least = self._at_once = AT_ONCE if alone else 1
        listening.settimeout(0)
        listening.listen(BACKLOG)
        self._resume()

    def close(self) -> None:
        """Take no more."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listening)
            self._listening.close()

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(self._at_once):
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                self._at_once = self._least
                return  # another worker was quicker, or the client is gone again
            except OSError as error:  # no more files
                log.error("no connection can be taken for a second: %s", error.strerror)  # noqa: TRY400
                self._loop.remove_reader(self._listening)
                self._loop.call_later(1.0, self._resume)
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._serve(accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._at_once < AT_ONCE:
            self._at_once *= 2
            self._loop.remove_reader(self._listening)
            self._loop.call_later(GIVE_WAY, self._resume)

    async def _serve(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError:
            accepted.close()  # the client is gone again


class _Protocol(HttpToolsProtocol):
    """httptools itself bounds neither a request's head nor a chunked body's trailers; uvicorn waits for both without end."""

    _head = 0
    _in_head = False
    _beyond = False
    _extensions: dict[str, Wire]
    _since = 0.0  # when the head that is awaited began, or the last piece of a body came

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._extensions = {CONNECTION: Wire(self)}
        gate = self._gate()
        self._beyond = gate is not None and len(self.connections) > gate.max_connections

    def data_received(self, data: bytes) -> None:
        if not self._in_head:
            self._since = self.loop.time()
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > MAX_HEAD and not self.transport.is_closing():
                self._refuse(problem(431, f"The request's head is larger than {MAX_HEAD} bytes.", limit=f"head {MAX_HEAD}"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._in_head = 0, True
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]  # uvicorn types only ASGI's own extensions

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        gate = self._gate()
        refusal = gate.refusal(self.url, beyond=self._beyond) if gate is not None else None
        self.app = self.config.loaded_app if refusal is None else refusal
        super().on_headers_complete()
        if self._config().draining:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        self._refuse(problem(400, "This is not an HTTP request."))

    def finish(self) -> None:
        """Close the connection when the request under way is answered; at once where there is none."""
        if not self._in_head and not self._unread():
            self.shutdown()

    def _unread(self) -> bool:
        """Whether the kernel holds bytes of the client's: where the event loop runs late, that is its next request."""
        held = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, bytes(4))
        return any(held)

    def expire(self, before: float) -> None:
        """Close the connection if it has kept us waiting for a request since `before`.

        A batch's body may come when it likes: who follows a log sends a line when there is one.
        """
        if self._since > before or self.transport is None or self.transport.is_closing() or self.flow.read_paused:
            return
        answering = self.cycle is not None and not self.cycle.response_complete
        if self._in_head:
            self._refuse(problem(408, "The request's head did not arrive in time."))
        elif not answering:
            if self.timeout_keep_alive_task is None:
                self.transport.close()
        elif self.cycle.more_body and self.scope["path"] != BATCH:
            if self.cycle.response_started:
                self.transport.abort()
            else:
                self._refuse(problem(408, "The request's body did not arrive in time."))

    def _config(self) -> Config:
        assert isinstance(self.config, Config)  # noqa: S101  # what make_server gives
        return self.config

    def _gate(self) -> Gate | None:
        return self._config().gate

    def _refuse(self, document: Problem) -> None:
        body = encode(document)
        head = [f"HTTP/1.1 {document.status} {document.title}", f"content-type: {PROBLEM_JSON}", f"content-length: {len(body)}"]
        head += [f"{name.decode()}: {text.decode()}" for name, text in ALWAYS]
        self.transport.write("\r\n".join([*head, "connection: close", "\r\n"]).encode("ascii") + body)
        self.transport.close()
