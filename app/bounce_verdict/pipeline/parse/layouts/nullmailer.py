"""Layout: nullmailer (src/dsn.cc, src/send.cc; 2.0 to 2.2): all it knows stands in its report, in a way of its own.

The reply's lines are joined with "/" in Diagnostic-Code; Status is the first thing in it that looks like a code, so
5.7.26 reads 5.7.2; the first recipient that is refused is blamed for all. A message that expired is moved away and
reported with a 4yz Status, hence `Action: delayed`: without Will-Retry-Until that is the end of it.
"""

import re

from msgspec.structs import replace

from bounce_verdict.model import DEFAULT_LIMITS, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.dsn import read_report
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import said_by
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply

_PROGRAM = "This is the nullmailer delivery system"
SIGNS = (_PROGRAM,)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient of the report; [] where the notice is not nullmailer's."""
    if _PROGRAM not in notice.text:
        return []
    return [_status(status) for status in read_report(notice, DEFAULT_LIMITS).statuses]


def _status(status: RecipientStatus) -> RecipientStatus:
    reply = (status.reply or "").removeprefix("smtp: ").removeprefix("Failed: ").strip()
    final = status.action == "delayed" and status.will_retry_until is None
    return replace(
        status,
        action="failed" if final else status.action,
        reply=_lines(reply) or None,
        said_by=said_by(reply),
        read_by="nullmailer",
    )


def _lines(reply: str) -> str:
    """The reply's lines apart again: a "/" ends one where the same code follows it."""
    return re.sub(rf"/(?={reply[:3]}[ -])", "\n", reply) if is_reply(reply) else reply
