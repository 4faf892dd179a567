"""Values of report fields that are not what RFC 3464 says they are."""

from bounce_verdict.model import DEFAULT_LIMITS, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.dsn import read_report
from tests.parse.mails import report


def _statuses(blocks: str) -> list[RecipientStatus]:
    return list(
        read_report(read_notice(open_message(report(blocks).encode())), DEFAULT_LIMITS, Budget(DEFAULT_LIMITS.max_work)).statuses
    )


def test_the_exit_status_of_a_process_is_no_reply() -> None:
    [status] = _statuses("Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.3.0\nDiagnostic-Code: X-Unix; 75\n")
    assert (status.reply, status.diagnostic_code, status.diagnostic_type) == (None, "75", "x-unix")


def test_what_a_process_printed_is() -> None:
    [status] = _statuses(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed\nDiagnostic-Code: x-unix; maildir over quota\n"
    )
    assert status.reply == "maildir over quota"


def test_a_status_may_hold_a_sentence() -> None:
    first, second = _statuses(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: Mailbox full\n\n"
        "Final-Recipient: rfc822; bea@example.org\nAction: failed\nStatus: 5.1.1 no such user\n"
    )
    assert (first.status, first.reply) == (None, "Mailbox full")
    assert (second.status, second.reply) == ("5.1.1", "no such user")


def test_supplementary_information_of_a_gateway_is_the_reply_behind_it() -> None:
    [status] = _statuses(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: x400; Reason 1 Diagnostic 0\n"
        'X-Supplementary-Info: "550 5.1.1 User unknown"\n'
    )
    assert status.reply == "550 5.1.1 User unknown"


def test_two_members_behind_one_original_recipient_are_two() -> None:
    block = (
        "Original-Recipient: rfc822; team@example.org\nFinal-Recipient: rfc822; {}@example.org\nAction: failed\nStatus: 5.1.1\n\n"
    )
    assert [status.final_recipient for status in _statuses(block.format("ana") + block.format("bea") + block.format("ana"))] == [
        "ana@example.org",
        "bea@example.org",
    ]
