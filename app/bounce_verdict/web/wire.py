"""A connection as our server hands it to the application: what ASGI does not tell of it, and a whole answer in one write."""

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

WIRE = "bounces.wire"  # the ASGI extension under which a connection's Wire is found
_SMALL = 65_536  # bytes of a body that may be copied behind its head


class Wire:
    """One connection."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol

    def unsent(self) -> int:
        """Bytes written that the client has not taken."""
        return self._protocol.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection now."""
        self._protocol.transport.abort()

    def answer(self, scope: Scope, status: int, head: bytes, body: bytes) -> bool:
        """Send the whole answer to the request of `scope`; False where only ASGI's own way can, and nothing is sent.

        head: the header fields as they are sent, each with its line end; they must be valid, nobody looks at them again.
        ASGI's way (uvicorn 0.54) awaits twice and searches each field for control characters, which takes as long as all
        else that it does.
        """
        cycle = self._protocol.cycle
        if cycle.scope is not scope or cycle.disconnected or cycle.flow.write_paused or len(body) > _SMALL:
            return False  # the next request is already here (RFC 9112 §9.3.2), or there is something to wait for
        told = b"".join([b"%s: %s\r\n" % field for field in cycle.default_headers])
        close = b"" if cycle.keep_alive else b"connection: close\r\n"
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"%s%s%s%s\r\n%s" % (STATUS_LINE[status], told, head, close, body))
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True
