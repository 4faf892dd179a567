"""1&1, GMX and MX Logic: Exim's sentences, lines of their own."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import gmx

INTRODUCTION = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

"""


def _read(text: str) -> list[RecipientStatus]:
    mail = f"From: Mailer-Daemon@kundenserver.example\nContent-Type: text/plain\n\n{INTRODUCTION}{text}"
    return gmx.read(read_notice(open_message(mail.encode())))


def test_1und1_writes_command_host_and_reason_in_one_line() -> None:
    [status] = _read(
        "ana@example.org:\nSMTP error from remote server for RCPT TO command, host: mx.example.org (192.0.2.7)"
        " reason: 550 5.1.1 Nobody\n\n--- The header of the original message is following. ---\n"
    )
    assert (status.recipient, status.command, status.remote_mta, status.reply) == (
        "ana@example.org",
        "RCPT",
        "mx.example.org",
        "550 5.1.1 Nobody",
    )


def test_text_command_is_the_end_of_the_data() -> None:
    [status] = _read(
        "ana@example.org:\nSMTP error from remote server for TEXT command,\n host: mx.example.org (192.0.2.7)\n"
        " reason: 550 5.7.1 Spam\n"
    )
    assert (status.command, status.reply) == ("EOD", "550 5.7.1 Spam")


def test_gmx_quotes_the_address_and_leaves_the_code_out() -> None:
    [status] = _read(
        '"ana@example.org":\nSMTP error from remote server after RCPT command:\nhost: mx.example.org\n'
        "5.1.1 <ana@example.org>... Nobody\n"
    )
    assert (status.recipient, status.command, status.remote_mta, status.reply, status.said_by) == (
        "ana@example.org",
        "RCPT",
        "mx.example.org",
        "5.1.1 <ana@example.org>... Nobody",
        "remote",
    )


def test_a_reason_may_stand_a_paragraph_below() -> None:
    [status] = _read(
        "ana@example.org\n\nFor the following reason:\n\nMail size limit exceeded. For explanation visit\nhttp://x\n"
    )
    assert (status.reply, status.said_by) == ("Mail size limit exceeded. For explanation visit http://x", "local")


def test_mx_logic_writes_address_and_reply_in_one_line() -> None:
    [status] = _read("  <ana@example.org>: 550 5.1.1 Nobody\n\nIncluded is a copy of the message header:\n")
    assert (status.recipient, status.reply) == ("ana@example.org", "550 5.1.1 Nobody")


def test_exims_own_indented_addresses_are_left_to_exims_reader() -> None:
    assert _read("  ana@example.org\n    SMTP error from remote mail server after RCPT TO:<ana@example.org>:\n") == []


def test_a_warning_is_delayed_and_keeps_its_reason() -> None:
    mail = (
        "From: Mailer-Daemon@kundenserver.example\n\nThis message was created automatically by mail delivery software.\n\n"
        "The message has not yet been delivered to the following addresses:\n\n  <ana@example.org>\n\n"
        "host mx.example.org[192.0.2.7]:\nconnection to mail exchanger failed\n\nNo action is required on your part.\n"
    )
    [status] = gmx.read(read_notice(open_message(mail.encode())))
    assert (status.action, status.reply) == ("delayed", "host mx.example.org[192.0.2.7]: connection to mail exchanger failed")
