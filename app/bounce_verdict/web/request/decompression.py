"""Undoing a body's one content coding, step by step, so that no body grows beyond its limit unseen."""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard
from starlette.types import Scope

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.response import problem
from bounce_verdict.web.request.head import each

CODINGS = ("gzip", "zstd")
PIECE = 65_536

# The decompressors are fed slices: 256 bytes are at most 64 blocks of zstd, which make 8 MB, or 264 KB of gzip.
_SLICE = 256
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659 §3: what a decoder on the web need not exceed


class _Stream(Protocol):
    """What zlib and zstandard have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def open_decompressor(scope: Scope) -> "Decompressor | None":
    """The decompressor for the request's one Content-Encoding; None where there is none."""
    coding = b",".join(each(scope, b"content-encoding")).decode("latin-1").strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding in {"gzip", "x-gzip"}:  # RFC 9110 §8.4.1.3
        return Decompressor("gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16))
    if coding == "zstd":
        return Decompressor("zstd", zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj)
    document = problem(415, "The body may have one Content-Encoding, gzip or zstd.", accepted=CODINGS)
    raise Refusal(document, {"Accept-Encoding": ", ".join(CODINGS)})  # RFC 9110 §12.5.3


class Decompressor:
    """Undoes one coding step by step, over frames and members that follow each other (RFC 1952 §2.2, RFC 8878 §3)."""

    def __init__(self, coding: str, open_stream: Callable[[], _Stream]) -> None:
        self._coding = coding
        self._open = open_stream
        self._stream: _Stream | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` decompresses to, in pieces of at most 64 KB."""
        for start in range(0, len(data), _SLICE):
            rest = data[start : start + _SLICE]
            while rest:
                if self._stream is None:
                    self._stream = self._open()
                try:
                    piece = self._stream.decompress(rest)
                except (zlib.error, zstandard.ZstdError):
                    raise Refusal(problem(400, f"The body is not valid {self._coding}.")) from None
                rest = b""
                if self._stream.eof:
                    rest, self._stream = self._stream.unused_data, None
                for at in range(0, len(piece), PIECE):
                    yield piece[at : at + PIECE]

    def finish(self) -> None:
        """To be called at the end of the body. Raises Refusal 400 where that is within a frame."""
        if self._stream is not None:
            raise Refusal(problem(400, f"The body ends within its {self._coding} data."))
