"""PowerMTA's accounting file and Exchange's message tracking log: columns by a header line, in the string or once in the stream."""

import pytest

from bounce_verdict.maillogs import answer_lines
from bounce_verdict.model import Event, Skipped
from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, told

ACCOUNTING = "type,timeLogged,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,jobId"
TRACKING = "#Fields: date-time,server-hostname,source-context,source,event-id,internal-message-id,message-id,recipient-address,recipient-status"


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (
            (
                'b,1764407701,n@example.com,ana@example.org,,failed,"5.1.1 (bad destination mailbox address)","smtp;550 5.1.1 ""ana"", unknown user",'
                "mx.example.org (192.0.2.1),bad-mailbox,j1"
            ),
            "bounce ana@example.org permanent mailbox-unknown now",
        ),
        (
            "b,1764407701,n@example.com,ana@example.org,,failed,5.0.0,smtp;550 no,mx.example.org,quota-issues,j1",
            "bounce ana@example.org storage mailbox-full if-repeated",
        ),
        (
            "t,1764407701,n@example.com,ana@example.org,,delayed,4.4.1 (no answer),,,no-answer-from-host,j1",
            "delay ana@example.org retry network-failure never",
        ),
        (
            "d,1764407701,n@example.com,ana@example.org,,relayed,2.0.0,smtp;250 ok,mx.example.org,success,j1",
            "success ana@example.org None delivered never",
        ),
        ("f,1764407701,n@example.com,ana@example.org,,,,,,,j1", "complaint ana@example.org None complaint now"),
        ("r,1764407701,n@example.com,ana@example.org,,,,,,,j1", "skipped no-delivery"),
        ("b,1764407701,n@example.com,,,failed,,,,,j1", "skipped unreadable"),
    ],
)
def test_powermta(classifier: Pipeline, row: str, answer: str) -> None:
    text = f"{ACCOUNTING}\n{row}"
    assert told(classifier, text) == told(classifier, text, "powermta") == [answer]


def test_powermta_names_the_server_the_time_and_the_job(classifier: Pipeline) -> None:
    row = "b,2026-11-29 10:15:01+0100,n@example.com,ana@example.org,rfc822;list@example.com,failed,550,smtp;550 5.1.1 no,mx.example.org (192.0.2.1),hard,j1"
    (event,) = events(classifier, f"{ACCOUNTING}\n{row}")
    (answer,) = event.recipients
    assert (event.occurred_at, event.metadata, event.source_category) == ("2026-11-29T09:15:01Z", {"jobId": "j1"}, "hard")
    assert (answer.remote_mta, answer.original_recipient, answer.status) == ("mx.example.org", "list@example.com", None)


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (
            '2026-11-29T09:15:01.123Z,,,ROUTING,FAIL,12,<m@example.com>,ana@example.org,"550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found"',
            ["bounce ana@example.org permanent mailbox-unknown now"],
        ),
        (
            (
                "2026-11-29T09:15:01.123Z,mx.example.org,,SMTP,FAIL,12,<m@example.com>,ana@example.org;bo@example.org,"
                "550 5.1.1 user unknown;452 4.2.2 mailbox full"
            ),
            ["bounce ana@example.org permanent mailbox-unknown now", "bounce bo@example.org storage mailbox-full if-repeated"],
        ),
        (
            "2026-11-29T09:15:01.123Z,,,SMTP,DEFER,12,<m@example.com>,ana@example.org,[{LRT=11/29/2026 9:15:01 AM};{LED=451 4.7.1 Greylisted};{FQDN=mx.example.org};{IP=192.0.2.1}]",
            ["delay ana@example.org retry greylisted never"],
        ),
        (
            "2026-11-29T09:15:01.123Z,,,STOREDRIVER,DELIVER,12,<m@example.com>,ana@example.org,",
            ["success ana@example.org None delivered never"],
        ),
        ("2026-11-29T09:15:01.123Z,,,SMTP,RECEIVE,12,<m@example.com>,ana@example.org,", ["skipped no-delivery"]),
        ("2026-11-29T09:15:01.123Z,,,DSN,DSN,12,<m@example.com>,n@example.com,", ["skipped no-delivery"]),
    ],
)
def test_exchange(classifier: Pipeline, row: str, answer: list[str]) -> None:
    text = f"#Software: Microsoft Exchange Server\n{TRACKING}\n{row}"
    assert told(classifier, text) == told(classifier, text, "exchange") == answer


def test_what_the_management_shell_exports_is_read_too(classifier: Pipeline) -> None:
    text = '"Timestamp","EventId","Recipients","RecipientStatus","ServerHostname"\n"","FAIL","ana@example.org","550 5.1.1 User unknown","mx.example.org"'
    assert told(classifier, text) == ["bounce ana@example.org permanent mailbox-unknown now"]


@pytest.mark.parametrize(
    ("format", "row"),
    [
        ("powermta", "b,1764407701,n@example.com,ana@example.org,,failed,5.1.1,smtp;550 5.1.1 no,mx.example.org,bad-mailbox,j1"),
        ("exchange", "2026-11-29T09:15:01.123Z,,,SMTP,FAIL,12,<m@example.com>,ana@example.org,550 5.1.1 no"),
    ],
)
def test_a_row_without_its_header_line_is_not_guessed_at(classifier: Pipeline, format: str, row: str) -> None:  # noqa: A002
    assert told(classifier, row, format) == ["skipped no-header"]


def test_a_header_line_counts_for_the_rows_behind_it_in_its_stream_alone(classifier: Pipeline) -> None:
    row = "b,1764407701,n@example.com,ana@example.org,,failed,5.1.1,smtp;550 5.1.1 user unknown,mx.example.org,bad-mailbox,j1"
    header, first, second = answer_lines(classifier, [ACCOUNTING, row, row])
    assert isinstance(header, Skipped)
    assert isinstance(first, Event)
    assert first == second
    assert told(classifier, row) == ["skipped unknown-format"]
