"""The report part (RFC 3464, RFC 6533), as it should be and as it is."""

import base64
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import DEFAULT_LIMITS, Limits, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.dsn import DeliveryReport, read_mta, read_report
from bounce_verdict.pipeline.parse.report_fields import read_blocks


def _report(
    body: str,
    kind: str = "message/delivery-status",
    encoding: str = "8bit",
    limits: Limits = DEFAULT_LIMITS,
    budget: Budget | None = None,
) -> DeliveryReport:
    content = base64.encodebytes(body.encode()).decode() if encoding == "base64" else body
    mail = (
        "From: MAILER-DAEMON@mx.example.org\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nIt failed.\n\n'
        f"--b\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{content}\n--b--\n"
    )
    return read_report(read_notice(open_message(mail.encode()), limits), limits, budget)


def test_all_fields_of_a_recipient_are_read() -> None:
    report = _report(
        "Reporting-MTA: dns; mx.example.org\nOriginal-Envelope-Id: env-1\nArrival-Date: Sun, 22 Nov 2026 10:00:00 +0100\n\n"
        "Original-Recipient: rfc822;team@example.org\nFinal-Recipient: rfc822; ana@inside.example\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx1.inside.example [192.0.2.1]\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n"
        "Last-Attempt-Date: Sun, 22 Nov 2026 10:00:05 +0100\nWill-Retry-Until: nonsense\n"
    )
    assert (report.reporting_mta, report.original_envelope_id, report.arrival_date) == (
        "mx.example.org",
        "env-1",
        "2026-11-22T09:00:00Z",
    )
    assert report.statuses == [
        RecipientStatus(
            recipient="team@example.org",
            recipient_source="original-recipient",
            original_recipient="team@example.org",
            final_recipient="ana@inside.example",
            action="failed",
            status="5.1.1",
            remote_mta="mx1.inside.example",
            diagnostic_code="550 5.1.1 unknown",
            diagnostic_type="smtp",
            last_attempt_date="2026-11-22T09:00:05Z",
            reply="550 5.1.1 unknown",
            said_by="remote",
        )
    ]


def test_every_recipient_is_read() -> None:
    report = _report(
        "Reporting-MTA: dns; x\n\n"
        + "\n".join(f"Final-Recipient: rfc822; u{n}@example.org\nAction: failed\nStatus: 5.0.{n}\n" for n in range(30))
    )
    assert [status.status for status in report.statuses] == [f"5.0.{n}" for n in range(30)]


def test_recipients_without_a_blank_line_between_them_are_told_apart() -> None:
    report = _report(
        "Reporting-MTA: dns; x\nFinal-Recipient: rfc822;a@example.org\nAction: failed\n"
        "Final-Recipient: rfc822;b@example.org\nAction: failed\n"
    )
    assert [status.recipient for status in report.statuses] == ["a@example.org", "b@example.org"]
    assert [list(status.cautions) for status in report.statuses] == [
        [],
        ["no blank line parts this recipient's fields from another's"],
    ]


def test_a_second_recipient_in_an_unfinished_block_counts_for_nothing() -> None:
    budget = Budget(DEFAULT_LIMITS.max_work)
    report = _report(
        "Final-Recipient: rfc822;a@example.org\nFinal-Recipient: rfc822;b@example.org\nAction: failed\nStatus: 5.1.1\n",
        budget=budget,
    )
    assert [status.recipient for status in report.statuses] == ["a@example.org"]
    assert budget.warnings == ["report: a second Final-Recipient in a recipient's block was left unread"]


def test_action_may_stand_ahead_of_the_recipient() -> None:
    report = _report(
        "Action: failed\nFinal-Recipient: rfc822;a@example.org\nStatus: 5.0.0\n\nAction: delayed\nFinal-Recipient: rfc822;b@example.org\n"
    )
    assert [(status.recipient, status.action) for status in report.statuses] == [
        ("a@example.org", "failed"),
        ("b@example.org", "delayed"),
    ]


def test_a_blank_line_inside_a_recipient_s_block_loses_nothing() -> None:
    report = _report("Final-Recipient: rfc822;a@example.org\n\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full\n")
    assert [(status.recipient, status.action, status.status, status.reply) for status in report.statuses] == [
        ("a@example.org", "failed", "5.2.2", "552 full")
    ]


