"""Mails of machines that quote bounces, or answer one, and are none."""

import pytest

from bounce_verdict.model import MessageInput
from bounce_verdict.pipeline import Pipeline


def kind_of(pipeline: Pipeline, head: str, body: str) -> str:
    report = pipeline.message(MessageInput(f"{head}\n{body}".encode()))
    assert [answer.verdict for answer in report.recipients if answer.verdict] == []
    return report.kind


@pytest.mark.parametrize(
    "subject",
    [
        "You have new held messages", "Spam Quarantine Notification", "Ihre Quarantäne-Übersicht", "Mises en quarantaine", "隔離メールのお知らせ",
        "Mails waiting for release", "Daily summary", "3 messages on hold",
    ],
)  # fmt: skip
def test_what_a_filter_holds_back_is_no_bounce_though_a_postmaster_lists_it(pipeline: Pipeline, subject: str) -> None:
    head = f"Return-Path: <postmaster@filter.example>\nFrom: Postmaster <postmaster@filter.example>\nTo: sales@shop.example\nSubject: {subject}\n"
    body = """postmaster@far.example
  Mail delivery failed: returning message to sender
  "The following address(es) failed: u.vogt@far.example 550 5.1.1 unknown user"
"""
    assert kind_of(pipeline, head, body) == "not-a-report"


@pytest.mark.parametrize(
    "prefix",
    ["Automatic reply", "Automatische Antwort", "Réponse automatique ", "Respuesta automática", "Автоматический ответ", "自動応答", "Out of Office"],
)  # fmt: skip
def test_an_absence_answers_a_bounce_and_repeats_its_subject(pipeline: Pipeline, prefix: str) -> None:
    head = f"""Return-Path: <>
From: Robert Lang <robert.lang@corp.example>
To: postmaster@shop.example
Subject: {prefix}: Undeliverable: Your order (550 5.1.1 user unknown)
Auto-Submitted: auto-generated
"""
    body = 'If you get "550 5.1.1 User unknown" for eva.stein@corp.example, please try again: her mailbox works.\n'
    assert kind_of(pipeline, head, body) == "auto-reply"


def test_a_read_receipt_is_one_whatever_part_is_mixed_in(pipeline: Pipeline) -> None:
    head = """Return-Path: <>
From: Alice <alice@living.example>
To: news@shop.example
Subject: Return Receipt (displayed) - Our news
Content-Type: multipart/report; report-type=disposition-notification; boundary=b
"""
    body = """--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822;alice@living.example
Disposition: manual-action/MDN-sent-manually; displayed

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.living.example

Final-Recipient: rfc822; alice@living.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <alice@living.example>: User unknown

--b--
"""
    assert kind_of(pipeline, head, body) == "not-a-report"


NOTICE = """This is the mail system at host mx.far.example.

<eva@far.example>: host mx.far.example[192.0.2.7] said: 550 5.1.1
    <eva@far.example>: Recipient address rejected: User unknown (in reply to RCPT TO command)
"""


@pytest.mark.parametrize(
    ("author", "subject", "more"),
    [
        ("Support <support@desk.example>", "[Request received] Undeliverable: News", ""),
        ("jira@acme.example", "[JIRA] (OPS-12) Mail delivery failed: returning message to sender", ""),
        ("Helpdesk <helpdesk@corp.example>", "Ticket Received - Delivery Status Notification (Failure)", ""),
        ("Bob in Teams <noreply@teams.example>", "Bob sent a message: Undeliverable", ""),
        (
            "noreply@corp.example",
            "We received your message: Undelivered Mail Returned to Sender",
            "Auto-Submitted: auto-replied\n",
        ),
        ("Bob <bob@corp.example>", "Undelivered Mail Returned to Sender", "List-Id: <users.lists.example>\n"),
    ],
)
def test_a_ticket_a_chat_or_a_list_that_hands_a_bounce_on_is_none(
    pipeline: Pipeline, author: str, subject: str, more: str
) -> None:
    head = f"Return-Path: <>\nFrom: {author}\nTo: news@shop.example\nSubject: {subject}\n{more}"
    assert kind_of(pipeline, head, NOTICE) in {"not-a-report", "auto-reply"}


def test_an_absent_postmaster_is_no_mailer(pipeline: Pipeline) -> None:
    head = "Return-Path: <>\nFrom: Postmaster <postmaster@corp.example>\nTo: news@shop.example\nSubject: Automatic reply: Undeliverable: News\n"
    assert kind_of(pipeline, head, NOTICE) == "auto-reply"


