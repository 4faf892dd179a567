"""Addresses to stop, as they are refused: `tail -F /var/log/mail.log | postfix_log.py`. Any other format works likewise."""

import sys

from bounce_verdict import Classifier, Event

for found in Classifier().log(sys.stdin, "postfix"):
    for one in found.recipients if isinstance(found, Event) else ():
        if one.suppress != "never":
            print(one.suppress, one.recipient, one.reason, found.queue_id, flush=True)
