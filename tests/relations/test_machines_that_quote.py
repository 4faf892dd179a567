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
