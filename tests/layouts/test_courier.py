"""Courier's sections (courier/module.dsn)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import courier


def _read(sections: str) -> list[RecipientStatus]:
    head = "From: mailer-daemon@mx.example.org\nSubject: NOTICE: mail delivery status.\n\n"
    text = "This is a delivery status notification from mx.example.org,\nrunning the Courier mail server, version 1.0.16.\n\n"
    return courier.read(read_notice(open_message((head + text + sections).encode())))


def test_the_session_gives_host_command_and_reply() -> None:
    [status] = _read(
        "                           UNDELIVERABLE MAIL\n\nYour message cannot be delivered:\n\n"
        "<ana@example.org>:\n     mx1.example.org [192.0.2.1]:\n >>> RCPT TO:<ana@example.org>\n <<< 550-5.1.1 no\n <<< 550 5.1.1 such user\n\n----\n"
    )
    assert status == RecipientStatus(
        recipient="ana@example.org",
        recipient_source="text",
        action="failed",
        remote_mta="mx1.example.org",
        reply="550-5.1.1 no\n550 5.1.1 such user",
        said_by="remote",
        command="RCPT",
        read_by="courier",
    )


def test_data_is_also_the_end_of_the_data_so_the_command_stays_unknown() -> None:
    [status] = _read("UNDELIVERABLE MAIL\n\n<ana@example.org>:\n     mx1.example.org [192.0.2.1]:\n >>> DATA\n <<< 554 spam\n")
    assert (status.reply, status.command) == ("554 spam", None)


def test_the_initial_greeting_is_the_connection() -> None:
    [status] = _read(
        "UNDELIVERABLE MAIL\n\n<ana@example.org>:\n     mx1.example.org [192.0.2.1]:\n >>> (initial greeting)\n <<< 554 no\n"
    )
    assert status.command == "CONNECT"


def test_words_without_a_session_are_courier_s_own() -> None:
    [status] = _read("UNDELIVERABLE MAIL\n\n<ana@example.org>:\n <<< No such domain.\n")
    assert (status.reply, status.said_by, status.command) == ("No such domain.", "local", None)


def test_the_section_says_what_became_of_the_recipient() -> None:
    statuses = _read(
        "DELAYS IN DELIVERING YOUR MESSAGE\n\n<a@example.org>:\n <<< Connection refused\n\n---\n\n"
        "MESSAGE DELIVERED TO A MAIL GATEWAY\n\n<b@example.org>:\n     mx1.example.org [192.0.2.1]:\n >>> DATA\n <<< 250 2.0.0 Ok\n\n---\n\n"
        "UNDELIVERABLE MAIL\n\n<c@example.org>:\n <<< Connection refused\n"
    )
    assert [status.action for status in statuses] == ["delayed", "relayed", "failed"]
