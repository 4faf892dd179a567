"""OpenSMTPD: `SESSION mta delivery evpid=… from=<…> to=<…> rcpt=<…> … result="PermFail" stat="550 …"` (7.5, mta_session.c, mda.c).

Until 5.9 the same was written as `relay: TempFail for EVPID: session=…, from=<…>, to=<…>, …, stat=…` and `delivery: Ok for …`.
"""

import re
from collections.abc import Mapping

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind

RESULTS: Mapping[str, EventKind] = {
    "ok": "success",
    "delivered": "success",
    "tempfail": "delay",
    "permfail": "bounce",
    "loopfail": "bounce",
    "loop": "bounce",
    "expire": "bounce",
    "expired": "bounce",
}
_DELIVERY = re.compile(
    r"(?:[0-9a-f]{16} )?(?:(?:mta|mda|queue) (?:event=)?delivery |(?:relay|delivery|mta|mda|remote|local): (?P<result>[A-Za-z]{2,12}) for (?P<evpid>[0-9a-f]{16}): )"
)
_OF_OPENSMTPD = re.compile(
    r"(?:[0-9a-f]{16} (?:smtp|mta|mda|queue|lka|scheduler)\b|smtp-(?:in|out): |(?:relay|delivery): [A-Z][A-Za-z]{1,11} for [0-9a-f]{16}: )"
)
_FIELD = re.compile(
    r'(?P<key>[a-z]{2,12})=(?:"(?P<quoted>[^"]{0,1000}+)"|<(?P<address>[^>]{0,1000}+)>|(?P<bare>[^,"<\s]{0,300}+(?: \([^()]{0,255}+\))?+))(?:, | |$)'
)
_STAT = re.compile(r"[ ,]stat=")
_IN_BRACKETS = re.compile(r"(?P<ip>[^\s(]{1,100}+)(?: \((?P<name>[^()\s]{1,255}+)\))?")
_STATUS = re.compile(r"(?:\d{3} )?([245]\.\d{1,3}\.\d{1,3}) ")


def knows(line: LogLine) -> bool:
    """Whether a line is OpenSMTPD's."""
    return line.program == "smtpd" or (not line.program and _OF_OPENSMTPD.match(line.text) is not None)


def read(line: LogLine) -> Found:
    """One line."""
    begun = _DELIVERY.match(line.text)
    if begun is None:
        return "incoming" if line.text.startswith("smtp-in: ") or " smtp " in line.text[:30] else "no-delivery"
    stat = _STAT.search(line.text, begun.end())
    until = stat.start() if stat is not None else len(line.text)
    fields: dict[str, str] = {}
    for field in _FIELD.finditer(line.text[: until + 1], begun.end()):
        fields.setdefault(field["key"], field["quoted"] or field["address"] or field["bare"] or "")
    kind = RESULTS.get((begun["result"] or fields.get("result", "")).lower())
    to, rcpt = fields.get("to", ""), fields.get("rcpt", "")
    if kind is None or not (to or rcpt):
        return "no-delivery"
    text = _unquoted(line.text[stat.end() :]) if stat is not None else ""
    relay = _IN_BRACKETS.match(fields.get("relay", ""))
    one = addressed(
        kind,
        to or rcpt,
        text if kind != "success" else "",
        remote_mta=(relay["name"] or relay["ip"]) if relay is not None and relay["ip"] != "local" else None,
        original_recipient=rcpt if rcpt != "-" else None,
    )
    return LoggedDelivery(kind, [one], begun["evpid"] or fields.get("evpid"), begun["result"] or fields["result"], line.moment())


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:].removesuffix('"') if text[:1] == '"' else text
