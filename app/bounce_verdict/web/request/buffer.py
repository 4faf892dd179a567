"""Bytes that arrive in pieces, of which there may be many."""

from mmap import mmap

_LARGE = 262_144  # bytes

BOM = b"\xef\xbb\xbf"


class Buffer:
    """Up to `limit` bytes, gathered. The large live in a map of their own, which costs what was written and is given back whole.

    A bytearray that grows is moved about in the heap and leaves holes: sixteen bodies of 10 MB cost 320 MB.
    """

    __slots__ = ("_limit", "_map", "_small")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._small = bytearray()
        self._map: mmap | None = None

    def __len__(self) -> int:
        return len(self._small) if self._map is None else self._map.tell()

    def add(self, piece: bytes) -> None:
        """Add a piece. Raises ValueError beyond the limit."""
        if self._map is not None:
            self._map.write(piece)
            return
        self._small += piece
        if len(self._small) > _LARGE:
            self._map = mmap(-1, self._limit)
            self._map.write(self._small)
            self._small.clear()

    def take(self) -> bytes:
        """All of it; the buffer is empty then."""
        if self._map is None:
            taken = bytes(self._small)
            self._small.clear()
            return taken
        with self._map as held:
            self._map = None
            return held[: held.tell()]
