"""Verizon's picture message gateway (vzwpix.com): `Message could not be delivered to mobile.`, `Error: …`, and the message's
From, To, Subject and Date, of which To is the recipient.
"""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address

_NOT_DELIVERED = "Message could not be delivered to mobile"
SIGNS = (_NOT_DELIVERED,)
_ERROR = re.compile(r"^Error: *+(?P<reply>\S.*)$", re.MULTILINE)
_TO = re.compile(r"^To: *+(?P<to>\S.*)$", re.MULTILINE)


def read(notice: Notice) -> list[RecipientStatus]:
    """The one recipient; [] where the notice is not this gateway's."""
    if _NOT_DELIVERED not in notice.text:
        return []
    listed = _TO.search(notice.text)  # the four fields may stand in the text, and are then no copy of a message
    address = clean_address(notice.returned.get("to") or (listed["to"] if listed else ""))
    error = _ERROR.search(notice.text)
    if address is None:
        return []
    return [
        RecipientStatus(
            recipient=address,
            recipient_source="returned-message",
            action="failed",
            reply=error["reply"].strip() if error else None,
            said_by="local" if error else None,
            read_by="vzwpix",
        )
    ]
