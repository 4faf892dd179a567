"""Haraka 3.3's outbound log: `[NOTICE] [UUID] [outbound] recipient <…> rejected: 550 …` (outbound/hmail.js, logger.js).

Written plainly, as logfmt or as JSON. A refusal at RCPT names its recipient; a message that is refused as a whole, or delivered, is known
by its UUID alone.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind

WORDS: Mapping[str, EventKind] = {"rejected": "bounce", "deferred": "delay"}
_PLAIN = re.compile(
    r"\[(?P<level>[A-Z]{4,9})\] \[(?P<uuid>[0-9A-Fa-f.-]{1,60})\] \[(?P<origin>[\w./-]{1,60})\] (?P<message>.*)", re.DOTALL
)
_LEVELLESS = re.compile(r"\[(?P<level>[A-Z]{4,9})\] \[(?P<origin>outbound)\] (?P<message>.*)", re.DOTALL)  # Haraka 2
_LOGFMT = re.compile(
    r"level=(?P<level>[A-Z]{4,9}) uuid=(?P<uuid>[0-9A-Fa-f.-]{1,60}) (?:source|origin)=(?P<origin>[\w./-]{1,60}) (?P<message>.*)",
    re.DOTALL,
)
_RECIPIENT = re.compile(r"recipient (?P<to><[^<>]{0,1000}+>|\S{1,1000}+) (?P<word>rejected|deferred): (?P<text>.*)", re.DOTALL)
_WHOLE = re.compile(
    r"(?:bouncing mail: |Bouncing mail: )(?:Error: )?(?P<bounce>.*)|Temp failing \S{1,300} for [\d.]{1,12} seconds: (?:Error: )?(?P<delay>.*)",
    re.DOTALL,
)
_SUMMARY = re.compile(r"(?:Too many failures \()?(?:Error: )?Some recipients (?:temp(?:orarily)? )?failed", re.IGNORECASE)
_DELIVERED = re.compile(r'"?delivered file"?=')
_VALUE = re.compile(r'\b(?P<key>domain|host|response)=(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^\s"]++))')
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def knows(line: LogLine) -> bool:
    """Whether a line is Haraka's."""
    text = line.text
    if text[:1] == "{":
        return '"origin"' in text and '"level"' in text and '"uuid"' in text
    return any(shape.match(text) is not None for shape in (_PLAIN, _LEVELLESS, _LOGFMT))


def read(line: LogLine) -> Found:
    """One line."""
    if line.text[:1] == "{":
        return _of_json(line)
    found = _PLAIN.match(line.text) or _LOGFMT.match(line.text) or _LEVELLESS.match(line.text)
    if found is None or found["origin"] != "outbound":
        return "no-delivery"
    message = found["message"].strip()
    if found.re is _LOGFMT and message.startswith('message="'):
        message = message[len('message="') :].removesuffix('"').replace('\\"', '"')
    return _read(message, found.groupdict().get("uuid"), line)


def _of_json(line: LogLine) -> Found:
    try:
        row = _decode(line.text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return "unreadable"
    uuid, message, host = row.get("uuid"), row.get("message"), row.get("host")
    uuid = uuid if isinstance(uuid, str) else None
    if "delivered file" in row:
        return _delivered(uuid, host if isinstance(host, str) else None, line)
    return _read(message, uuid, line) if isinstance(message, str) else "no-delivery"


def _read(message: str, uuid: str | None, line: LogLine) -> Found:
    if _DELIVERED.match(message):
        host = next((one["quoted"] or one["bare"] for one in _VALUE.finditer(message[:2_000]) if one["key"] == "host"), None)
        return _delivered(uuid, host, line)
    if (one := _RECIPIENT.match(message)) is not None:
        kind = WORDS[one["word"]]
        said = addressed(kind, one["to"].strip("<>"), one["text"], command="RCPT")
        return LoggedDelivery(kind, [said], uuid if uuid != "-" else None, one["word"], line.moment())
    whole = _WHOLE.match(message)
    if whole is None:
        return "no-delivery"
    text = whole["bounce"] if whole["bounce"] is not None else whole["delay"]
    if _SUMMARY.match(text):
        return "told-elsewhere"
    kind = "bounce" if whole["bounce"] is not None else "delay"
    said = addressed(kind, "", text.removeprefix("Upstream error: "))
    return LoggedDelivery(kind, [said], uuid if uuid != "-" else None, kind, line.moment())


def _delivered(uuid: str | None, host: str | None, line: LogLine) -> Found:
    said = addressed("success", "", remote_mta=host)
    return LoggedDelivery("success", [said], uuid if uuid != "-" else None, "delivered", line.moment())
