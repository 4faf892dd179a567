"""Sendmail's two sections: addresses with reasons, and the transcript (savemail.c, usersmtp.c)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import sendmail


def _read(listed: str, transcript: str) -> list[RecipientStatus]:
    head = "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nSubject: Returned mail: see transcript for details\n\n"
    errors = f"   ----- The following addresses had permanent fatal errors -----\n{listed}\n\n" if listed else ""
    text = f"The original message was received\n\n{errors}   ----- Transcript of session follows -----\n{transcript}\n"
    return sendmail.read(read_notice(open_message((head + text).encode())))


def test_the_whole_reply_comes_from_the_transcript() -> None:
    [status] = _read(
        "<ana@example.org>\n    (reason: 550-5.1.1 No account.)",
        "... while talking to mx1.example.org.:\n>>> RCPT To:<ana@example.org>\n<<< 550-5.1.1 No account.\n<<< 550 5.1.1 Check it.\n"
        "550 5.1.1 <ana@example.org>... User unknown",
    )
    assert status == RecipientStatus(
        recipient="ana@example.org",
        recipient_source="text",
        action="failed",
        remote_mta="mx1.example.org",
        reply="550-5.1.1 No account.\n550 5.1.1 Check it.",
        said_by="remote",
        command="RCPT",
        read_by="sendmail",
    )


def test_under_data_the_command_stays_unknown() -> None:
    """PIPELINING: a refused RCPT and the end of the data both stand there."""
    [status] = _read(
        "<ana@example.org>\n    (reason: 552 5.2.2 full)",
        "... while talking to mx1.example.org.:\n>>> DATA\n<<< 552 5.2.2 full\n554 5.0.0 Service unavailable\n<<< 554 5.5.1 Error: no valid recipients",
    )
    assert (status.reply, status.command) == ("552 5.2.2 full", None)


def test_the_server_s_complaint_about_what_follows_is_no_reply() -> None:
    [status] = _read(
        "<ana@example.org>",
        "... while talking to mx1.example.org.:\n>>> DATA\n<<< 550 no such user\n<<< 503 5.0.0 Need RCPT (recipient)",
    )
    assert status.reply == "550 no such user"


def test_a_complaint_that_stands_alone_is_all_there_is() -> None:
    [status] = _read("<ana@example.org>", "... while talking to mx1.example.org.:\n>>> DATA\n<<< 554 5.5.1 No valid recipients")
    assert status.reply == "554 5.5.1 No valid recipients"


def test_a_greeting_has_no_command_line() -> None:
    [status] = _read(
        "<ana@example.org>\n    (reason: 554 go away)",
        "... while talking to mx1.example.org.:\n<<< 554 go away\n554 5.0.0 Service unavailable",
    )
    assert status.command == "CONNECT"


def test_each_recipient_gets_its_own_reply() -> None:
    statuses = _read(
        "<a@example.org>\n    (reason: 550 5.1.1 <a@example.org>: unknown)\n<b@example.org>\n    (reason: 552 5.2.2 <b@example.org>: full)",
        "... while talking to mx1.example.org.:\n>>> RCPT To:<b@example.org>\n<<< 552 5.2.2 <b@example.org>: full\n554 5.0.0 Service unavailable\n"
        ">>> RCPT To:<a@example.org>\n<<< 550 5.1.1 <a@example.org>: unknown\n550 5.1.1 <a@example.org>... User unknown",
    )
    assert [(status.reply, status.command) for status in statuses] == [
        ("550 5.1.1 <a@example.org>: unknown", "RCPT"),
        ("552 5.2.2 <b@example.org>: full", "RCPT"),
    ]


def test_a_recipient_without_a_reason_gets_the_reply_of_its_own_server() -> None:
    statuses = _read(
        "<a@one.example>\n<b@two.example>\n    (reason: 550 5.7.1 refused)",
        "... while talking to mx1.one.example.:\n>>> DATA\n<<< 554 5.6.0 odd\n554 5.0.0 Service unavailable\n"
        "... while talking to mx1.two.example.:\n>>> MAIL From:<news@sender.example> SIZE=1\n<<< 550 5.7.1 refused\n554 5.0.0 Service unavailable",
    )
    assert [(status.reply, status.command) for status in statuses] == [("554 5.6.0 odd", None), ("550 5.7.1 refused", "MAIL")]


def test_a_reason_shortened_in_the_middle_is_still_found() -> None:
    start, end = "550 5.7.1 " + "a" * 120, "b" * 60
    [status] = _read(
        f"<ana@example.org>\n    (reason: {start}....{end})",
        f"... while talking to mx1.example.org.:\n>>> MAIL From:<news@sender.example>\n<<< {start} and much more {end}\n554 5.0.0 Service unavailable",
    )
    assert (status.command, status.said_by) == ("MAIL", "remote")


def test_a_code_that_sendmail_made_up_is_local() -> None:
    [status] = _read(
        "<ana@example.org>\n    (reason: 451 4.4.1 reply: read error from mx1.example.org.)",
        "451 4.4.1 reply: read error from mx1.example.org.\n<ana@example.org>... Deferred\nMessage could not be delivered for 5 days\nMessage will be deleted from queue",
    )
    assert (status.said_by, status.command) == ("local", None)


def test_a_warning_names_its_recipients_in_the_transcript() -> None:
    [status] = _read(
        "",
        "... while talking to mx1.example.org.:\n>>> DATA\n<<< 421-4.7.28 too fast\n<<< 421 4.7.28 slow down\n"
        "<ana@example.org>... Deferred: 421-4.7.28 too fast\nWarning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old",
    )
    assert (status.action, status.reply) == ("delayed", "421-4.7.28 too fast\n421 4.7.28 slow down")


def test_sendmail_5_puts_the_recipients_into_its_own_lines() -> None:
    statuses = _read(
        "",
        "While talking to mx.one.example:\n>>> MAIL From:<news@sender.example>\n<<< 501 open relay\n554 <a@one.example>... Remote protocol error\n"
        "550 two.example (smtp)... 550 Host unknown\n554 <b@two.example>... 550 Host unknown (Authoritative answer from name server)\n"
        "While talking to mx.three.example:\n>>> RCPT To:<c@three.example>\n<<< 550 <c@three.example>... User unknown\n550 <c@three.example>... User unknown",
    )
    assert [(status.recipient, status.reply, status.command) for status in statuses] == [
        ("a@one.example", "501 open relay", "MAIL"),
        ("b@two.example", "550 Host unknown (Authoritative answer from name server)", None),
        ("c@three.example", "550 <c@three.example>... User unknown", "RCPT"),
    ]


def test_what_a_local_mailer_printed_belongs_to_the_words() -> None:
    [status] = _read("<ana@example.org>", "mail.local: unknown user: ana\n554 <ana@example.org>... Service unavailable")
    assert (status.reply, status.said_by) == ("554 mail.local: unknown user: ana Service unavailable", "local")


def test_an_alias_keeps_its_origin() -> None:
    [status] = _read(
        "<ana@inside.example>\n    (reason: 550 5.1.1 no)\n    (expanded from: <team@example.org>)", "<<< 550 5.1.1 no"
    )
    assert status.original_recipient == "team@example.org"


def test_a_program_behind_an_alias_fails_for_the_alias() -> None:
    [status] = _read(
        '"|/usr/bin/filter"\n    (reason: Data format error)\n    (expanded from: <ana@example.org>)', "501 filter: bad data"
    )
    assert (status.recipient, status.reply) == ("ana@example.org", "Data format error")


def test_a_user_of_the_own_host_stands_without_a_domain() -> None:
    [status] = _read("ana\n    (expanded from: ana)", "ana... Deferred: Connection refused by [192.0.2.1]")
    assert (status.recipient, status.reply) == ("ana", "Deferred: Connection refused by [192.0.2.1]")


def test_a_transcript_about_no_address_is_for_the_report_s_recipient() -> None:
    mail = (
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
        "   ----- Transcript of session follows -----\n451 4.0.0 Operating system error\nWarning: message still undelivered after 4 hours\n\n--b--\n"
    )
    [status] = sendmail.read(read_notice(open_message(mail.encode())))
    assert (status.recipient, status.action, status.reply) == (None, "delayed", "451 4.0.0 Operating system error")
