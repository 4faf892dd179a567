"""Sendmail: `QUEUEID: to=<…>, …, relay=…, dsn=…, stat=…` (8.18, deliver.c, logdelivery; sysexits.c).

`stat` holds the remote server's own words only behind "Deferred: " and, since 8.16, in `reply=`. What else it says is Sendmail's word for
a class of replies: "User unknown" for every 550 at RCPT, "Service unavailable" for nearly every other 5yz. There `dsn` tells more, where
it is the server's own; 5.1.1 is not: Sendmail writes it for a 550 that had no enhanced code.
"""

import re
from collections.abc import Mapping
from typing import Any

from bounce_verdict.maillogs.delivery import OWN_WORDS, Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category, ReportedReply
from bounce_verdict.webhooks import categories as known

_USER_UNKNOWN = Category("permanent", "mailbox-unknown", "if-repeated")
STATS: Mapping[str, Category] = {
    "user unknown": _USER_UNKNOWN,
    "host unknown": Category("permanent", "domain-unknown", "if-repeated"),
    "service unavailable": Category("policy", "unspecified", "never"),
    "data format error": Category("policy", "malformed-content", "never"),
    "remote protocol error": known.PROTOCOL,
    "message too large": known.TOO_LARGE,
    "insufficient permission": known.SYSTEM,
    "local configuration error": known.SYSTEM,
    "internal error": known.SYSTEM,
    "system file missing": known.SYSTEM,
    "can't create output": known.SYSTEM,
    "cannot open input": known.SYSTEM,
    "operating system error": known.SYSTEM,
    "i/o error": known.SYSTEM,
    "command line usage error": known.SYSTEM,
    "deferred": known.SOFT,
}
_KINDS: Mapping[str, EventKind] = {"2": "success", "4": "delay", "5": "bounce"}
_KEYS = "ctladdr|delay|xdelay|mailer|pri|relay|dsn|reply|quarantine|ntries|stat"
_ENTRY = re.compile(rf"(?:(?P<queue>[0-9A-Za-z]{{6,24}}+): )?+to=(?P<to>.+?)(?P<rest>, (?:{_KEYS})=.*)", re.DOTALL)
_FIELD = re.compile(rf", (?P<key>{_KEYS})=")
_ADDRESS = re.compile(r'<(?P<in_brackets>(?:"(?:[^"\\]|\\.)*+"@)?+[^<>"]*+)>|(?P<bare>(?:"(?:[^"\\]|\\.)*+")?+[^,<>]++)')
_DSN = re.compile(r"[245]\.\d{1,3}\.\d{1,3}$")
_MAX_TO = 20_000
_MAX_RECIPIENTS = 1_000


def knows(line: LogLine) -> bool:
    """Whether a line is Sendmail's."""
    if line.program:
        return line.program.startswith(("sendmail", "sm-mta", "sm-msp"))
    return ", stat=" in line.text and _ENTRY.match(line.text[:_MAX_TO]) is not None


def read(line: LogLine) -> Found:
    """One line."""
    found = _ENTRY.match(line.text)
    if found is None:
        return "incoming" if ": ruleset=" in line.text[:100] or " reject=" in line.text else "no-delivery"
    fields = _fields(found["rest"])
    stat, dsn = fields.get("stat", ""), fields.get("dsn", "")
    dsn = dsn if _DSN.match(dsn) else ""
    kind = _kind(stat.lower(), dsn)
    if kind is None:
        return "no-delivery"
    recipients = [_recipient(kind, address, fields, dsn) for address in _addresses(found["to"])]
    return LoggedDelivery(kind, recipients, found["queue"], stat.partition(":")[0][:100] or None, line.moment())


def _fields(rest: str) -> dict[str, str]:
    """Every field up to `stat`, which is the last: what stands behind it is a server's text."""
    fields: dict[str, str] = {}
    marks = list(_FIELD.finditer(rest[:_MAX_TO]))
    for number, mark in enumerate(marks):
        is_last = mark["key"] == "stat" or number + 1 == len(marks)
        fields.setdefault(mark["key"], rest[mark.end() : None if is_last else marks[number + 1].start()].strip())
        if is_last:
            break
    return fields


def _kind(stat: str, dsn: str) -> EventKind | None:
    """What happened; None where nothing was tried ("queued")."""
    if stat.startswith("sent"):
        return "success"
    if stat.startswith("deferred"):
        return "delay"
    if stat.startswith("queued") or not (stat or dsn):
        return None
    return _KINDS.get(dsn[:1], "bounce" if _class(stat) in STATS else None)


def _recipient(kind: EventKind, address: str, fields: Mapping[str, str], dsn: str) -> ReportedReply:
    stat, reply = fields.get("stat", ""), fields.get("reply", "")
    relay = fields.get("relay", "").split(" ", 1)[0].rstrip(".")
    known_fields: dict[str, Any] = {"status": dsn or None, "remote_mta": relay if relay[:1] not in ("[", "") else None}
    if kind == "success":
        return addressed(kind, address, **known_fields)
    own = STATS.get(_class(stat)) if not reply else None
    if own is None:
        return addressed(kind, address, reply or _behind_deferred(stat), **known_fields)
    if "(" in stat:  # "Host unknown (Name server: mx.example.org: host not found)": why stands in the brackets
        return addressed(kind, address, stat, cautions=(OWN_WORDS,), **known_fields)
    return addressed(kind, address, "", own, stat[:200], cautions=(OWN_WORDS,), **known_fields)


def _class(stat: str) -> str:
    return stat.lower().partition(" (")[0].rstrip(" .")


def _behind_deferred(stat: str) -> str:
    return stat.removeprefix("Deferred").removeprefix(":").strip()


def _addresses(to: str) -> list[str]:
    found = [one["in_brackets"] or (one["bare"] or "").strip() for one in _ADDRESS.finditer(to[:_MAX_TO])]
    return [address.lstrip("\\") for address in found if address and address != "[more]"][:_MAX_RECIPIENTS]
