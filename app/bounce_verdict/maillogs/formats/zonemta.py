"""ZoneMTA: `info Sender/ZONE/PID id=… QUEUEID.SEQ REJECTED[category] from=… to=… src=… mx=… (550 …)` (3.10, lib/sender.js, lib/bounces.js)."""

import re
from collections.abc import Mapping

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.webhooks.sources.zonemta import CATEGORIES

WORDS: Mapping[str, EventKind] = {"ACCEPTED": "success", "DEFERRED": "delay", "REJECTED": "bounce"}
_HEAD = r"(?:(?:info|INFO) )?(?:Sender/[^\s/]{1,60}/\d{1,10} )?(?:id=\S{1,60}+ )?"
_DELIVERY = re.compile(
    _HEAD
    + r"(?P<id>[0-9a-f]{10,32}(?:\.[0-9a-f]{3,4})?) (?P<word>ACCEPTED|DEFERRED|REJECTED)(?:\[(?P<category>[^\]]{0,60}+)\])? from=\S{0,1000}+ to=(?P<to>\S{1,1000}+)"
    r"(?P<fields>(?: [a-z0-9]{2,5}=\S{0,500}+)*+)(?: \((?P<text>.*))?",
    re.DOTALL,
)
_MX = re.compile(r" mx=([^\s\[]{1,255}+)")
_OF_ZONEMTA = re.compile(r"(?:(?:info|INFO|ERR!|verb|WARN) )?(?:Sender|Feeder|Queue|SMTP|API|QS)/\S{1,80} ")


def knows(line: LogLine) -> bool:
    """Whether a line is ZoneMTA's."""
    return (
        line.program.startswith("zone-mta") or _OF_ZONEMTA.match(line.text) is not None or _DELIVERY.match(line.text) is not None
    )


def read(line: LogLine) -> Found:
    """One line."""
    found = _DELIVERY.match(line.text)
    if found is None:
        return "no-delivery"
    kind, label = WORDS[found["word"]], found["category"]
    text = (found["text"] or "").rstrip().removesuffix(")")
    mx = _MX.search(found["fields"])
    category = CATEGORIES.get(label.lower()) if label and kind != "success" else None
    one = addressed(
        kind,
        found["to"].strip("<>"),
        text if kind != "success" else "",
        category,
        label,
        remote_mta=mx[1] if mx is not None else None,
    )
    return LoggedDelivery(kind, [one], found["id"], found["word"], line.moment(), label)
