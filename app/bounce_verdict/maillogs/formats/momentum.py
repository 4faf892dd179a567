"""Momentum's bouncelog and mainlog: fields between at signs, the fifth says what it is (support.sparkpost.com/momentum/4/log-formats).

A bouncelog's B and T name the recipient in two fields; mainlog's D, T and P name the domain alone.
"""

import re
from collections.abc import Mapping

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.webhooks.sources.sparkpost import CLASS_KINDS, CLASSES
from bounce_verdict.webhooks.times import rfc3339

BOUNCELOG: Mapping[str, EventKind] = {"B": "bounce", "T": "delay"}  # sixteen fields
MAINLOG: Mapping[str, EventKind] = {"D": "success", "T": "delay", "P": "bounce"}
# Connection stages; those between two commands answer neither.
STAGES: Mapping[str, str] = {
    "2": "MAIL", "3": "MAIL", "4": "RCPT", "5": "RCPT", "6": "DATA", "7": "DATA", "8": "EOD", "9": "EOD", "10": "EHLO", "11": "EHLO",
    "12": "CONNECT", "15": "STARTTLS", "16": "STARTTLS", "17": "STARTTLS",
}  # fmt: skip
_HEAD = re.compile(r"\d{10}(?:\d{6})?@[^@]{0,60}@[^@]{0,60}@[^@]{0,60}@[A-Z]\d?(?:@|$)")
_AT_BOUNCE, _AT_FAILURE = 15, 13  # where the server's text begins, which may hold at signs of its own
_IP = re.compile(r"[\da-fA-F.:]{2,45}$")


def knows(line: LogLine) -> bool:
    """Whether a line is Momentum's."""
    return _HEAD.match(line.text) is not None


def read(line: LogLine) -> Found:
    """One line."""
    if not knows(line):
        return "no-delivery"
    row = line.text.split("@", _AT_BOUNCE)
    if len(row) > _AT_BOUNCE and row[4] in BOUNCELOG and row[12].isdigit() and row[13].isdigit():
        return _of_bouncelog(row)
    row = line.text.split("@", _AT_FAILURE)
    if row[4] in MAINLOG and len(row) > (11 if row[4] == "D" else _AT_FAILURE):
        return _of_mainlog(row)
    return "unreadable" if row[4] in BOUNCELOG else "no-delivery"


def _of_bouncelog(row: list[str]) -> LoggedDelivery:
    label = row[12]
    kind = CLASS_KINDS.get(label, BOUNCELOG[row[4]])
    one = addressed(
        kind, f"{row[5]}@{row[6]}", row[15], CLASSES.get(label), label, command=STAGES.get(row[11]), remote_mta=_server(row[14])
    )
    return LoggedDelivery(kind, [one], row[1] or None, row[4], rfc3339(row[0]), label)


def _of_mainlog(row: list[str]) -> LoggedDelivery:
    kind = MAINLOG[row[4]]
    if kind == "success":
        one = addressed(kind, "", remote_mta=_server(row[11]))
    else:
        one = addressed(kind, "", row[13], command=STAGES.get(row[9]), remote_mta=_server(row[12]))
    return LoggedDelivery(kind, [one], row[1] or None, row[4], rfc3339(row[0]), None, None, {"domain": row[5][:255]})


def _server(field: str) -> str | None:
    return field if _IP.match(field) else None
