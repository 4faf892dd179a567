"""PowerMTA's accounting file: CSV whose header line names the columns (PowerMTA 5.5 User's Guide §12.2; bounce categories §11.4).

One file may hold records of several types, the first column says which.
"""

import re
from collections.abc import Mapping, Sequence

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.formats.csv_rows import cell, columns_of, split_row
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known
from bounce_verdict.webhooks.times import rfc3339

TYPES: Mapping[str, EventKind] = {
    "d": "success",
    "delivery": "success",
    "b": "bounce",
    "bounce": "bounce",
    "t": "delay",
    "transient": "delay",
    "rb": "bounce",  # a report that came back later
    "remotebounce": "bounce",
    "f": "complaint",
    "feedback": "complaint",
}
CATEGORIES: Mapping[str, Category] = {
    "bad-mailbox": known.NO_SUCH_MAILBOX,
    "bad-domain": known.NO_SUCH_DOMAIN,
    "inactive-mailbox": known.MAILBOX_DISABLED,
    "quota-issues": known.MAILBOX_FULL,
    "policy-related": known.POLICY,
    "spam-related": known.REPUTATION,
    "content-related": known.SPAM,
    "virus-related": known.VIRUS,
    "invalid-sender": known.SENDER,
    "relaying-issues": known.RELAY_DENIED,
    "protocol-errors": known.PROTOCOL,
    "routing-errors": known.DNS,
    "no-answer-from-host": known.NETWORK,
    "bad-connection": known.NETWORK,
    "bad-configuration": known.SYSTEM,
    "message-expired": known.EXPIRED,
    "hard": known.HARD,
    "soft": known.SOFT,
    "other": known.UNDETERMINED,
}
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_ROW = re.compile(r'"?(?:[dbtfr]|rb|rs|tq|delivery|bounce|transient|feedback)"?,')


def knows(line: LogLine) -> bool:
    """Whether a line is a header line of PowerMTA's."""
    return line.text.lstrip('"\ufeff')[:4].lower() == "type" and "rcpt" in line.text


class Reader:
    """Reads the lines of one file, or of one string that begins with the header line."""

    def __init__(self) -> None:
        self._columns: Mapping[str, int] = {}

    def __call__(self, line: LogLine) -> Found:
        """One line."""
        if knows(line):
            self._columns = columns_of(split_row(line.text.lstrip("\ufeff")))
            return "header"
        row = split_row(line.text)
        if not self._columns:
            return "no-header" if _ROW.match(line.text) else "no-delivery"
        kind = TYPES.get(cell(row, self._columns, "type").lower())
        if kind is None:
            return "no-delivery"
        return _delivery(kind, row, self._columns)


def _delivery(kind: EventKind, row: Sequence[str], columns: Mapping[str, int]) -> Found:
    address = cell(row, columns, "originalrcptto", "rcpt") if kind == "complaint" else cell(row, columns, "rcpt")
    if not address:
        return "unreadable"
    label, mta = cell(row, columns, "bouncecat"), cell(row, columns, "dsnmta").split(" ", 1)[0]
    status = _STATUS.search(cell(row, columns, "dsnstatus"))
    if kind in ("success", "complaint"):
        one = addressed(kind, address)
    else:
        one = addressed(
            kind,
            address,
            cell(row, columns, "dsndiag"),
            CATEGORIES.get(label.lower()),
            label or None,
            status=status[1] if status is not None else None,
            remote_mta=mta or None,
            original_recipient=cell(row, columns, "orcpt").rpartition(";")[2] or None,
        )
    told = {name: found[:200] for name in ("jobId", "envId", "vmta") if (found := cell(row, columns, name.lower()))}
    moment = rfc3339(cell(row, columns, "timelogged"))
    return LoggedDelivery(kind, [one], None, cell(row, columns, "type"), moment, label or None, None, told)
