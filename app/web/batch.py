"""POST /v1/classify/batch: items in, one line out for each, in order, while the body is still arriving.

Raw ASGI, and one loop: read a piece, answer its lines, write, read on. So a client that does not read is not read from, and
memory stays flat. Starlette's StreamingResponse listens on the request while it writes, and loses pieces of such a body.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeGuard

import msgspec
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.errors import InputError, TooLarge
from app.model import Classification, MessageInput, Report
from app.response import JSON, NDJSON, BatchAnswer, Problem, batch_answer, encode, encode_line, input_problem, problem
from app.web.bodies import body_chunks, media_type, read_body
from app.web.contract import Document, answers, reference, takes
from app.web.decoding import decode_json
from app.web.direct import Endpoint
from app.web.examples import BATCH_ANSWERS, BATCH_REQUEST
from app.web.exchange import Asked, Exchange
from app.web.inputs import BatchItem, check_array, identity_of, item_input, query, split_array
from app.web.lines import LargeLine, Line, LineSplitter
from app.web.output import Output, Stalled
from app.web.problems import Refusal, fault_problem
from app.web.readers import ReaderLost
from app.web.service import Service, service
from app.web.tally import tally, tally_problem

BATCH_TYPES = (NDJSON, JSON)
Lines = AsyncGenerator[list[Line], None]
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
    output = Output(asked.scope, send, known.settings.drain_timeout)
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
            for line in some:
                if _is_large(line, known):
                    output.lines += await _read_elsewhere(scope, index, line, known)
                else:
                    encode_line(answer_line(scope, index, line, known), output.lines)
                index += 1
                if output.due:
                    await output.give_way()
            await output.flush()
    except (Refusal, InputError) as error:
        if not output.started:
            raise
        document = _problem(error)
        tally_problem(known.metrics, document)
        encode_line(batch_answer(index, None, document), output.lines)
    await output.finish()


def _is_large(line: Line, known: Service) -> TypeGuard[bytes | msgspec.Raw]:
    """Whether a reader is to answer the line."""
    if known.readers is None or isinstance(line, TooLarge | Refusal):
        return False
    return len(line if isinstance(line, bytes) else memoryview(line)) > known.settings.max_inline


async def _read_elsewhere(scope: Scope, index: int, line: bytes | msgspec.Raw, known: Service) -> bytes:
    """The encoded answer of a reader, with its line end."""
    assert known.readers is not None  # noqa: S101  # for the type checker: _is_large has looked
    try:
        return await known.readers.line(scope, index, bytes(line)) + b"\n"
    except ReaderLost:
        lost = Refusal(problem(500, "The service failed on this item; its log says where."))
        return encode(answer_line(scope, index, lost, known)) + b"\n"


def answer_line(scope: Scope, index: int, line: Line, known: Service) -> BatchAnswer:
    """The answer for one line; whatever is wrong with it is a problem in its place."""
    result: Classification | Report | Problem
    try:
        result = _judge(line, known)
    except (Refusal, InputError) as error:
        result = _problem(error)
    except Exception as error:  # noqa: BLE001  # a fault of ours on one item must not lose the others
        result = fault_problem(error)
    if isinstance(result, Problem):
        tally_problem(known.metrics, result)
        answer = batch_answer(index, _identity(line), result)
    else:
        tally(scope, known.metrics, result)
        answer = batch_answer(index, result.id, result)
    known.metrics.count("bounces_batch_items_total", answer.type)
    return answer


def _judge(line: Line, known: Service) -> Classification | Report:
    if isinstance(line, TooLarge | Refusal):
        raise line
    given = item_input(decode_json(line, BatchItem), known.classifier.book.commands, known.settings.max_body)
    if isinstance(given, MessageInput):
        return known.classifier.message(given)
    return known.classifier.reply(given)


def _identity(line: Line) -> str | None:
    return None if isinstance(line, TooLarge | Refusal) else identity_of(line)


def _problem(error: Refusal | InputError) -> Problem:
    return error.document if isinstance(error, Refusal) else input_problem(error)


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
