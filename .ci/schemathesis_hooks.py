"""What schemathesis cannot know of the contract: some media types, and what a schema cannot say of a valid request.

Only cases meant to be valid are put right; those meant to be invalid are sent as they come.
"""

import json
from typing import Any

import schemathesis

COMMANDS = ("RCPT", "EOD", "banner", "rcpt to")
APART = ("status", "category", "source", "occurred_at")  # what a source says beside the text


@schemathesis.serializer("application/x-ndjson", "application/ndjson", "application/jsonl")
def ndjson(_: Any, value: Any) -> bytes:
    """One line for each member of a list; anything else as it is."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in value) if isinstance(value, list) else _raw(value)


@schemathesis.serializer("message/rfc822")
def message(_: Any, value: Any) -> bytes:
    """A message as it is."""
    return _raw(value)


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    """Make a valid case valid where the schema does not suffice: codings, commands, blank replies, parameters of the other type."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    case.headers.pop("Content-Encoding", None)  # would have to be true
    if case.media_type == "application/json" and case.path == "/v1/classify/reply":
        case.query = {}
        case.headers.pop("X-Recipient", None)
    if case.query:
        _say_together(case.query)
    command = (case.query or {}).get("command")
    if command is not None:
        case.query["command"] = COMMANDS[len(str(command)) % len(COMMANDS)]
    if case.path.startswith("/v1/webhooks/"):  # any JSON is taken
        return
    if isinstance(case.body, dict):
        _put_right(case.body)
        for reply in case.body.get("replies") or ():
            _put_right(reply)
            for name in APART:  # rules see the text alone
                reply.pop(name, None)
    elif isinstance(case.body, str) and not case.body.strip():
        case.body = "550 no"


def _say_together(given: Any) -> None:
    """A category needs the source whose word it is, and a time its zone."""
    if "category" in given or "source" in given:
        given["source"] = "sendgrid"
    if "occurred_at" in given:
        given["occurred_at"] = "2026-11-29T09:00:00Z"


def _put_right(reply: Any) -> None:
    _say_together(reply)
    if reply.get("command") is not None:
        reply["command"] = COMMANDS[len(reply["command"]) % len(COMMANDS)]
    if isinstance(reply.get("reply"), str) and not reply["reply"].strip():
        reply["reply"] = "550 no"


def _raw(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()
