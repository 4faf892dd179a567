"""One of each kind that the page reads, as they are documented in README.md and docs."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
REPLY = "550-5.1.1 The email account that you tried to reach does\n550 5.1.1 not exist. Please try double-checking"
MESSAGE = (ROOT / "examples" / "bounce.eml").read_text(encoding="utf-8")
WEBHOOK = (ROOT / "examples" / "sendgrid.json").read_text(encoding="utf-8")
LOG = (
    "Nov 21 10:58:15 mx postfix/smtp[7]: 4X1AB2: to=<ana@example.org>, relay=mx.example.org[192.0.2.25]:25, delay=3.1, dsn=4.2.0, "
    "status=deferred (host mx.example.org[192.0.2.25] said: 450 4.2.0 <ana@example.org>: Recipient address rejected: Greylisted "
    "(in reply to RCPT TO command))"
)
ITEM = '{"reply": "452 4.2.2 mailbox full", "command": "RCPT", "recipient": "ana@example.org"}'
KINDS = {"reply": REPLY, "message": MESSAGE, "sendgrid": WEBHOOK, "log": LOG, "item": ITEM}
