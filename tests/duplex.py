"""A batch asked by hand: the body sent and the answer read piece by piece, in any order."""

import socket
import urllib.parse


class Duplex:
    """A connection that sends a chunked body and reads the answer at will."""

    def __init__(self, base: str) -> None:
        parts = urllib.parse.urlsplit(base)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)
        head = "POST /v1/classify/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
        self.socket.sendall(head.encode())
        self.reader = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send one chunk."""
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def send_without_reading(self, count: int) -> None:
        """Send chunks of 100 replies of 500 characters each."""
        data = b'{"reply": "550 5.1.1 %s"}\n' % (b"x" * 500) * 100
        for _ in range(count):
            self.send(data)

    def end(self) -> None:
        """End the body."""
        self.socket.sendall(b"0\r\n\r\n")

    def head(self) -> list[bytes]:
        """The lines of the answer's head."""
        return list(iter(self.reader.readline, b"\r\n"))

    def chunk(self) -> bytes:
        """The next chunk of the answer, b"" at its end."""
        size = int(self.reader.readline(), 16)
        data = self.reader.read(size)
        self.reader.readline()
        return data

    def close(self) -> None:
        """Leave."""
        self.reader.close()
        self.socket.close()
