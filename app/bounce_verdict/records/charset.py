"""Text in UTF-16, as Excel's "Unicode text" is, read as UTF-8; and the mark by which others begin UTF-8, which is no text, left out."""

import codecs
from collections.abc import Callable

Read = Callable[[int], bytes]

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Utf8Reader:
    """Reads on from the beginning of `read`, which gives some of as many bytes as it is asked for, and none at the end.

    What is no UTF-16 stays as it is; of UTF-16 what cannot be decoded becomes U+FFFD.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        start = b""
        while len(start) < len(codecs.BOM_UTF8) and (more := read(len(codecs.BOM_UTF8) - len(start))):
            start += more
        charset = _UTF16.get(start[:2])
        self._decoder = codecs.getincrementaldecoder(charset)("replace") if charset else None
        self._ahead = self._decoded(start[2:]) if charset else start.removeprefix(codecs.BOM_UTF8)

    def __call__(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end. It asks `read` once, unless that gives no whole character."""
        while len(self._ahead) < size and (raw := self._read(size - len(self._ahead))):
            self._ahead += self._decoded(raw)
            if self._ahead:
                break
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        return found

    def _decoded(self, raw: bytes) -> bytes:
        return self._decoder.decode(raw).encode("utf-8", "replace") if self._decoder is not None else raw
