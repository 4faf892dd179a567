"""The command that only the human text names."""

import pytest

from bounce_verdict.model import Command, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.unknown_layout.answered_command import with_commands

ANA = RecipientStatus("ana@example.org", action="failed", reply="550 5.1.1 no")


def commands(text: str, *statuses: RecipientStatus) -> list[Command | None]:
    notice = read_notice(open_message(f"From: MAILER-DAEMON@mx.example\n\n{text}".encode()))
    return [status.command for status in with_commands(statuses or [ANA], notice, Budget(1_000_000))]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("The host rejected command 'RCPT TO:<ana@example.org>' with 550", "RCPT"),
        ("mx.example.org answered in response to RCPT TO:\n550 5.1.1 no", "RCPT"),
        ("550 5.1.1 no (after end of data)", "EOD"),
        ("550 5.1.1 no [MAIL FROM]", "MAIL"),
        ("Error at EHLO", "EHLO"),
        ("mx.example.org answered to our RCPT TO command: 550 5.1.1 no", "RCPT"),
        ("Host example.org(192.0.2.9) RCPT TO said 550 no", "RCPT"),
        ("  Server:   mx.example.org\n  Command:  RCPT TO\n  Reply:    550 no\n", "RCPT"),
        ("SMTP error, RCPT TO: 550 5.1.1 no", "RCPT"),
        ("SMTP error, DOT: 554 5.7.1 no", "EOD"),
        ("RCPT TO said what 550 means. Our command: a secret", None),
        ("C: RCPT TO:<ana@example.org>\nS: 550 5.1.1 no\nC: QUIT\n", "RCPT"),
        ("09:13:15 --> RCPT TO:<ana@example.org>\n09:13:15 <-- 550 5.1.1 no\n", "RCPT"),
        ("C: MAIL FROM:<news@example.net>\nS: 250 ok\nC: DATA\nS: 354 go\n", None),
        (">>> RCPT TO:<ana@example.org>\n<<< 550 5.1.1 no\n", None),
        ("The data could not be delivered after the mail was sent.", None),
        ("It failed after DATA and after RCPT TO", None),
    ],
)
def test_the_words_and_sessions_that_name_it(text: str, command: Command | None) -> None:
    assert commands(text) == [command]


def test_of_two_recipients_each_gets_the_command_of_its_own_line() -> None:
    bea = RecipientStatus("bea@example.org", action="failed", reply="550 no")
    text = "<ana@example.org> rejected after RCPT TO:<ana@example.org>\nbea@example.org: failed after DATA\n"
    assert commands(text, ANA, bea) == ["RCPT", None]


def test_a_command_that_is_known_stays() -> None:
    known = RecipientStatus("ana@example.org", action="failed", reply="550 no", command="EOD")
    assert commands("rejected after RCPT TO", known) == ["EOD"]
