"""An input opened: a file or stdin, decompressed stepwise where it is gzip or zstandard, UTF-16 turned into UTF-8."""

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from bounce_verdict.errors import InputError

GZIP, ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
MAX_WINDOW = 8 << 20  # bytes that a zstandard frame may make its reader keep
BLOCK = 1 << 18
HEAD = 1 << 16  # bytes by which the kind of an input is recognised

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class OpenInput:
    """An input's bytes, in order. Raises InputError where it cannot be opened or read, or its compression is damaged.

    offset: how many have been taken.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.offset = 0
        self._file = _open(name)
        self._ahead = b""
        self._read = self._opened()
        self._transcode()

    def read(self, size: int = BLOCK) -> bytes:
        """The next `size` bytes; of stdin those that have come, at least one; fewer or none at the end."""
        found = bytearray(self._ahead[:size])
        self._ahead = self._ahead[size:]
        while len(found) < size and not (found and self.name == "-") and (more := self._take(size - len(found))):
            found += more
        self.offset += len(found)
        return bytes(found)

    def rest_of_block(self) -> bytes:
        """What is left up to the next multiple of BLOCK, so that a file is read in the same blocks wherever one begins; of stdin nothing."""
        return b"" if self.name == "-" else self.read(-self.offset % BLOCK)

    def peek(self) -> bytes:
        """The first HEAD bytes of what is next, or all where there is less; they stay there."""
        while len(self._ahead) < HEAD and (found := self._take(HEAD)):
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

    def _take(self, size: int) -> bytes:
        try:
            return self._read(size)
        except EOFError:
            raise InputError(self.name, "ends in the middle of compressed data") from None
        except OSError as error:  # gzip's own are among them
            raise InputError(self.name, f"cannot be read: {error.strerror or 'its compressed data is damaged'}") from None
        except zlib.error:
            raise InputError(self.name, "cannot be read: its compressed data is damaged") from None

    def _opened(self) -> Callable[[int], bytes]:
        try:
            magic = self._file.peek(4)[:4]
        except OSError as error:
            raise InputError(self.name, f"cannot be read: {error.strerror}") from None
        if magic.startswith(GZIP):
            return gzip.GzipFile(fileobj=self._file).read1
        if magic.startswith(ZSTANDARD):
            return self._zstandard()
        return self._file.read1 if self.name == "-" else self._file.read

    def _zstandard(self) -> Callable[[int], bytes]:
        import zstandard  # noqa: PLC0415  # an extra

        reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(self._file, read_across_frames=True)

        def read(size: int) -> bytes:
            try:
                return reader.read(size)
            except zstandard.ZstdError:
                raise InputError(self.name, "cannot be read: its compressed data is damaged, or its window too large") from None

        return read

    def _transcode(self) -> None:
        """Excel's "Unicode text" is UTF-16; and what writes UTF-8 there begins it with a mark that is no text."""
        charset = _UTF16.get(self.peek()[:2])
        if charset is not None:
            decoder, ahead, read = codecs.getincrementaldecoder(charset)("replace"), self._ahead[2:], self._read
            self._ahead = decoder.decode(ahead).encode("utf-8", "replace")
            self._read = lambda size: _next_text(read, size, decoder)
        self._ahead = self._ahead.removeprefix(codecs.BOM_UTF8)


def _next_text(read: Callable[[int], bytes], size: int, decoder: codecs.IncrementalDecoder) -> bytes:
    while raw := read(size):
        if text := decoder.decode(raw):
            return text.encode("utf-8", "replace")
    return b""


def _open(name: str) -> io.BufferedReader:
    if name == "-":
        given = sys.stdin.buffer
        return given if isinstance(given, io.BufferedReader) else io.BufferedReader(io.BytesIO(given.read()))
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise InputError(name, f"cannot be read: {error.strerror}") from None
