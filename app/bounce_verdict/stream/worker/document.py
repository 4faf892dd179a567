"""The AsyncAPI document: FastStream's description of the application, with what its messages hold, in the schemas of the HTTP contract."""

from typing import Any

from bounce_verdict.contract.requests import MAX_ADDRESS
from bounce_verdict.contract.schemas import REF
from bounce_verdict.response import JSON, NDJSON
from bounce_verdict.stream.connection import Broker
from bounce_verdict.stream.judging import MAIL
from bounce_verdict.stream.names import (
    DURABLE,
    ENVELOPE_FROM,
    ENVELOPE_TO,
    ITEM,
    ITEM_ID,
    MESSAGE_ID,
    PROBLEM,
    QUERY,
    SOURCE,
    TRUNCATED,
    Subjects,
)
from bounce_verdict.stream.worker.app import Taking, make_app, make_broker
from bounce_verdict.web.application import ROUTES
from bounce_verdict.web.openapi.document import contract

Document = dict[str, Any]
_BINARY = {"type": "string", "format": "binary"}


def _text(description: str) -> Document:
    return {"type": "string", "description": description}


_HEADERS = {
    ENVELOPE_TO: _text("The address that it arrived at.") | {"maxLength": MAX_ADDRESS},
    ENVELOPE_FROM: _text("Its envelope sender.") | {"maxLength": MAX_ADDRESS},
    ITEM_ID: _text("Your own id, echoed.") | {"maxLength": MAX_ADDRESS},
    SOURCE: {"$ref": REF.format(name="WebhookSource")},
    QUERY: _text("The query of the URL, of a service that puts its event there."),
}


def asyncapi_document() -> Document:
    """The AsyncAPI 3.0 document of a worker with its default subjects, the same bytes every time."""
    app = make_app(make_broker(Broker(["nats://localhost:4222"]), 0, {}), Taking(Subjects(), DURABLE, 1, 0), _no_answer)
    document: Document = app.schema.to_specification().to_jsonable()
    document["info"]["license"] = {"name": "MIT"}
    document["channels"]["answers"]["parameters"] = {
        "partition": {
            "description": "CRC-32 of the recipient's domain in lower case, modulo the number of partitions, 8 by default."
        }
    }
    messages = _messages()
    for part in ("channels", "operations"):  # FastStream keeps publishers in a set
        document[part] = {name: document[part][name] for name in messages}
    for channel, told in messages.items():
        names = {name: {"$ref": f"#/components/messages/{name}"} for name in told}
        document["channels"][channel]["messages"] = names
        document["operations"][channel]["messages"] = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]
    schemas = contract(ROUTES)["components"]["schemas"]
    told = {name: message for some in messages.values() for name, message in some.items()}
    document["components"] = {"messages": told, "schemas": _reached(told, schemas)}
    return document


def _messages() -> dict[str, dict[str, Document]]:
    """By channel, each kind of message by name."""
    known = _text("A message with an id that is known is not stored again within the duplicate window.")
    item = {"$ref": REF.format(name="BatchItem")}
    answer = {"anyOf": [{"$ref": REF.format(name=name)} for name in ("BatchAnswer", "ShortBatchAnswer")]}
    came = _text("Stream and sequence of the message that is answered, as in bounces-items:42.")
    return {
        "items": {
            "Item": _message(JSON, "One item, as a line of POST /v1/classify/batch.", item, {MESSAGE_ID: known}),
            "Items": _message(NDJSON, "Items, one a line; each is answered by itself.", _lines(item), {MESSAGE_ID: known}),
            "Mail": _message(
                MAIL,
                "A raw message.",
                _BINARY,
                {MESSAGE_ID: known} | {name: _HEADERS[name] for name in (ENVELOPE_TO, ENVELOPE_FROM, ITEM_ID)},
            ),
            "Webhook": _message(
                JSON,
                "What a mail service posted, with the Content-Type that it gave. Whoever puts it there has proven who sent it.",
                _BINARY,
                {MESSAGE_ID: known} | {name: _HEADERS[name] for name in (SOURCE, QUERY)},
                [SOURCE],
            ),
        },
        "answers": {
            "Answers": _message(
                NDJSON,
                "Answers, one a line; `index` is the item's place in its message.",
                _lines(answer),
                {ITEM: came, MESSAGE_ID: known},
            )
        },
        "dead": {
            "DeadLetter": _message(
                NDJSON,
                "The bytes of an item without an answer, with the headers that it came with; fit to be sent again.",
                _BINARY,
                {
                    PROBLEM: {
                        "contentMediaType": JSON,
                        "contentSchema": {"$ref": REF.format(name="BatchAnswer")},
                        "type": "string",
                    },
                    TRUNCATED: _text("Bytes of the original, where the body is cut."),
                    ITEM: came,
                    MESSAGE_ID: known,
                }
                | _HEADERS,
                [PROBLEM, ITEM],
            )
        },
    }


def _message(media: str, summary: str, payload: Document, headers: Document, required: list[str] | None = None) -> Document:
    told: Document = {"type": "object", "properties": headers}
    return {
        "contentType": media,
        "summary": summary,
        "headers": told | ({"required": required} if required else {}),
        "payload": payload,
    }


def _lines(line: Document) -> Document:
    return {"type": "string", "contentMediaType": NDJSON, "contentSchema": line}


def _reached(part: object, schemas: Document) -> Document:
    """The schemas that `part` refers to, and those that they refer to in turn, by name."""
    found: Document = {}
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            name = str(one.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return dict(sorted(found.items()))


async def _no_answer(_message: object) -> None:
    """Nothing is answered: the application is only described."""
