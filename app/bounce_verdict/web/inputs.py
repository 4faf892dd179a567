"""Requests in: JSON, text and headers become the classifier's inputs, or an error that names the field.

ReplyRequest and BatchItem are decoded into, and they are what the contract shows.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.datastructures import QueryParams
from starlette.types import Scope

from bounce_verdict.errors import InputError, TooLarge, UnknownCommand
from bounce_verdict.model import COMMANDS, Action, Command, MessageInput, ReplyInput
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.web.decoding import decode_json
from bounce_verdict.web.exchange import Asked
from bounce_verdict.web.problems import Refusal

Aliases = Mapping[str, Command]

_BY_NAME: dict[str, Command] = {command: command for command in COMMANDS}
_MOST = 1_000  # characters of a name or an address; RFC 5321 §4.5.3.1 allows 256

CommandName = Annotated[
    str,
    Meta(
        max_length=100,
        description="The SMTP command that was answered, by its name or one of those in use elsewhere: EOD, end of DATA, banner …",
        examples=["RCPT"],
    ),
]
Host = Annotated[str, Meta(max_length=_MOST, description="The server that answered.", examples=["mx.example.org"])]
Address = Annotated[str, Meta(max_length=_MOST, description="The recipient's address.", examples=["ana@example.org"])]
Identity = Annotated[str, Meta(max_length=_MOST, description="Your own id, echoed in the answer.", examples=["7f3a"])]
ReportAction = Annotated[Action, Meta(description="The action of the report that the reply comes from (RFC 3464 §2.3.3).")]


class ReplyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A reply to judge."""

    reply: Annotated[
        str,
        Meta(
            description="What the server answered: one line or several, with or without its codes.",
            examples=["550 5.1.1 <ana@example.org>: user unknown"],
        ),
    ]
    command: CommandName | None = None
    remote_mta: Host | None = None
    recipient: Address | None = None
    action: ReportAction | None = None
    id: Identity | None = None


class BatchItem(msgspec.Struct, forbid_unknown_fields=True):
    """One item of a batch: exactly one of `reply`, `message` and `message_base64`, and what goes with it."""

    reply: Annotated[str, Meta(description="A reply, as in /v1/classify/reply.")] | None = None
    message: Annotated[str, Meta(description="A raw message that is valid Unicode text.")] | None = None
    message_base64: Annotated[str, Meta(description="A raw message in base64, whatever its bytes.")] | None = None
    id: Identity | None = None
    command: CommandName | None = None
    remote_mta: Host | None = None
    recipient: Address | None = None
    action: ReportAction | None = None
    envelope_to: Annotated[str, Meta(max_length=_MOST, description="The address that the message arrived at.")] | None = None
    envelope_from: Annotated[str, Meta(max_length=_MOST, description="The message's envelope sender.")] | None = None


class _OnlyId(msgspec.Struct):
    id: Identity | None = None


class _AnyObject(msgspec.Struct, gc=False):
    pass


_OF_A_REPLY = ("command", "remote_mta", "recipient", "action")
_OF_A_MESSAGE = ("envelope_to", "envelope_from")


def check_array(body: bytes, limit: int) -> None:
    """Raises as decode_json does for what is no JSON array of objects, and TooLarge beyond `limit` items.

    Counted as objects, at 16 bytes each: ten megabytes of `1,1,…` would make 340 MB of items.
    """
    if len(decode_json(body, list[_AnyObject])) > limit:
        raise TooLarge("body", f"has more than {limit} items", f"max_batch_items {limit}")


def split_array(body: bytes) -> list[msgspec.Raw]:
    """The items of a JSON array that was checked, each still JSON."""
    return decode_json(body, list[msgspec.Raw])


