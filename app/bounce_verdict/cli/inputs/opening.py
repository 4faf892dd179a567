"""An input opened: a file or stdin, decompressed stepwise where it is gzip or zstandard, UTF-16 turned into UTF-8."""

import gzip
import io
import sys
import zlib
from pathlib import Path

from bounce_verdict.errors import InputError
from bounce_verdict.records.charset import Read, Utf8Reader

GZIP, ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
MAX_WINDOW = 8 << 20  # bytes that a zstandard frame may make its reader keep
BLOCK = 1 << 18
HEAD = 1 << 16  # bytes by which the kind of an input is recognised


class OpenInput:
    """An input's bytes, in order. Raises InputError where it cannot be opened or read, or its compression is damaged.

    offset: how many have been taken.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.offset = 0
        self._file = _open(name)
        self._ahead = b""
        self._raw = self._opened()
        self._read = Utf8Reader(self._take)

    def read(self, size: int = BLOCK) -> bytes:
        """The next `size` bytes; of stdin those that have come, at least one; fewer or none at the end."""
        found = self._ahead[:size] or self._read(size)
        self._ahead = self._ahead[size:]
        if 0 < len(found) < size and self.name != "-":
            found = self._filled(bytearray(found), size)
        self.offset += len(found)
        return found

    def rest_of_block(self) -> bytes:
        """What is left up to the next multiple of BLOCK, so that a file is read in the same blocks wherever one begins; of stdin nothing."""
        return b"" if self.name == "-" else self.read(-self.offset % BLOCK)

    def peek(self) -> bytes:
        """The first HEAD bytes of what is next, or all where there is less; they stay there."""
        while len(self._ahead) < HEAD and (found := self._read(HEAD)):
            self._ahead += found
        return self._ahead[:HEAD]

    def skip(self, count: int) -> None:
        """Leave out `count` bytes. Raises InputError where there are not as many."""
        while count > 0:
            found = self.read(min(count, BLOCK))
            if not found:
                raise InputError(self.name, "is shorter than --resume says")
            count -= len(found)

    def done(self) -> int:
        """How many bytes on disk have been read; 0 for stdin."""
        return self._file.tell() if self._file.seekable() else 0

    def close(self) -> None:
        """Close it; stdin stays open."""
        if self.name != "-":
            self._file.close()

    def _filled(self, found: bytearray, size: int) -> bytes:
        while len(found) < size and (more := self._read(size - len(found))):
            found += more
        return bytes(found)

    def _take(self, size: int) -> bytes:
        try:
            return self._raw(size)
        except EOFError:
            raise InputError(self.name, "ends in the middle of compressed data") from None
        except OSError as error:  # gzip's own are among them
            raise InputError(self.name, f"cannot be read: {error.strerror or 'its compressed data is damaged'}") from None
        except zlib.error:
            raise InputError(self.name, "cannot be read: its compressed data is damaged") from None

    def _opened(self) -> Read:
        try:
            magic = self._file.peek(4)[:4]
        except OSError as error:
            raise InputError(self.name, f"cannot be read: {error.strerror}") from None
        if magic.startswith(GZIP):
            return gzip.GzipFile(fileobj=self._file).read1
        if magic.startswith(ZSTANDARD):
            return self._zstandard()
        return self._file.read1 if self.name == "-" else self._file.read

    def _zstandard(self) -> Read:
        import zstandard  # noqa: PLC0415  # an extra

        reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(self._file, read_across_frames=True)

        def read(size: int) -> bytes:
            try:
                return reader.read(size)
            except zstandard.ZstdError:
                raise InputError(self.name, "cannot be read: its compressed data is damaged, or its window too large") from None

        return read


def _open(name: str) -> io.BufferedReader:
    if name == "-":
        given = sys.stdin.buffer
        return given if isinstance(given, io.BufferedReader) else io.BufferedReader(io.BytesIO(given.read()))
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise InputError(name, f"cannot be read: {error.strerror}") from None
