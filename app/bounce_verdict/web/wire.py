"""A connection as our server hands it to the application: what ASGI does not tell of it (see Connection in batch/output.py)."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


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
