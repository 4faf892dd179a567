"""Layout: OpenSMTPD (smtpd/bounce.c, 5.4 to 7.5): `rcpt: TEXT`, one line each, and nothing about server or command.

Of several reply lines only the first keeps its code. The last notice of a message that expired calls itself "delayed",
in its subject and its report: `rcpt: Envelope expired` (6.8); it is final (queue expiry drops the envelope).
"""

import re

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply

_LINE = re.compile(r"\s{0,4}<?([^\s<>:]{1,256}@[^\s<>:]{1,256})>?: ?(.*)")
SIGNS = ("This is the MAILER-DAEMON, please DO NOT REPLY", "This is the MAILER-DAEMON at ")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient line; [] where the notice is not OpenSMTPD's."""
    if not holds_any(notice.text, SIGNS):
        return []
    action = _action(notice)
    statuses = []
    for line in notice.lines:
        if "copy of the original message" in line:
            break
        found = _LINE.match(line) if "@" in line else None
        if found is not None and (address := clean_address(found.group(1))) is not None:
            statuses.append(_status(address, found.group(2).strip(), action))
    return statuses


def _action(notice: Notice) -> Action:
    if "is delayed for more than" in notice.text or "temporary failure" in notice.text or "warning" in notice.header("subject"):
        return "delayed"
    if "successfully delivered" in notice.text or "has been delivered" in notice.text:
        return "delivered"
    return "relayed" if "relayed" in notice.header("subject") else "failed"


def _status(address: str, text: str, action: Action) -> RecipientStatus:
    if text.startswith("Envelope expired"):
        action = "failed"
    remote = is_reply(text)
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action=action,
        reply=text or None,
        said_by="remote" if remote else "local",
        read_by="opensmtpd",
    )
