#!/usr/bin/env python3
"""A transport of Postfix: each mail to the return path is judged, and one line of JSON is written for each recipient.

usage: postfix_bounce.py http://127.0.0.1:8000 VERDICTS.ndjson ENVELOPE-RECIPIENT <mail
"""

import json
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

EX_TEMPFAIL = 75  # Postfix keeps the mail and comes back (pipe(8))

service, verdicts, envelope_to = sys.argv[1:]
headers = {"content-type": "message/rfc822", "x-envelope-to": envelope_to}
try:
    with urlopen(Request(service + "/v1/classify/message", sys.stdin.buffer.read(), headers), timeout=30) as answer:
        report = json.load(answer)
except URLError:
    sys.exit(EX_TEMPFAIL)
with Path(verdicts).open("a", encoding="utf-8") as log:
    for one in report["recipients"]:
        told = {name: one[name] for name in ("recipient", "verdict", "reason", "suppress")}
        log.write(json.dumps(told | {"proof": report["origin"]["proof"], **report["origin"]["to_match"]}) + "\n")
