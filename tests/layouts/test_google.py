"""Gmail and Google Groups: known by structure, in any language."""

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import google


def _notice(mail: str) -> Notice:
    return read_notice(open_message(mail.encode()))


def _read(mail: str) -> list[RecipientStatus]:
    return google.read(_notice(mail))


PLAIN = """From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: sender@example.com
Subject: Delivery Status Notification (Failure)
Content-Type: text/plain; charset=UTF-8

{intro}

     ana@example.org

{detail}

----- Original message -----

Received: by 192.0.2.1 with SMTP id x; Mon, 2 Mar 2015 10:00:00 -0800 (PST)
From: sender@example.com
To: ana@example.org
Subject: Hello
Message-ID: <1@example.com>

Hello
"""


def test_gmail_2010_tells_the_command_by_its_state_and_the_code_twice() -> None:
    status = _read(
        PLAIN.format(
            intro="Delivery to the following recipient failed permanently:",
            detail="Technical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the "
            "recipient domain. The error that the other server returned was: 550 550 5.1.1 No such person (state 14).",
        )
    )[0]
    assert (status.recipient, status.reply, status.command, status.said_by) == (
        "ana@example.org",
        "550 5.1.1 No such person",
        "RCPT",
        "remote",
    )


def test_gmail_in_german_is_read_alike() -> None:
    status = _read(
        PLAIN.format(
            intro="Die Zustellung an den folgenden Empfänger ist endgültig fehlgeschlagen:",
            detail="Technische Details:\nFehlermeldung des Servers mx.example.org. [192.0.2.7]:\n\n552 5.2.2 Mailbox voll",
        )
    )[0]
    assert (status.reply, status.remote_mta, status.action) == ("552 5.2.2 Mailbox voll", "mx.example.org", "failed")


def test_gmail_delay_without_a_reply_keeps_gmails_own_words() -> None:
    mail = PLAIN.format(
        intro="Delivery to the following recipient has been delayed:",
        detail="Message will be retried for 2 more day(s)\n\nTechnical details of temporary failure: \n"
        "The recipient server did not accept our requests to connect.\n[mx.example.org 192.0.2.7: Connection refused]",
    ).replace("(Failure)", "(Delay)")
    status = _read(mail)[0]
    assert status.action == "delayed"
    assert status.said_by == "local"
    assert status.reply == (
        "The recipient server did not accept our requests to connect. [mx.example.org 192.0.2.7: Connection refused]"
    )


def test_an_unknown_state_names_no_command() -> None:
    status = _read(
        PLAIN.format(
            intro="Delivery to the following recipient failed permanently:",
            detail="Technical details of permanent failure: \nPERM_FAILURE: SMTP Error (state 9): 550 5.7.1 Not from you",
        )
    )[0]
    assert (status.reply, status.command) == ("550 5.7.1 Not from you", None)


def test_an_empty_report_part_leaves_the_response_to_the_text() -> None:
    mail = """From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: sender@example.com
Subject: Delivery Status Notification (Failure)
X-Failed-Recipients: ana@example.org
MIME-Version: 1.0
Content-Type: multipart/report; boundary="b"; report-type=delivery-status

--b
Content-Type: text/plain; charset="UTF-8"


** Message non distribué **

Les paramètres de l'alias sont incorrects.

La réponse était :

Unspecified Error (SENT_SECOND_EHLO): no AUTH here

--b
Content-Type: message/delivery-status


--b--
"""
    status = _read(mail)[0]
    assert (status.recipient, status.reply) == ("ana@example.org", "Unspecified Error (SENT_SECOND_EHLO): no AUTH here")


def test_a_full_report_is_left_to_the_reports_reader() -> None:
    mail = """From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
MIME-Version: 1.0
Content-Type: multipart/report; boundary="b"; report-type=delivery-status

--b
Content-Type: text/plain

** Address not found **

The response was:

550 5.1.1 Nobody

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 Nobody

--b--
"""
    assert _read(mail) == []


def test_a_group_that_refuses_is_known_by_its_help_link_in_any_language() -> None:
    mail = """From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: sender@example.com
X-Failed-Recipients: a-group@googlegroups.com
Content-Type: text/plain; charset="UTF-8"

Hola sender@example.com:

Es posible que el grupo (a-group) no exista.

Ayuda: https://groups.google.com/support/.

----- Original message -----

Received: from mx.example.com
"""
    status = _read(mail)[0]
    assert status.recipient == "a-group@googlegroups.com"
    assert "groups.google.com/support" in (status.reply or "")


def test_a_group_of_workspace_has_a_help_link_of_its_own() -> None:
    mail = """From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
X-Failed-Recipients: team@example.org

We're writing to let you know that the group you tried to contact (team) may not exist, or you may not have permission to
post messages to the group.

Visit the Help Center at https://support.google.com/a/example.org/bin/topic.py?topic=25838.
"""
    [status] = _read(mail)
    assert status.recipient == "team@example.org"
    assert "the group you tried to contact" in (status.reply or "")


def test_an_ordinary_mail_from_google_is_no_bounce() -> None:
    assert _read("From: Ana <ana@google.com>\n\nHello,\n\n   bea@example.org\n\nis my new address.\n") == []
