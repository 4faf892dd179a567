"""Exchange's message tracking log: CSV whose `#Fields:` line names the columns (learn.microsoft.com, "Message tracking", 2013 to 2019).

What Get-MessageTrackingLog exports has the same columns without hyphens, and its own header line.
"""

import re
from collections.abc import Mapping, Sequence

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.formats.csv_rows import cell, columns_of, split_row, squeezed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import ReportedReply
from bounce_verdict.webhooks.times import rfc3339

EVENTS: Mapping[str, EventKind] = {
    "fail": "bounce",
    "defer": "delay",
    "deliver": "success",
    "duplicatedeliver": "success",
    "send": "success",
    "sendexternal": "success",
}
_FIELDS = "#Fields:"
_REPLY = re.compile(r"'?(?:[245]\d\d[ -]|\[\{)")
_BETWEEN = re.compile(r";(?='?(?:[245]\d\d[ -]|\[\{))")  # of several recipients' replies; a reply may hold semicolons of its own
_SERVER = re.compile(r"\{FQDN=([^}\s]{1,255}+)\}")
_LED = re.compile(r"\{LED=([^}]{1,2000}+)\}")  # last error details: what the server said, or Exchange itself
_ROW = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,16}Z,")
_MAX_RECIPIENTS = 1_000
_MAX_SHARED = 1_000  # characters of a reply that stands for several recipients


def knows(line: LogLine) -> bool:
    """Whether a line is a header line or a comment of Exchange's."""
    text = line.text.lstrip("\ufeff")
    if text[:1] == "#":
        return text.startswith((_FIELDS, "#Software: Microsoft Exchange", "#Log-type: Message Tracking", "#TYPE "))
    return _names_columns(text)


def _names_columns(text: str) -> bool:
    return "ecipient" in text and {"eventid", "recipientstatus"} <= {squeezed(name) for name in split_row(text)}


class Reader:
    """Reads the lines of one file, or of one string that begins with the header line."""

    def __init__(self) -> None:
        self._columns: Mapping[str, int] = {}

    def __call__(self, line: LogLine) -> Found:
        """One line."""
        text = line.text.lstrip("\ufeff")
        if text[:1] == "#" or _names_columns(text):
            if text.startswith(_FIELDS) or text[:1] != "#":
                self._columns = columns_of(split_row(text.removeprefix(_FIELDS).strip()))
            return "header"
        if not self._columns:
            return "no-header" if _ROW.match(text) else "no-delivery"
        row = split_row(text)
        kind = EVENTS.get(cell(row, self._columns, "eventid").lower())
        return "no-delivery" if kind is None else _delivery(kind, row, self._columns)


def _delivery(kind: EventKind, row: Sequence[str], columns: Mapping[str, int]) -> Found:
    addresses = [one.strip() for one in cell(row, columns, "recipientaddress", "recipients").split(";") if one.strip()]
    if not addresses:
        return "unreadable"
    status, context = cell(row, columns, "recipientstatus"), cell(row, columns, "sourcecontext")
    said = _BETWEEN.split(status) if len(addresses) > 1 else [status]
    if len(said) != len(addresses):
        said = [said[0] if len(set(said)) == 1 else status[:_MAX_SHARED]] * len(addresses)
    server = cell(row, columns, "serverhostname", "serverip")
    recipients = [
        _recipient(kind, address, text if _REPLY.match(text.strip()) else text or context, server)
        for address, text in zip(addresses[:_MAX_RECIPIENTS], said, strict=False)
    ]
    return LoggedDelivery(
        kind,
        recipients,
        cell(row, columns, "internalmessageid") or None,
        cell(row, columns, "eventid"),
        rfc3339(cell(row, columns, "datetime", "timestamp", "timestamputc")),
        None,
        cell(row, columns, "messageid").strip("<>") or None,
    )


def _recipient(kind: EventKind, address: str, text: str, server: str) -> ReportedReply:
    if kind == "success":
        return addressed(kind, address)
    last, named = _LED.search(text), _SERVER.search(text)
    words = last[1] if last is not None else text.strip("' ")
    return addressed(kind, address, words, remote_mta=(named[1] if named is not None else server) or None)
