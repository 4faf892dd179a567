"""KumoMTA: a record a line, in JSON, as its log hook posts them (docs.kumomta.com/reference/log_record)."""

from typing import Any

import msgspec

from bounce_verdict.maillogs.delivery import Found, delivery_of
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.webhooks.sources import kumomta

TOLD = frozenset({"bounce", "delay", "success", "complaint"})
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def knows(line: LogLine) -> bool:
    """Whether a line is KumoMTA's."""
    return line.text[:1] == "{" and '"type"' in line.text and '"recipient"' in line.text


def read(line: LogLine) -> Found:
    """One line."""
    try:
        row = _decode(line.text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return "unreadable" if line.text[:1] == "{" else "no-delivery"
    for event in kumomta.read(row):
        if event.kind in TOLD and event.recipients:
            return delivery_of(event)
    return "incoming" if row.get("type") in ("Reception", "Rejection") else "no-delivery"