def test_a_postmaster_who_forwards_a_bounce_writes_as_a_person(pipeline: Pipeline) -> None:
    head = """Return-Path: <postmaster@corp.example>
From: IT Support <postmaster@corp.example>
To: news@shop.example
Subject: Fwd: Mail delivery failed
"""
    assert kind_of(pipeline, head, NOTICE) == "not-a-report"


def test_a_mailer_s_unannounced_notice_stops_nobody_at_once(pipeline: Pipeline) -> None:
    mail = b"""Return-Path: <>
From: Postmaster <postmaster@corp.example>
To: news@shop.example
Subject: Question about your newsletter

Your newsletter causes bounces at other sites, for example
<eva@far.example>: 550 5.1.1 user unknown
"""
    assert [answer.suppress for answer in pipeline.message(MessageInput(mail)).recipients] == ["if-repeated"]


QUOTED = """This is the mail system at host mx.example.

<bob@living.example>: host mx.living.example[192.0.2.9] said: 550 5.1.1
    <bob@living.example>: Recipient address rejected: User unknown in virtual
    mailbox table (in reply to RCPT TO command)
"""


@pytest.mark.parametrize(
    ("author", "subject"),
    [
        ("Acme Service Desk <jira@acme.example>", "HELP-77 Undelivered Mail Returned to Sender"),
        ("Mail Delivery System via RT <rt@acme.example>", "[acme.example #42] Undelivered Mail Returned to Sender"),
        ("Mail Delivery System via Helpdesk <help@acme.example>", "[Ticket#41001] Undelivered Mail Returned to Sender"),
    ],
)
def test_a_ticket_system_with_the_null_path_repeats_a_bounce_and_is_no_mailer(
    pipeline: Pipeline, author: str, subject: str
) -> None:
    head = f"Return-Path: <>\nFrom: {author}\nTo: news@shop.example\nSubject: {subject}\n"
    assert kind_of(pipeline, head, QUOTED) == "not-a-report"


@pytest.mark.parametrize(
    ("path", "author", "subject"),
    [
        ("<>", "Contacts <noreply@notifications.example>", "Bounced: News"),
        ("<ana@living.example>", "Ana Roe <postmaster@living.example>", "Delivery problem with your newsletter"),
    ],
)
def test_a_bounces_text_in_a_mail_that_anybody_may_send_stops_nobody(
    pipeline: Pipeline, path: str, author: str, subject: str
) -> None:
    raw = f"Return-Path: {path}\nFrom: {author}\nTo: news@shop.example\nSubject: {subject}\n\n{QUOTED}"
    assert [answer.suppress for answer in pipeline.message(MessageInput(raw.encode())).recipients] == ["if-repeated"]


@pytest.mark.parametrize(
    "author", ["Mail Delivery System <mailer-daemon@mx.example>", "MAILER-DAEMON <>", "Mailer Daemon <mx@mx.example>"]
)
def test_a_mailers_own_text_still_stops_the_address(pipeline: Pipeline, author: str) -> None:
    raw = f"Return-Path: <>\nFrom: {author}\nTo: news@shop.example\nSubject: Undelivered Mail Returned to Sender\n\n{QUOTED}"
    assert [answer.suppress for answer in pipeline.message(MessageInput(raw.encode())).recipients] == ["now"]


def test_a_report_of_another_type_is_no_bounce_though_a_postmaster_sends_it(pipeline: Pipeline) -> None:
    head = """Return-Path: <>
From: TLS Reports <postmaster@isp.example>
To: news@shop.example
Subject: Report Domain: shop.example Submitter: isp.example
Content-Type: multipart/report; report-type=tlsrpt; boundary=b
"""
    body = """--b

This is an aggregate TLS report for ana@living.example: 550 5.1.1

--b
Content-Type: application/tlsrpt+gzip

AAAA
--b--
"""
    assert kind_of(pipeline, head, body) == "not-a-report"


def test_what_a_filter_shows_of_our_message_stops_nobody(pipeline: Pipeline) -> None:
    raw = """Return-Path: <>
From: MAILER-DAEMON@living.example
To: news@shop.example
Subject: Mail delivery failed: message considered spam

Message to ana@living.example refused, spam score 17.

Offending lines:
  The mailbox does not exist
  550 5.1.1 user unknown
"""
    assert "now" not in [answer.suppress for answer in pipeline.message(MessageInput(raw.encode())).recipients]
