"""Content codings of answers (RFC 9110 §8.4): a whole one at once, a batch's as it flows."""

import zlib

import zstandard

from bounce_verdict.web.request.preferences import Coding

MIN_BYTES = 1_024  # a smaller answer fits one packet as it is
VARY = (b"vary", b"accept-encoding")

_LEVEL = 1  # JSON that repeats its keys shrinks to a tenth by any; a higher level costs more than judging does
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say gzip
_WINDOW_LOG = 17  # 128 KB: a thousand batches must not cost a gigabyte


class Compressor:
    """A coding under way."""

    def __init__(self, coding: Coding) -> None:
        self._coder: zlib._Compress | zstandard.ZstdCompressionObj
        if coding == "gzip":
            self._coder, self._to_here = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP), zlib.Z_SYNC_FLUSH
        else:
            parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=_WINDOW_LOG)
            coder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
            self._coder, self._to_here = coder, zstandard.COMPRESSOBJ_FLUSH_BLOCK

    def feed(self, data: bytes) -> bytes:
        """The coded data, all of it: whoever decodes it sees its last line now."""
        return self._coder.compress(data) + self._coder.flush(self._to_here)

    def finish(self) -> bytes:
        """The end of the coded data."""
        return self._coder.flush()


def compressed(data: bytes, coding: Coding) -> bytes:
    """All of `data`, coded."""
    if coding == "gzip":
        return zlib.compress(data, _LEVEL, _GZIP)
    return zstandard.ZstdCompressor(_LEVEL).compress(data)
