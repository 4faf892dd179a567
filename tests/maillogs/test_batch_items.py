"""POST /v1/classify/batch: items that are pieces of a mail log."""

import httpx
import pytest

from bounce_verdict.settings import Settings
from tests.web.batch_client import Serve, field_at_fault, lines, only, post

BOUNCED = "Nov 29 09:15:01 mail postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=none, delay=1, dsn=5.1.1, status=bounced (550 5.1.1 user unknown)"
REMOVED = "Nov 29 09:15:01 mail postfix/qmgr[7]: 4X1: removed"


def test_a_line_that_tells_of_a_delivery_is_answered_with_its_events(client: httpx.Client) -> None:
    answer = only(post(client, lines({"id": 7, "log": BOUNCED})))
    assert (answer["type"], answer["id"], answer["result"]["format"]) == ("events", 7, "postfix")
    (event,) = answer["result"]["events"]
    assert (event["kind"], event["queue_id"], event["occurred_at"]) == ("bounce", "4X1", None)
    assert event["recipients"][0]["recipient"] == "ana@example.org"
    assert event["recipients"][0]["suppress"] == "now"


def test_a_line_that_tells_of_none_is_skipped_with_the_reason(client: httpx.Client) -> None:
    answer = only(post(client, lines({"log": REMOVED, "format": "postfix"})))
    assert (answer["type"], answer["result"]) == (
        "skipped",
        {"reason": "no-delivery", "explanation": "The line tells of no delivery."},
    )


def test_lines_that_belong_together_are_one_item(client: httpx.Client) -> None:
    header = "type,timeLogged,rcpt,dsnStatus,dsnDiag"
    row = "b,2026-11-29T09:15:01Z,ana@example.org,5.1.1,smtp;550 5.1.1 user unknown"
    answer = only(post(client, lines({"log": f"{header}\n{row}"})))
    assert (answer["result"]["format"], answer["result"]["skipped"], len(answer["result"]["events"])) == ("powermta", 1, 1)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"log": BOUNCED, "format": "lotus"}, "format"),
        ({"log": BOUNCED, "reply": "550 no"}, "item"),
        ({"log": BOUNCED, "recipient": "bo@example.org"}, "recipient"),
        ({"log": BOUNCED, "envelope_to": "bo@example.org"}, "envelope_to"),
        ({"reply": "550 no", "format": "postfix"}, "format"),
    ],
)
def test_what_does_not_go_with_a_log_is_named(client: httpx.Client, item: dict[str, str], field: str) -> None:
    assert field_at_fault(only(post(client, lines(item)))) == field


def test_what_was_skipped_is_counted_and_what_was_judged_names_its_format(serve: Serve) -> None:
    with serve(Settings()) as base, httpx.Client(base_url=base) as client:
        post(client, lines({"log": BOUNCED}, {"log": REMOVED}))
        found = client.get("/metrics").text
    assert 'bounces_log_items_skipped_total{reason="no-delivery"} 1.0' in found
    assert (
        'decided_by="rule",reason="mailbox-unknown",source="postfix",verdict="permanent"} 1.0' in found
        or 'source="postfix"} 1.0' in found
    )
