"""Recipes whose other side is a request: SES and listmonk, which neither Debian nor PyPI has, a log, and a CRM's export."""

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from bounce_verdict.settings import Settings
from tests.recipes.running import BOUNCED, EXAMPLES, FULL, REMOVED, Serve, free_port, load, posted, python
from tests.running import until

DAY = 86_400


def sns(number: int, kind: str, **told: object) -> dict[str, Any]:
    """A request of SNS that carries SES's own notification."""
    mail = {"messageId": f"m{number}", "timestamp": "2026-11-29T09:15:00.000Z", "destination": ["ana@example.org"]}
    message = json.dumps(
        {
            "notificationType": kind,
            "mail": mail,
            kind.lower(): {"feedbackId": f"f{number}", "timestamp": "2026-11-29T09:15:01.000Z", **told},
        }
    )
    return {"Type": "Notification", "MessageId": f"n{number}", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": message}  # fmt: skip


def bounce(number: int, kind: str, subtype: str, reply: str, address: str = "ana@example.org") -> dict[str, Any]:
    recipient = {"emailAddress": address, "action": "failed", "status": reply[4:9], "diagnosticCode": f"smtp; {reply}"}
    return sns(number, "Bounce", bounceType=kind, bounceSubType=subtype, bouncedRecipients=[recipient])


def test_ses_fills_a_table_of_suppressions(serve: Serve, tmp_path: Path) -> None:
    table, port = tmp_path / "suppressions.db", free_port()
    with serve(Settings(webhooks_unsigned=True)) as service:
        command = [sys.executable, str(EXAMPLES / "ses_suppressions.py"), f"{service}/v1/webhooks/ses", str(table), str(port)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as script:
            try:
                url = f"http://127.0.0.1:{port}/"

                def is_up() -> bool:
                    try:
                        return httpx.get(url).status_code > 0
                    except httpx.TransportError:
                        return False

                assert until(is_up)
                for request in (
                    bounce(1, "Permanent", "General", "550 5.1.1 user unknown"),
                    bounce(2, "Transient", "MailboxFull", "552 5.2.2 mailbox full", "bo@example.org"),
                    bounce(2, "Transient", "MailboxFull", "552 5.2.2 mailbox full", "bo@example.org"),  # SNS delivers twice
                    bounce(3, "Permanent", "General", "550 5.7.1 blocked using zen.spamhaus.org", "cy@example.org"),
                ):
                    assert httpx.post(url, json=request).status_code == 200
            finally:
                script.terminate()
    with sqlite3.connect(table) as db:
        rows = db.execute("SELECT address, reason, failures, until > 0 FROM suppressions ORDER BY address").fetchall()
    db.close()
    assert rows == [("ana@example.org", "mailbox-unknown", 1, 1), ("bo@example.org", "mailbox-full", 1, 0)]


def test_a_suppression_expires_and_is_lifted_by_a_delivery() -> None:
    script = load("ses_suppressions.py")
    with sqlite3.connect(":memory:") as db:
        db.executescript(script.TABLES)

        def told(number: int, kind: str, suppress: str) -> dict[str, Any]:
            return {"event_id": str(number), "kind": kind, "recipients": [{"recipient": "Bo@example.org", "suppress": suppress, "reason": "mailbox-full"}]}  # fmt: skip

        for number in range(3):
            assert not script.is_suppressed(db, "bo@example.org", number * DAY)
            script.learn(db, told(number, "bounce", "if-repeated"), number * DAY)
        assert script.is_suppressed(db, "bo@example.org", 3 * DAY)
        assert not script.is_suppressed(db, "bo@example.org", 100 * DAY)
        script.learn(db, told(7, "success", "never"), 4 * DAY)
        assert not script.is_suppressed(db, "bo@example.org", 4 * DAY)
    db.close()


def test_listmonk_is_told_what_the_log_tells() -> None:
    with posted() as (url, kept):
        python("listmonk_bounces.py", f"{url}/webhooks/bounce", "api", "token", given=BOUNCED + REMOVED + FULL)
    assert [(bounce["email"], bounce["type"], bounce["source"]) for _, bounce in kept] == [
        ("ana@example.org", "hard", "bounce-verdict"),
        ("bo@example.org", "soft", "bounce-verdict"),
    ]
    headers, first = kept[0]
    assert headers["authorization"] == "Basic YXBpOnRva2Vu"
    assert json.loads(first["meta"])["reason"] == "mailbox-unknown"


def test_a_crms_export_is_enriched() -> None:
    contacts = 'email,name,reply\nana@example.org,Ana,"550 5.1.1 user unknown"\nbo@example.org,Bo,\n'
    rows = list(csv.DictReader(python("enrich_csv.py", given=contacts).splitlines()))
    assert [(row["name"], row["verdict"], row["suppress"]) for row in rows] == [("Ana", "permanent", "now"), ("Bo", "", "")]
