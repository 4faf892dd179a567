"""Bodies in: the media type, the content coding, and the limit, which holds while reading and after decompression."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Protocol

import zstandard
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from bounce_verdict.response import JSON, NDJSON, problem
from bounce_verdict.web.exchange import Asked
from bounce_verdict.web.problems import LARGE, Refusal
from bounce_verdict.web.service import Service

CODINGS = ("gzip", "zstd")
_PLAIN = {name.encode(): name for name in (JSON, NDJSON, "text/plain", "message/rfc822", "application/octet-stream")}
BOM = b"\xef\xbb\xbf"

# The decompressors are fed slices: 256 bytes are at most 64 blocks of zstd, which make 8 MB, or 264 KB of gzip.
_SLICE = 256
_PIECE = 65_536
_NO_BOMB = 1_048_576
RETRY_AFTER = 2  # seconds, for a place for a large body
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659 §3: what a decoder on the web need not exceed


class _Stream(Protocol):
    """What zlib and zstandard have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def media_type(asked: Asked, accepted: Sequence[str]) -> tuple[str, str | None]:
    """The body's media type, one of `accepted`, and its charset parameter. Raises Refusal 415 for any other or none."""
    declared = asked.first(b"content-type") or b""
    plain = _PLAIN.get(declared)
    if plain is not None and plain in accepted:
        return plain, None
    kind, _, parameters = declared.decode("latin-1").partition(";")
    name = kind.strip().lower()
    if name not in accepted:
        document = problem(415, f"The body's Content-Type must be one of {', '.join(accepted)}.", accepted=accepted)
        raise Refusal(document, {"Accept": ", ".join(accepted)})
    for parameter in parameters.split(";"):
        key, _, text = parameter.partition("=")
        if key.strip().lower() == "charset":
            return name, text.strip().strip('"')
    return name, None


async def read_body(asked: Asked, known: Service, limit: int) -> bytes:
    """The whole body, decompressed, without a byte order mark.

    Raises Refusal 413 beyond `limit` bytes, sent or decompressed; 503 where a large one finds no place. Its place is the
    request's until it is answered.
    """
    declared, large = asked.declared(), known.settings.max_inline
    if declared is not None and declared <= min(limit, large) and b"content-encoding" not in asked.headers:
        return await _read_small(asked)
    pieces: list[bytes] = []
    length = 0
    async for piece in body_chunks(asked, limit, "max_body"):
        pieces.append(piece)
        length += len(piece)
        if length > large and LARGE not in asked.scope:
            await _take_place(asked.scope, known.large)
    return b"".join(pieces).removeprefix(BOM)


async def _read_small(asked: Asked) -> bytes:
    """A body that is declared to be small, and sent as it is: the parser takes no more of it than was declared."""
    body = b""
    more = True
    while more:
        message = await asked.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message["body"]
        more = message["more_body"]
    return body.removeprefix(BOM)


async def _take_place(scope: Scope, places: asyncio.Semaphore) -> None:
    """One of the places for large bodies, without which a thousand clients could make this process hold 10 GB."""
    if places.locked():
        document = problem(503, "The service has as many large bodies in hand as it takes; try again in a moment.")
        raise Refusal(document, {"Retry-After": str(RETRY_AFTER)})
    await places.acquire()
    scope[LARGE] = places


async def body_chunks(asked: Asked, limit: int, name: str, expansion: int | None = None) -> AsyncIterator[bytes]:
    """The body as it arrives, decompressed; b"" where a read brought nothing. `name` is the setting that `limit` comes from.

    expansion: how many times larger than sent it may become, the first megabyte aside.

    Raises Refusal: 413 beyond a limit, before reading where Content-Length says so; 415 for a coding that is not taken;
    400 where the body is not what its coding says. Raises ClientDisconnect where the client leaves before the end.
    """
    inflate = _inflater(asked)
    declared = asked.declared()
    if declared is not None and declared > limit:
        raise _too_large(name, limit)
    sent = made = 0
    more = True
    while more:
        message = await asked.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        sent += len(chunk)
        if sent > limit:
            raise _too_large(name, limit)
        if inflate is None or not chunk:
            yield chunk
            continue
        for piece in inflate.feed(chunk):
            made += len(piece)
            if made > limit:
                raise _too_large(name, limit)
            if expansion is not None and made > max(sent * expansion, _NO_BOMB):
                told = f"The body becomes more than {expansion} times as large as it is sent."
                raise Refusal(problem(413, told, limit=f"max_expansion {expansion}"))
            yield piece
            if len(piece) == _PIECE:
                await asyncio.sleep(0)  # one read may decompress to gigabytes
    if inflate is not None:
        inflate.finish()


def _too_large(name: str, limit: int) -> Refusal:
    return Refusal(problem(413, f"The body is larger than {limit} bytes.", limit=f"{name} {limit}"))


def _inflater(asked: Asked) -> "_Inflater | None":
    """The decompressor for the request's one Content-Encoding; None where there is none."""
    coding = b",".join(asked.each(b"content-encoding")).decode("latin-1").strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding in {"gzip", "x-gzip"}:  # RFC 9110 §8.4.1.3
        return _Inflater("gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16))
    if coding == "zstd":
        return _Inflater("zstd", zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj)
    document = problem(415, "The body may have one Content-Encoding, gzip or zstd.", accepted=CODINGS)
    raise Refusal(document, {"Accept-Encoding": ", ".join(CODINGS)})  # RFC 9110 §12.5.3


class _Inflater:
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
                for at in range(0, len(piece), _PIECE):
                    yield piece[at : at + _PIECE]

    def finish(self) -> None:
        """To be called at the end of the body. Raises Refusal 400 where that is within a frame."""
        if self._stream is not None:
            raise Refusal(problem(400, f"The body ends within its {self._coding} data."))
