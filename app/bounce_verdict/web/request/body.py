"""Bodies in: the media type, and the limits, which hold while reading and after decompression; how many large ones are held at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Self

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.response import JSON, NDJSON_TYPES, problem
from bounce_verdict.settings import Settings
from bounce_verdict.web.request.buffer import BOM, Buffer
from bounce_verdict.web.request.decompression import PIECE, open_decompressor
from bounce_verdict.web.request.head import declared_length, fields_of

RETRY_AFTER = 2  # seconds, for a place for a large body

_WITHOUT_PARAMETERS = {
    name.encode(): name for name in (JSON, *NDJSON_TYPES, "text/plain", "message/rfc822", "application/octet-stream")
}
_NO_BOMB = 1_048_576  # bytes that a compressed batch may become however little was sent


class Place:
    """A place for a large body: taken when a body turns out to be large, given back at the end of a `with`.

    free: how many this process has left; a thousand clients with large bodies could make it hold 10 GB.
    """

    __slots__ = ("_free", "_taken")

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._taken = False

    def __enter__(self) -> Self:
        """Nothing is taken yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the place back."""
        self.leave()

    async def take(self, patience: float = 0) -> bool:
        """Take the place, unless it is taken; False where none comes free within `patience` seconds."""
        if not self._taken:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    self._taken = await self._free.acquire()  # does not wait where one is free
        return self._taken

    def leave(self) -> None:
        """Give the place back, if it is taken."""
        if self._taken:
            self._taken = False
            self._free.release()


def media_type(scope: Scope, accepted: Sequence[str]) -> tuple[str, str | None]:
    """The body's media type, one of `accepted`, and its charset parameter. Raises Refusal 415 for any other or none."""
    declared = fields_of(scope).get(b"content-type") or b""
    exact = _WITHOUT_PARAMETERS.get(declared)
    if exact is not None and exact in accepted:
        return exact, None
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


async def read_body(request: Request, settings: Settings, place: Place, at_most: int | None = None) -> bytes:
    """The whole body, decompressed, without a byte order mark.

    at_most: bytes, where that is less than `max_body`. place: taken when the body turns out to be large.
    Raises Refusal 413 beyond that many bytes, sent or decompressed; 503 where there is no place.
    """
    limit, large = min(settings.max_body, at_most or settings.max_body), settings.max_inline
    declared = declared_length(request.scope)
    if declared is not None and declared <= min(limit, large) and fields_of(request.scope).get(b"content-encoding") is None:
        return await _read_small(request)
    body = Buffer()
    async for piece in body_chunks(request, limit, "max_body"):
        body.add(piece)
        if len(body) > large and not await place.take():
            document = problem(503, "The service has as many large bodies in hand as it takes; try again in a moment.")
            raise Refusal(document, {"Retry-After": str(RETRY_AFTER)})
    return (await body.take_all()).removeprefix(BOM)


async def _read_small(request: Request) -> bytes:
    """A body that is declared to be small, and sent as it is: the parser takes no more of it than was declared."""
    body = b""
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message["body"]
        more = message["more_body"]
    return body.removeprefix(BOM)


async def body_chunks(request: Request, limit: int, name: str, expansion: int | None = None) -> AsyncIterator[bytes]:
    """The body as it arrives, decompressed; b"" where a read brought nothing. `name` is the setting that `limit` comes from.

    expansion: how many times larger than sent it may become, the first megabyte aside.

    Raises Refusal: 413 beyond a limit, before reading where Content-Length says so; 415 for a coding that is not taken;
    400 where the body is not what its coding says. Raises ClientDisconnect where the client leaves before the end.
    """
    decompressor = open_decompressor(request.scope)
    declared = declared_length(request.scope)
    if declared is not None and declared > limit:
        raise _too_large(name, limit)
    sent = made = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        sent += len(chunk)
        if sent > limit:
            raise _too_large(name, limit)
        if decompressor is None or not chunk:
            yield chunk
            continue
        for piece in decompressor.feed(chunk):
            made += len(piece)
            if made > limit:
                raise _too_large(name, limit)
            if expansion is not None and made > max(sent * expansion, _NO_BOMB):
                detail = f"The body becomes more than {expansion} times as large as it is sent."
                raise Refusal(problem(413, detail, limit=f"max_expansion {expansion}"))
            yield piece
            if len(piece) == PIECE:
                await asyncio.sleep(0)  # one read may decompress to gigabytes
    if decompressor is not None:
        decompressor.finish()


def _too_large(name: str, limit: int) -> Refusal:
    return Refusal(problem(413, f"The body is larger than {limit} bytes.", limit=f"{name} {limit}"))
