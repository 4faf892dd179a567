"""Amazon SES → the service → a table of addresses that must not be mailed. The SNS topic posts here; each request goes on as it came.

usage: ses_suppressions.py http://127.0.0.1:8000/v1/webhooks/ses suppressions.db 8025
"""

import json
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

DAY, FOR_EVER = 86_400, 4e9
COUNTS, WITHIN, PAUSE = 3, 14 * DAY, 90 * DAY  # three failures in a fortnight: no mail for a quarter
TABLES = """CREATE TABLE IF NOT EXISTS seen (event PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS suppressions (address PRIMARY KEY, reason, failures, last, until)"""
COUNT = """INSERT INTO suppressions VALUES (:address, :reason, 1, :now, 0) ON CONFLICT DO UPDATE SET reason = :reason, last = :now,
    failures = iif(last < :now - :within, 1, failures + 1),
    until = iif(last >= :now - :within AND failures + 1 >= :counts, max(until, :now + :pause), until)"""


def learn(db: sqlite3.Connection, event: dict, now: float) -> None:
    """Suppress, count, or un-suppress who is named. SNS delivers twice, so an event counts once."""
    if not db.execute("INSERT OR IGNORE INTO seen VALUES (?)", [event["event_id"]]).rowcount:
        return
    for one in event["recipients"]:
        address = (one["recipient"] or "").lower()
        if one["suppress"] == "now":
            db.execute("REPLACE INTO suppressions VALUES (?, ?, 1, ?, ?)", [address, one["reason"], now, FOR_EVER])
        elif one["suppress"] == "if-repeated":
            counted = {"counts": COUNTS, "within": WITHIN, "pause": PAUSE}
            db.execute(COUNT, {"address": address, "reason": one["reason"], "now": now, **counted})
        elif event["kind"] == "success":  # it takes mail again
            db.execute("DELETE FROM suppressions WHERE address = ? AND until < ?", [address, FOR_EVER])


def is_suppressed(db: sqlite3.Connection, address: str, now: float) -> bool:
    """Whether not to mail; by hand, `DELETE FROM suppressions WHERE address = …` lifts it."""
    return bool(db.execute("SELECT 1 FROM suppressions WHERE address = ? AND until > ?", [address.lower(), now]).fetchone())


class Forward(BaseHTTPRequestHandler):
    """Hands a request on, and learns from the answer; a failure is a 500, and SNS tries again."""

    def do_POST(self) -> None:
        """Answers 200 once it is kept."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {
            name: text for name, text in self.headers.items() if name.lower() not in ("host", "connection", "accept-encoding")
        }
        with urlopen(Request(sys.argv[1], body, headers)) as answer, self.server.db as db:
            for event in json.load(answer)["events"]:
                learn(db, event, time.time())
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", int(sys.argv[3])), Forward) as server:
        server.db = sqlite3.connect(sys.argv[2])
        server.db.executescript(TABLES)
        server.serve_forever()
