"""A payload's bytes → JSON values, and how readers take fields from them: nothing in a payload is trusted to have its type or size.

Every accessor gives an empty value where a field is absent or of another type, so a reader needs no check and cannot raise.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from bounce_verdict.errors import InputError

Table = dict[str, Any]

MAX_TEXT = 8_192  # characters of a reply that are kept: what parse_reply reads
MAX_WORD = 1_000  # characters of an id, a name or any other field
MAX_RECIPIENTS = 10_000
MAX_FORM_FIELDS = 1_000
MAX_DEPTH = 100
MAX_ECHOED = 100  # tags, or entries of metadata, that are answered
MAX_ECHOED_DEPTH = 4

_PLAIN_MESSAGE = b"Successfully validated"  # SNS's first raw message: "Successfully validated SNS topic for Amazon SES …"
_FORM = re.compile(rb"[A-Za-z_][\w-]{0,40}=")
_decode = msgspec.json.Decoder().decode


def decode(body: bytes, content_type: str = "", query: str = "") -> object:
    """The payload: JSON, JSON lines (a list), or the fields of a form or a query (a table of strings).

    Raises InputError where the body is none of these.
    """
    if not body.strip():
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)) if query else {}
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/x-www-form-urlencoded" or (_FORM.match(body) and media != "application/json"):
        return _form(body)
    if media == "multipart/form-data":
        return _multipart(body, content_type)
    if body.startswith(_PLAIN_MESSAGE):
        return body[:MAX_WORD].decode("utf-8", "replace")
    try:
        return _json(body)
    except ValueError:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines):
            return [_line(line) for line in lines]
    raise InputError("body", "is no JSON that can be read")


def nested(text: str) -> object:
    """JSON that stands in a string of a payload (SNS's Message, Mandrill's form field); None where it is none."""
    try:
        return _json(text.encode("utf-8", "replace"))
    except ValueError:
        return None


def _form(body: bytes) -> Table:
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        raise InputError("body", f"has more than {MAX_FORM_FIELDS} form fields") from error
    return dict(fields)


def _multipart(body: bytes, content_type: str) -> Table:
    """The fields of RFC 7578; files are left out."""
    form = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    parts = form.get_payload() if form.is_multipart() else []
    fields: Table = {}
    for part in list(parts)[:MAX_FORM_FIELDS]:
        if isinstance(part, Message) and part.get_filename() is None and not part.is_multipart():
            name, found = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(found, bytes):
                fields[name] = found.decode("utf-8", "replace")
    return fields


def _line(line: bytes) -> object:
    try:
        return _json(line)
    except ValueError:
        return None  # answered in its place; the other lines are not lost


def _json(body: bytes) -> object:
    """As JSON; more slowly where it holds what RFC 8259 §8.2 calls unpredictable: lone surrogates, NaN, invalid UTF-8."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    try:
        return _cleaned(json.loads(body.decode("utf-8", "replace"), strict=False), 0)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _cleaned(value: object, depth: int) -> object:
    """Valid Unicode all through."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(_cleaned(key, depth + 1)): _cleaned(item, depth + 1) for key, item in value.items()}
    return value


# --- fields ----------------------------------------------------------------------------------------------------------


def text(holder: Table, *keys: str, most: int = MAX_WORD) -> str:
    """The first of these fields that holds any text; a number as it is written. At most `most` characters."""
    for key in keys:
        found = holder.get(key)
        if isinstance(found, str):
            if cut := found[:most].strip():
                return cut
        elif isinstance(found, int) and not isinstance(found, bool):
            return str(found)[:most] if -(10**30) < found < 10**30 else ""
    return ""


def reply(holder: Table, *keys: str) -> str:
    """A reply's text, which may be longer than other fields, or a list of its lines."""
    for key in keys:
        found = holder.get(key)
        if found is None:
            continue
        if isinstance(found, list):
            found = "\n".join(part for part in found[:100] if isinstance(part, str))[:MAX_TEXT]
        if isinstance(found, str) and (cut := found[:MAX_TEXT].strip()):
            return cut
    return ""


def word(holder: Table, *keys: str) -> str:
    """As `text`, in lower case: to be looked up in a reader's table."""
    return text(holder, *keys).lower()


def code(holder: Table, *keys: str) -> int | None:
    """A reply code given as a number or as a string; None where it is no three-digit one (RFC 5321 §4.2.1: 2yz to 5yz)."""
    for key in keys:
        digits = text(holder, key)
        if len(digits) == 3 and digits.isascii() and digits.isdigit() and digits[0] in "2345":  # noqa: PLR2004
            return int(digits)
    return None


def table(holder: Table, *path: str) -> Table:
    """The object at the end of the path, {} where any part of the path is none."""
    found: object = holder
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def items(holder: Table, key: str) -> list[Any]:
    """The list of that name; a list of one where the field holds a single value; at most MAX_RECIPIENTS."""
    found = holder.get(key)
    if isinstance(found, list):
        return found[:MAX_RECIPIENTS]
    return [] if found is None else [found]


def tables(holder: Table, key: str) -> Iterator[Table]:
    """The objects in the list of that name."""
    return (item for item in items(holder, key) if isinstance(item, dict))


def strings(holder: Table, key: str) -> list[str]:
    """The strings in the list of that name, none empty; of a string the one."""
    return [item[:MAX_WORD].strip() for item in items(holder, key) if isinstance(item, str) and item and not item.isspace()]


def tags(holder: Table, *keys: str) -> list[str]:
    """The first of these fields that holds tags, one or many."""
    for key in keys:
        if found := strings(holder, key):
            return found[:MAX_ECHOED]
    return []


def echoed(holder: object, depth: int = 0) -> Any:  # noqa: ANN401
    """A value as given, cut to what an answer may echo; None in place of what is nested deeper."""
    if isinstance(holder, str):
        return holder[:MAX_WORD]
    if isinstance(holder, int) and not -(2**63) <= holder < 2**63:
        return None
    if not isinstance(holder, (dict, list)):
        return holder
    if depth >= MAX_ECHOED_DEPTH:
        return None
    if isinstance(holder, list):
        return [echoed(item, depth + 1) for item in holder[:MAX_ECHOED]]
    return {key[:MAX_WORD]: echoed(item, depth + 1) for key, item in list(holder.items())[:MAX_ECHOED]}


def fingerprint(value: object) -> str:
    """An id for an event that has none: the same for the same event delivered twice."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]