_FIELDS = [
    "Reporting-MTA: dns; mx.example.org", "Original-Recipient: rfc822;team@example.org", "Final-Recipient: rfc822; ana@example.org",
    "Final-Recipient: rfc822; bob@example.org", "Action: failed", "Action:", "Action", "Status: 5.1.1", "Remote-MTA://mx1.example.org",
    "Remote-MTA: dns; mx1.example.org", "Diagnostic-Code: smtp; 550-5.1.1 see https://example.org/x", "Diagnostic-Code: X-Unix;",
]  # fmt: skip
_BETWEEN = ["", "", "   ", "\t", "\u00a0", " 550 5.1.1 unknown", "\t550-no more", "words that nobody folded", " Status: 4.0.0"]


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*_FIELDS, *_BETWEEN]), max_size=8))
def test_fields_in_the_usual_letters_are_read_as_those_in_any_other(lines: list[str]) -> None:
    odd = [re.sub("^[A-Za-z-]+(?=:(?!//))", lambda name: name[0].upper(), line) for line in lines]
    usual, unusual = (read_blocks("\n".join(each), DEFAULT_LIMITS, Budget(DEFAULT_LIMITS.max_work)) for each in (lines, odd))
    assert usual == unusual


def test_folded_reply_lines_stay_lines_and_folded_words_do_not() -> None:
    report = _report(
        "Final-Recipient: rfc822;a@example.org\nAction: failed\nDiagnostic-Code: smtp; 550-5.1.1 first line\n 550 5.1.1 second line\n    that goes on\n"
    )
    assert report.statuses[0].reply == "550-5.1.1 first line\n550 5.1.1 second line that goes on"
    assert report.statuses[0].diagnostic_code == "550-5.1.1 first line 550 5.1.1 second line that goes on"


def test_a_diagnostic_code_may_begin_on_the_next_line() -> None:
    report = _report("Final-Recipient: rfc822;a@example.org\nAction: failed\nDiagnostic-Code: SMTP;\n 550-one\n 550 two\n")
    assert report.statuses[0].reply == "550-one\n550 two"


def test_a_continuation_that_was_not_folded_still_belongs_to_the_diagnostic_code() -> None:
    report = _report(
        "Final-Recipient: rfc822;a@example.org\nDiagnostic-Code: smtp; 550-one\n550 see\nhttps://example.org/x\nAction: failed\n"
    )
    assert (report.statuses[0].reply, report.statuses[0].action) == ("550-one\n550 see https://example.org/x", "failed")


def test_a_code_of_another_type_is_the_mta_s_own() -> None:
    report = _report("Final-Recipient: rfc822;a@example.org\nAction: failed\nDiagnostic-Code: X-Postfix; unknown user\n")
    assert (report.statuses[0].diagnostic_type, report.statuses[0].said_by, report.statuses[0].reply) == (
        "x-postfix",
        "local",
        "unknown user",
    )


def test_a_diagnostic_code_without_a_type_is_kept_whole() -> None:
    report = _report("Final-Recipient: rfc822;a@example.org\nAction: failed\nDiagnostic-Code: 550 5.1.1 no; really\n")
    assert (report.statuses[0].diagnostic_type, report.statuses[0].diagnostic_code) == (None, "550 5.1.1 no; really")


def test_an_action_in_odd_case_or_with_a_comment_is_understood() -> None:
    report = _report(
        "Final-Recipient: rfc822;a@example.org\nACTION: FAILED (bad mailbox)\n\nFinal-Recipient: rfc822;b@example.org\nAction: Delay\n"
    )
    assert [status.action for status in report.statuses] == ["failed", "delayed"]


def test_a_status_may_carry_a_comment() -> None:
    report = _report("Final-Recipient: rfc822;a@example.org\nAction: failed\nStatus: 5.1.2 (550 Tried all MXs example.org)\n")
    assert (report.statuses[0].status, report.statuses[0].said_by) == ("5.1.2", "local")


def test_a_base64_part_is_read() -> None:
    report = _report("Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\n", encoding="base64")
    assert report.statuses[0].recipient == "a@example.org"


