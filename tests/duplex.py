"""A batch asked by hand: the body sent and the answer read piece by piece, in any order."""

import json
import socket
import urllib.parse


class Duplex:
    """A connection that sends a chunked body and reads the answer at will."""

    def __init__(self, base: str, **headers: str) -> None:
        parts = urllib.parse.urlsplit(base)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)
        head = (
            "POST /v1/classify/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n"
        )
        more = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
        self.socket.sendall(f"{head}{more}\r\n".encode())
        self.reader = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send one chunk."""
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def send_without_reading(self, count: int | None = None) -> None:
        """Send so many chunks of 100 replies of 500 characters each; None: until the connection is closed."""
        data = b'{"reply": "550 5.1.1 %s"}\n' % (b"x" * 500) * 100
        for _ in range(count) if count is not None else iter(int, 1):
            self.send(data)

    def is_answered_line_by_line(self, count: int) -> bool:
        """Whether each line of a batch is answered before the next is sent, and the answer ends with the batch."""
        for number in range(count):
            self.send(b'{"id": "%d", "reply": "250 ok"}\n' % number)
            if number == 0 and self.head()[0] != b"HTTP/1.1 200 OK\r\n":
                return False
            if json.loads(self.chunk())["id"] != str(number):
                return False
        self.end()
        return self.chunk() == b""

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
