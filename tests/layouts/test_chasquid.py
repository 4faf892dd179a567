"""chasquid's notice (internal/queue/dsn.go)."""

import pytest

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import chasquid


def _read(details: str) -> list[RecipientStatus]:
    head = "From: Mail Delivery System <postmaster-dsn@mx.example.org>\nSubject: Mail delivery failed: returning message to sender\nMessage-ID: <chasquid-dsn-ab12@mx.example.org>\n\n"
    text = f"Delivery of your message to the following recipient(s) failed permanently:\n\n  - ana@example.org\n\nTechnical details:\n{details}\n"
    return chasquid.read(read_notice(open_message((head + text).encode())))


@pytest.mark.parametrize(
    ("step", "command"),
    [
        ("MAIL+RCPT ", None),
        ("DATA ", "DATA"),
        ("DATA closing ", "EOD"),
        ("Error creating client: ", "CONNECT"),
        ("Error saying hello: ", None),
    ],
)
def test_the_step_ahead_of_the_reply_names_the_command(step: str, command: str | None) -> None:
    [status] = _read(f'- "ana@example.org" (EMAIL) failed permanently with error:\n    {step}550 5.1.1 no such user')
    assert (status.reply, status.said_by, status.command) == ("550 5.1.1 no such user", "remote", command)


def test_lines_without_their_code_are_one_reply() -> None:
    [status] = _read(
        '- "ana@example.org" (EMAIL) failed permanently with error:\n    MAIL+RCPT 550 5.7.1 Our system has\n    5.7.1 detected spam'
    )
    assert status.reply == "550 5.7.1 Our system has detected spam"


def test_a_timeout_wraps_the_last_error() -> None:
    [status] = _read(
        '- "ana@example.org" (EMAIL) failed repeatedly and timed out, last error:\n'
        "    all MXs returned transient failures (last: DATA closing 451 4.3.0 busy)"
    )
    assert (status.reply, status.command, status.action) == ("451 4.3.0 busy", "EOD", "failed")


def test_what_chasquid_found_out_itself_is_local() -> None:
    [status] = _read(
        '- "ana@example.org" (EMAIL) failed permanently with error:\n    Could not find mail server: lookup example.org: no such host'
    )
    assert (status.said_by, status.command) == ("local", None)


def test_each_recipient_is_read() -> None:
    statuses = _read(
        '- "a@example.org" (EMAIL) failed permanently with error:\n    DATA 554 no\n- "b@example.org" (EMAIL) failed permanently with error:\n    DATA 552 full'
    )
    assert [(status.recipient, status.reply) for status in statuses] == [
        ("a@example.org", "554 no"),
        ("b@example.org", "552 full"),
    ]
