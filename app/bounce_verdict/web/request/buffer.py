"""Bytes that arrive in pieces, of which there may be many."""

import os

from anyio import to_thread

_LARGE = 262_144  # bytes

BOM = b"\xef\xbb\xbf"


class Buffer:
    """Bytes, gathered. Many live in a file of memory (memfd_create(2)), which costs what was written and is given back whole.

    A bytearray that grows is moved about in the heap and leaves holes: sixteen bodies of 10 MB cost 320 MB.
    """

    __slots__ = ("_file", "_filed", "_small")

    def __init__(self) -> None:
        self._small = bytearray()
        self._file: int | None = None
        self._filed = 0  # bytes in the file

    def __len__(self) -> int:
        return self._filed + len(self._small)

    def __del__(self) -> None:
        """Give the file back: a client may leave at any time."""
        if self._file is not None:
            os.close(self._file)

    def add(self, piece: bytes) -> None:
        """Add a piece."""
        self._small += piece
        if len(self._small) > _LARGE:
            self._file = os.memfd_create("body") if self._file is None else self._file
            self._put_away(self._file)

    def take(self) -> bytes:
        """All of it; the buffer is empty then."""
        if self._file is None:
            taken = bytes(self._small)
            self._small.clear()
            return taken
        self._put_away(self._file)
        taken = os.pread(self._file, self._filed, 0)
        os.close(self._file)
        self._file, self._filed = None, 0
        return taken

    def _put_away(self, file: int) -> None:
        self._filed += os.write(file, self._small)
        self._small.clear()

    async def take_all(self) -> bytes:
        """The same; of many bytes by a thread, since to copy ten megabytes takes some 10 ms."""
        return self.take() if self._file is None else await to_thread.run_sync(self.take)