def test_a_global_report_gives_addresses_in_unicode() -> None:
    report = _report(
        "Final-Recipient: utf-8; jürgen@münchen.example\nAction: failed\nStatus: 5.1.1\n", "message/global-delivery-status"
    )
    assert report.statuses[0].recipient == "jürgen@münchen.example"


def test_report_fields_are_found_under_a_wrong_type() -> None:
    report = _report(
        "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; a@example.org\nAction: failed\n", "text/plain"
    )
    assert (report.found, report.statuses[0].recipient) == (True, "a@example.org")


def test_several_report_parts_are_all_read_and_a_repeated_recipient_counts_once() -> None:
    block = "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\n"
    report = _report(
        f"{block}\n--b\nContent-Type: message/delivery-status\n\n{block}\nFinal-Recipient: rfc822; b@example.org\nAction: failed\n"
    )
    assert [status.recipient for status in report.statuses] == ["a@example.org", "b@example.org"]


def test_an_unreadable_recipient_is_a_warning_and_loses_no_other() -> None:
    budget = Budget(DEFAULT_LIMITS.max_work)
    blocks = "Final-Recipient: rfc822; <>\nAction: failed\n\nFinal-Recipient: rfc822; b@example.org\nAction: failed\n"
    report = _report(blocks, budget=budget)
    assert [status.recipient for status in report.statuses] == [None, "b@example.org"]
    assert len(budget.warnings) == 1


def test_ten_thousand_recipients_are_read() -> None:
    block = "Final-Recipient: rfc822; user{0}@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <user{0}@example.org> is unknown here\n\n"
    budget = Budget(DEFAULT_LIMITS.max_work)
    report = _report("".join(block.format(number) for number in range(10_000)), budget=budget)
    assert (len(report.statuses), budget.warnings) == (10_000, [])


def test_blocks_that_name_nobody_are_counted_as_recipients_too() -> None:
    budget = Budget(DEFAULT_LIMITS.max_work)
    report = _report("Action: failed\n\n" * 5, limits=Limits(max_recipients=3), budget=budget)
    assert (len(report.statuses), budget.warnings) == (3, ["report: more than 3 recipients, the rest unread"])


def test_haraka_s_status_for_an_unreachable_network_does_not_decide() -> None:
    [status] = _report(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.2 (550 Tried all MXs example.org)\n"
    ).statuses
    assert (status.status, status.status_decides) == ("5.1.2", False)


def test_an_action_s_comment_says_why() -> None:
    [status] = _report(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed (Bad destination mailbox address)\nStatus: 5.1.1\n"
    ).statuses
    assert (status.action, status.reply, status.said_by) == ("failed", "Bad destination mailbox address", "local")


def test_a_recipient_at_no_host_s_name_is_kept_as_reported() -> None:
    [status] = _report("Final-Recipient: rfc822; ana@#example.org\nAction: failed\n").statuses
    assert status.recipient == "ana@#example.org"


def test_more_recipients_than_allowed_are_a_warning() -> None:
    budget = Budget(DEFAULT_LIMITS.max_work)
    blocks = "".join(f"Final-Recipient: rfc822; u{n}@example.org\n\n" for n in range(5))
    report = _report(blocks, limits=Limits(max_recipients=3), budget=budget)
    assert len(report.statuses) == 3
    assert budget.warnings == ["report: more than 3 recipients, the rest unread"]


def test_x_actual_recipient_stands_in_where_the_final_one_has_no_domain() -> None:
    report = _report("Final-Recipient: rfc822; ana\nX-Actual-Recipient: rfc822; ana@inside.example\nAction: failed\n")
    assert (report.statuses[0].recipient, report.statuses[0].recipient_source) == ("ana@inside.example", "x-actual-recipient")


def test_a_message_without_fields_holds_no_report() -> None:
    assert not read_report(read_notice(open_message(b"From: a@example.org\n\nHello\n")), DEFAULT_LIMITS).found


def test_a_server_s_name_loses_type_brackets_and_address() -> None:
    assert read_mta("DNS; mx1.example.org.") == "mx1.example.org"
    assert read_mta("[192.0.2.1]") == "192.0.2.1"
    assert read_mta("dns; ") is None
