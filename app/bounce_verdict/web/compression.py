"""Content codings of answers (RFC 9110 §8.4): a whole one at once, a batch's as it flows."""

import zlib
from typing import Protocol

import zstandard

from bounce_verdict.web.request.preferences import Coding

MIN_BYTES = 1_024  # a smaller answer fits one packet as it is
VARY = (b"vary", b"accept-encoding")

_LEVEL = 1  # JSON that repeats its keys shrinks to a tenth by any; a higher level costs more than judging does
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say gzip
_WINDOW_LOG = 17  # 128 KB: a thousand batches must not cost a gigabyte

_Parameters = zstandard.ZstdCompressionParameters


class Compressor(Protocol):
    """A coding under way."""

    def feed(self, data: bytes) -> bytes:
        """The coded data, all of it: whoever decodes it sees its last line now."""

    def finish(self) -> bytes:
        """The end of the coded data."""


class _Gzip:
    def __init__(self) -> None:
        self._coder = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def feed(self, data: bytes) -> bytes:
        return self._coder.compress(data) + self._coder.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._coder.flush()


class _Zstd:
    def __init__(self) -> None:
        parameters = _Parameters.from_level(_LEVEL, window_log=_WINDOW_LOG)
        self._coder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    def feed(self, data: bytes) -> bytes:
        return self._coder.compress(data) + self._coder.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._coder.flush()


def open_compressor(coding: Coding) -> Compressor:
    """A coding to be fed."""
    return _Gzip() if coding == "gzip" else _Zstd()


def compressed(data: bytes, coding: Coding) -> bytes:
    """All of `data`, coded."""
    if coding == "gzip":
        return zlib.compress(data, _LEVEL, _GZIP)
    return zstandard.ZstdCompressor(_LEVEL).compress(data)
