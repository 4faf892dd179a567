"""What a request asks for: its JSON and texts become the pipeline's inputs, or an error that names the field."""

import base64
import binascii
import time
from collections.abc import Mapping

import msgspec

from bounce_verdict.contract.decoding import decode_json
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.requests import BatchItem, Identity, ReplyRequest
from bounce_verdict.errors import InputError
from bounce_verdict.maillogs import check_format
from bounce_verdict.model import COMMANDS, Command, MessageInput, ReplyInput, record
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks import SOURCES, find_category
from bounce_verdict.webhooks.times import rfc3339

Aliases = Mapping[str, Command]


@record
class LogInput:
    """A piece of a mail log to read. format: one of FORMATS, None where the lines show it."""

    text: str
    format: str | None
    id: Identity | None


_BY_NAME: dict[str, Command] = {command: command for command in COMMANDS}


class _OnlyId(msgspec.Struct):
    id: Identity | None = None


class _AnyObject(msgspec.Struct, gc=False):
    pass


_APART = ("status", "category", "source", "occurred_at")  # what a source says beside the text
_OF_A_REPLY = ("command", "remote_mta", "recipient", "action", *_APART)
_OF_A_MESSAGE = ("envelope_to", "envelope_from")
_NOT_WITH = {
    **dict.fromkeys(("reply", "status", "category"), (*_OF_A_MESSAGE, "format")),
    **dict.fromkeys(("message", "message_base64"), (*_OF_A_REPLY, "format")),
    "log": (*_OF_A_REPLY, *_OF_A_MESSAGE),
}


def check_array(body: bytes, limit: int) -> None:
    """Raises as decode_json does for what is no JSON array of objects, and InputError naming the limit beyond `limit` items.

    Counted as objects, at 16 bytes each: ten megabytes of `1,1,…` would make 340 MB of items.
    """
    if len(decode_json(body, list[_AnyObject])) > limit:
        raise InputError("body", f"has more than {limit} items", f"max_batch_items {limit}")


def split_array(body: bytes) -> list[msgspec.Raw]:
    """The items of a JSON array that was checked, each still JSON."""
    return decode_json(body, list[msgspec.Raw])


def reply_input(given: "ReplyRequest | BatchItem", aliases: Aliases) -> ReplyInput | ReportedReply:
    """What the classifier judges. Raises InputError naming the field."""
    command, reply = None if given.command is None else command_named(given.command, aliases), given.reply
    if reply and given.status is given.category is given.source is given.occurred_at is None and not reply.isspace():
        return ReplyInput(
            reply,
            command,
            given.remote_mta,
            given.recipient,
            given.action,
            given.id,
            given.sender,
            given.sending_ip,
            given.sending_host,
        )
    return ReportedReply(
        given.recipient,
        reply or "",
        None,
        given.status,
        command,
        given.action,
        given.remote_mta,
        _category(given.category, given.source),
        given.category,
        _moment(given.occurred_at),
        given.id,
        given.source or "request",
        given.sender,
        given.sending_ip,
        given.sending_host,
    )


def text_input(given: ReplyRequest, aliases: Aliases) -> ReplyInput:
    """A reply of which the text alone is judged. Raises as reply_input does, and InputError where there is no text or more than it."""
    asked = reply_input(given, aliases)
    if isinstance(asked, ReportedReply):
        raise InputError("reply", "is empty, or something is given apart from it, which rules do not see")
    return asked


def _category(word: str | None, source: str | None) -> Category | None:
    """What the source's own word means; None where it has none, or one that is in no table."""
    if source is None and word is not None:
        raise InputError("source", "is required with category")
    if source is not None and source not in SOURCES:
        raise InputError("source", f"must be one of {', '.join(SOURCES)}")
    return None if source is None or word is None else find_category(source, word)


def _moment(given: str | None) -> str | None:
    moment = None if given is None else rfc3339(given)
    if given is None or moment is not None:
        return moment
    raise InputError("occurred_at", "must be a time with its zone, as in 2026-11-29T09:00:00Z")


def command_named(name: str, aliases: Aliases) -> Command:
    """The command that goes by `name`. Raises InputError, without quoting it."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    try:
        return resolve_command(name, aliases)
    except InputError:
        raise InputError("command", f"is no SMTP command; known are {', '.join(COMMANDS)} and many names for them") from None


def message_input(
    raw: bytes, envelope_to: str | None, envelope_from: str | None, identity: str | int | None = None
) -> MessageInput:
    """What the classifier reads. Raises InputError for an empty message."""
    if not raw:
        raise InputError("body", "is empty; a raw message is expected")
    return MessageInput(raw, envelope_to, envelope_from, identity, time.time())


def item_input(
    item: BatchItem, aliases: Aliases, max_body: int, raw: bytes | None = None
) -> ReplyInput | ReportedReply | MessageInput | LogInput:
    """What one item of a batch asks for. Raises InputError naming the field, and the limit for a message beyond `max_body`.

    raw: a message that is at hand as it is; the item's own is then not decoded.
    """
    beside = item.message is item.message_base64 is item.log is item.format is item.envelope_to is item.envelope_from is None
    if item.reply is not None and beside:
        return reply_input(item, aliases)
    kind = _kind(item)
    if item.log is not None:
        return _log_input(item, item.log)
    if kind in _APART:
        return reply_input(item, aliases)
    raw = _raw_message(item) if raw is None else raw
    if not raw:
        raise InputError(kind, "is empty")
    if len(raw) > max_body:
        raise InputError(kind, f"is larger than {max_body} bytes", f"max_body {max_body}")
    known = (item.envelope_to, item.envelope_from, item.id, time.time(), item.sender, item.sending_ip, item.sending_host)
    return MessageInput(raw, *known)


def _kind(item: BatchItem) -> str:
    """What it is judged by. Raises InputError where that is more than one thing or none, or where something does not go with it."""
    kinds = [name for name in ("reply", "message", "message_base64", "log") if getattr(item, name) is not None]
    if not kinds:
        kinds = [name for name in ("status", "category") if getattr(item, name) is not None][:1]
    if len(kinds) != 1:
        raise InputError("item", "must have exactly one of reply, message, message_base64 and log, or a status or a category")
    for name in _NOT_WITH[kinds[0]]:
        if getattr(item, name) is not None:
            raise InputError(name, f"does not go with {kinds[0]}")
    return kinds[0]


def _log_input(item: BatchItem, text: str) -> LogInput:
    check_format(item.format)
    return LogInput(text, item.format, item.id)


def identity_of(line: bytes | msgspec.Raw) -> str | int | None:
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