def query(scope: Scope, *allowed: str) -> dict[str, str]:
    """The query's parameters. Raises InputError for one that is not `allowed`, or given twice."""
    found: dict[str, str] = {}
    if not scope["query_string"]:
        return found
    for name, text in QueryParams(scope["query_string"]).multi_items():
        if name not in allowed:
            takes = f"this path takes {', '.join(allowed)}" if allowed else "this request takes none"
            raise InputError(_quotable(name, "query"), f"is not a parameter here; {takes}")
        if name in found:
            raise InputError(name, "is given twice")
        found[name] = text
    return found


def header(asked: Asked, name: str) -> str | None:
    """A request header that carries an address; UTF-8 is allowed (RFC 6531). Raises InputError where it is too long or repeated."""
    found = asked.each(name.lower().encode())
    if len(found) > 1:
        raise InputError(name, "is given twice")
    if not found:
        return None
    if len(found[0]) > _MOST:
        raise InputError(name, f"is longer than {_MOST} bytes")
    return found[0].decode("utf-8", "replace").strip()


def reply_input(given: ReplyRequest, aliases: Aliases) -> ReplyInput:
    """What the classifier judges. Raises InputError for an empty reply, UnknownCommand for a command that nobody uses."""
    return _reply_input(given.reply, given, aliases)


def _reply_input(reply: str, given: "ReplyRequest | BatchItem", aliases: Aliases) -> ReplyInput:
    if not reply or reply.isspace():
        raise InputError("reply", "is empty")
    command = None if given.command is None else command_named(given.command, aliases)
    return ReplyInput(reply, command, given.remote_mta, given.recipient, given.action, given.id)


def command_named(name: str, aliases: Aliases) -> Command:
    """The command that goes by `name`. Raises UnknownCommand, without quoting it."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    try:
        return resolve_command(name, aliases)
    except UnknownCommand:
        raise UnknownCommand("command", f"is no SMTP command; known are {', '.join(COMMANDS)} and many names for them") from None


def message_input(raw: bytes, envelope_to: str | None, envelope_from: str | None, identity: str | None = None) -> MessageInput:
    """What the classifier reads. Raises InputError for an empty message."""
    if not raw:
        raise InputError("body", "is empty; a raw message is expected")
    return MessageInput(raw, envelope_to, envelope_from, identity)


def item_input(item: BatchItem, aliases: Aliases, max_body: int) -> ReplyInput | MessageInput:
    """What one item of a batch asks for. Raises InputError naming the field, TooLarge for a message beyond `max_body`."""
    reply = item.reply
    if reply is not None and item.message is item.message_base64 is item.envelope_to is item.envelope_from is None:
        return _reply_input(reply, item, aliases)
    kind = _kind(item)
    raw = _raw_message(item)
    if not raw:
        raise InputError(kind, "is empty")
    if len(raw) > max_body:
        raise TooLarge(kind, f"is larger than {max_body} bytes", f"max_body {max_body}")
    return MessageInput(raw, item.envelope_to, item.envelope_from, item.id)


def _kind(item: BatchItem) -> str:
    """Which of the three it has. Raises InputError where that is not one, or where something does not go with it."""
    kinds = [name for name in ("reply", "message", "message_base64") if getattr(item, name) is not None]
    if len(kinds) != 1:
        raise InputError("item", "must have exactly one of reply, message and message_base64")
    for name in _OF_A_MESSAGE if kinds[0] == "reply" else _OF_A_REPLY:
        if getattr(item, name) is not None:
            raise InputError(name, f"does not go with {kinds[0]}")
    return kinds[0]


def identity_of(line: bytes | msgspec.Raw) -> str | None:
    """The id of an item that cannot be used as a whole; None where not even that can be read."""
    try:
        return decode_json(line, _OnlyId).id
    except (InputError, Refusal):
        return None


def _raw_message(item: BatchItem) -> bytes:
    if item.message is not None:
        return item.message.encode()
    try:
        return base64.b64decode("".join((item.message_base64 or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("message_base64", "is not base64") from None


def _quotable(name: str, otherwise: str) -> str:
    """A parameter's name where it is a plain word; any other may be anything."""
    return name if re.fullmatch(r"[A-Za-z_]\w{0,39}", name, re.ASCII) else otherwise
