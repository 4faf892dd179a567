"""Mailman 3 scores by the verdict: only what speaks against the address counts, not a full queue, a blocklist or a spam filter.

usage: mailman shell --listspec news@example.com --run mailman_bounces.register BOUNCE.eml ENVELOPE-RECIPIENT
"""

import json
import os
from email import message_from_bytes
from pathlib import Path
from urllib.request import Request, urlopen

from mailman.email.message import Message
from mailman.interfaces.bounce import IBounceProcessor
from mailman.interfaces.mailinglist import IMailingList
from zope.component import getUtility

SERVICE = os.environ.get("BOUNCE_VERDICT", "http://127.0.0.1:8000") + "/v1/classify/message"


def register(mlist: IMailingList, path: str, envelope_to: str) -> None:
    """A bounce event for each member that the mail counts against; Mailman scores one a day, and pauses at the list's threshold."""
    raw = Path(path).read_bytes()
    headers = {"content-type": "message/rfc822", "x-envelope-to": envelope_to}
    with urlopen(Request(SERVICE, raw, headers)) as answer:
        recipients = json.load(answer)["recipients"]
    for one in recipients:
        if one["suppress"] in ("now", "if-repeated") and mlist.members.get_member(one["recipient"]):
            getUtility(IBounceProcessor).register(mlist, one["recipient"], message_from_bytes(raw, Message))
