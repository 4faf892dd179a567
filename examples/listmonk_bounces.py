"""The mail server's log → listmonk's bounces. listmonk sends through your Postfix (or Exim …), whose log tells what became of each mail.

usage: tail -F /var/log/mail.log | listmonk_bounces.py http://127.0.0.1:9000/webhooks/bounce API-USER TOKEN
"""

import base64
import json
import sys
from urllib.request import Request, urlopen

from bounce_verdict import Classifier, Event

TYPES = {"now": "hard", "if-repeated": "soft"}  # never: listmonk needs not know

url, user, token = sys.argv[1:]
headers = {
    "content-type": "application/json",
    "authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode(),
}
for found in Classifier().log(sys.stdin):
    for one in found.recipients if isinstance(found, Event) else ():
        kind = "complaint" if one.reason == "complaint" else TYPES.get(one.suppress)
        if kind and one.recipient:
            meta = json.dumps({"verdict": one.verdict, "reason": one.reason, "reply": one.diagnostic_code})
            bounce = {"email": one.recipient, "type": kind, "source": "bounce-verdict", "meta": meta}
            urlopen(Request(url, json.dumps(bounce).encode(), headers)).close()
