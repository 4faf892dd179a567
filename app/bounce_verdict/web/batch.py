"""POST /v1/classify/batch: items in, one line out for each, in order, while the body is still arriving.

Raw ASGI, and one loop: read a piece, answer its lines, write, read on. So a client that does not read is not read from, and
memory stays flat. Starlette's StreamingResponse listens on the request while it writes, and loses pieces of such a body.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bounce_verdict.errors import InputError
from bounce_verdict.response import JSON, NDJSON, batch_answer, encode, problem
from bounce_verdict.web.bodies import body_chunks, media_type, read_body
from bounce_verdict.web.contract import Document, answers, reference, takes
from bounce_verdict.web.direct import Endpoint
from bounce_verdict.web.examples import BATCH_ANSWERS, BATCH_REQUEST
from bounce_verdict.web.exchange import Asked, Exchange
from bounce_verdict.web.inputs import check_array, query, split_array
from bounce_verdict.web.items import NOT_KEPT, Item, answer_item, identity, read_line, told
from bounce_verdict.web.lines import LargeLine, Line, LineSplitter
from bounce_verdict.web.output import Output, Stalled
from bounce_verdict.web.problems import Refusal
from bounce_verdict.web.readers import ReaderLost
from bounce_verdict.web.service import Service, service
from bounce_verdict.web.tally import tally_problem

BATCH_TYPES = (NDJSON, JSON)
Lines = AsyncGenerator[list[Line], None]
_TOGETHER = 32  # lines read at a time
_SHORT = 4_096  # bytes of a line of which so many take no time to speak of
log = logging.getLogger("bounces.web")


PATH = "/v1/classify/batch"


def add_routes(app: FastAPI) -> None:
    """Add the endpoint; `describe` gives its contract, which FastAPI cannot see."""
    app.router.routes.append(Route(PATH, Batch(), methods=["POST"]))


def describe() -> Document:
    """The endpoint's path item in OpenAPI."""
    lines = "".join(encode(item).decode() + "\n" for item in BATCH_REQUEST)
    taken: dict[str, Document] = {
        NDJSON: {"schema": {"type": "string", "description": "One BatchItem a line."}, "example": lines},
        JSON: {"schema": {"type": "array", "items": reference("BatchItem")}, "example": BATCH_REQUEST},
    }
    responses = answers("One BatchAnswer a line, in order.", None, [400, 413, 415, 422])
    told = "".join(encode(answer).decode() + "\n" for answer in BATCH_ANSWERS)
    schema = {"type": "string", "description": "One BatchAnswer a line.", "x-lines": reference("BatchAnswer")}
    responses[200]["content"] = {NDJSON: {"schema": schema, "example": told}}
    return {
        "post": {
            "tags": ["classify"],
            "summary": "Judge many replies and messages",
            "description": (Batch.__doc__ or ""),
            "operationId": "classify_batch",
            **takes(taken, "The items: NDJSON is answered while it arrives, an array is read whole."),
            "responses": {str(status): told for status, told in responses.items()},
        }
    }


class Batch:
    """Answers flow, in order, while the body is still arriving; an item that cannot be used is a problem in its place.

    A class, since Starlette gives a request's raw channels to nothing else.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one batch."""
        await _answer_batch(Asked(scope, receive), send, service(scope))


async def _direct(exchange: Exchange, known: Service) -> None:
    await _answer_batch(exchange, exchange.send, known)


ENDPOINTS: dict[str, Endpoint] = {PATH: _direct}


async def _answer_batch(asked: Asked, send: Send, known: Service) -> None:
    media, _ = media_type(asked, BATCH_TYPES)
    query(asked.scope)
    lines = _array(asked, known) if media == JSON else _lines(asked, known)
    output = Output(asked.scope, send, known.settings.drain_timeout, known.metrics)
    try:
        async with aclosing(lines):
            await _answer_all(asked.scope, lines, known, output)
    except Stalled:
        known.metrics.count("bounces_stalled_clients_total")
        log.warning("batch: a client took nothing for %s s and was cut off", known.settings.drain_timeout)
        await output.cut(asked.receive)
    except ClientDisconnect:
        log.info("batch: a client left before the end")


async def _answer_all(scope: Scope, lines: Lines, known: Service, output: Output) -> None:
    """Answer every line. What breaks the body itself is a problem document while nothing is written, else the last line."""
    index = 0
    try:
        async for some in lines:
            await output.start()
            for item in _items(some, known):
                if isinstance(item, bytes):
                    await _read_elsewhere(scope, index, item, known, output)
                elif output.add(answer_item(index, item, known)):
                    await output.give_way()
                index += 1
            await output.flush()
    except (Refusal, InputError) as error:
        if not output.started:
            raise
        document = told(error)
        tally_problem(known.metrics, document)
        output.add_encoded(encode(batch_answer(index, None, document)))
    await output.finish()


def _items(lines: Sequence[Line], known: Service) -> Iterator[Item | bytes]:
    """What the lines ask for, short ones read some at a time, any other in its turn; bytes: one so large that a reader is to answer it."""
    large = known.settings.max_inline if known.readers is not None else sys.maxsize
    for at in range(0, len(lines), _TOGETHER):
        some = lines[at : at + _TOGETHER]
        sizes = [len(line) if isinstance(line, bytes) else _size(line) for line in some]
        if max(sizes) <= _SHORT:
            yield from [read_line(line, known) for line in some]
            continue
        for line, size in zip(some, sizes, strict=True):
            yield bytes(line) if size > large and not isinstance(line, NOT_KEPT) else read_line(line, known)


def _size(line: Line) -> int:
    """Bytes of a line that is kept."""
    return 0 if isinstance(line, NOT_KEPT) else len(memoryview(line))


async def _read_elsewhere(scope: Scope, index: int, line: bytes, known: Service, output: Output) -> None:
    """Have a reader answer the line; what is gathered does not wait for it."""
    await output.flush()
    assert known.readers is not None  # noqa: S101  # for the type checker: a line is large only where there are some
    try:
        output.add_encoded(await known.readers.line(scope, index, line))
    except ReaderLost:
        output.add(batch_answer(index, identity(line), problem(500, "The service failed on this item; its log says where.")))


async def _array(asked: Asked, known: Service) -> Lines:
    """A JSON array's items, all at once: it is read whole."""
    body = await read_body(asked, known, known.settings.max_body)
    await asyncio.sleep(0)  # each of the two takes some milliseconds for ten megabytes
    check_array(body, known.settings.max_batch_items)
    await asyncio.sleep(0)
    yield list(split_array(body))


async def _lines(asked: Asked, known: Service) -> Lines:
    """An NDJSON body's lines, as many at a time as the pieces that arrive complete."""
    settings = known.settings
    splitter = LineSplitter(settings.max_batch_line)
    place = LargeLine(known.large, settings.drain_timeout)
    try:
        async for chunk in body_chunks(asked, settings.max_batch_body, "max_batch_body", settings.max_expansion):
            yield list(splitter.feed(chunk))
            if not await place.have(splitter.pending > settings.max_inline):
                splitter.give_up()
        yield list(splitter.finish())
    finally:
        place.leave()
