"""SES notifications that arrive as mail."""

import json

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import amazon


def _read(text: str) -> list[RecipientStatus]:
    mail = f"From: no-reply@sns.example\nContent-Type: text/plain; charset=utf-8\n\n{text}"
    return amazon.read(read_notice(open_message(mail.encode())))


def _bounce(diagnostic: str) -> str:
    row = {"emailAddress": "ana@example.org", "action": "failed", "status": "5.1.1", "diagnosticCode": diagnostic}
    return json.dumps({"notificationType": "Bounce", "bounce": {"bouncedRecipients": [row]}})


def test_a_bounce_gives_the_reply_without_its_type() -> None:
    [status] = _read(_bounce("smtp; 550 5.1.1 Nobody") + "\n\n--\nIf you wish to stop receiving notifications …\n")
    assert (status.recipient, status.action, status.status, status.reply) == (
        "ana@example.org",
        "failed",
        "5.1.1",
        "550 5.1.1 Nobody",
    )


def test_a_line_that_sendmail_cut_is_joined_again() -> None:
    whole = _bounce("smtp; 550 5.1.1 Nobody")
    assert _read(f"{whole[:40]}!\n {whole[40:]}")[0].recipient == "ana@example.org"


def test_a_complaint_names_the_recipient_and_no_failure() -> None:
    rows = [{"emailAddress": "ana@example.org"}]
    [status] = _read(json.dumps({"notificationType": "Complaint", "complaint": {"complainedRecipients": rows}}))
    assert (status.recipient, status.action, status.reply) == ("ana@example.org", None, None)


def test_a_delivery_is_delivered() -> None:
    delivery = {"recipients": ["ana@example.org"], "smtpResponse": "250 2.0.0 OK"}
    [status] = _read(json.dumps({"eventType": "Delivery", "delivery": delivery}))
    assert (status.action, status.reply) == ("delivered", "250 2.0.0 OK")


def test_json_of_any_other_shape_gives_nothing() -> None:
    assert _read('{"notificationType": "Bounce", "bounce": [1]}') == []
    assert _read('{"notificationType": "Bounce", "bounce": {"bouncedRecipients": ["x", {"emailAddress": 5}]}}') == []
    assert _read('"notificationType" ' + '{"a":' * 50_000) == []


def test_an_escaped_lone_surrogate_does_no_harm() -> None:
    [status] = _read(_bounce("smtp; 550 \ud800 Nobody"))
    assert (status.reply or "").encode("utf-8")


def test_the_complaint_keeps_its_feedback_type() -> None:
    complaint = {"complainedRecipients": [{"emailAddress": "ana@example.org"}], "complaintFeedbackType": "Abuse"}
    assert _read(json.dumps({"notificationType": "Complaint", "complaint": complaint}))[0].complaint == "abuse"


def test_a_notification_in_sns_s_envelope_is_taken_out_of_it() -> None:
    envelope = {"Type": "Notification", "MessageId": "1", "Message": _bounce("smtp; 550 5.1.1 Nobody")}
    [status] = _read(json.dumps(envelope, indent=2))
    assert (status.recipient, status.reply) == ("ana@example.org", "550 5.1.1 Nobody")
