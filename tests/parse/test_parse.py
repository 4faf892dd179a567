"""A whole message: its kind, its recipients, what it says of the message it is about."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import MessageInput
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.read_statuses import read_statuses
from tests.parse.mails import BLOCK, BOUNCE, DAEMON, RETURNED, TRANSCRIPT, read, report, warnings_of


def wrapped(text: str, head: str = "From: Bob <bob@example.org>\nSubject: Fwd: Undelivered Mail\n") -> str:
    part = f"--o\nContent-Type: text/plain\n\n{text}\n\n" if text else ""
    return f"{head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n{part}--o\nContent-Type: message/rfc822\n\n{BOUNCE}\n--o--\n"


# --- kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "kind"),
    [("failed", "bounce"), ("delayed", "delay"), ("delivered", "success"), ("relayed", "success"), ("expanded", "success")],
)
def test_the_action_makes_the_kind(action: str, kind: str) -> None:
    assert read(report(BLOCK.replace("failed", action))).kind == kind


@pytest.mark.parametrize(
    ("diagnostic", "kind", "action"),
    [
        ("smtp; 250 2.1.5 Ok", "success", "delivered"),
        ("smtp; no such user here", "success", "delivered"),
        ("smtp; 550 5.1.1 no such user", "bounce", None),
        ("smtp; 5.1.1 no such user", "bounce", None),
    ],
)
def test_a_status_of_class_2_without_an_action_is_a_delivery_unless_the_reply_refuses(
    diagnostic: str, kind: str, action: str | None
) -> None:
    told = read(report(f"Final-Recipient: rfc822; ana@example.org\nStatus: 2.1.5\nDiagnostic-Code: {diagnostic}\n"))
    assert (told.kind, [status.action for status in told.recipients]) == (kind, [action])


def test_one_failed_recipient_makes_a_bounce() -> None:
    told = read(report(BLOCK.replace("failed", "relayed") + "\n" + BLOCK.replace("ana@", "bob@")))
    assert (told.kind, [status.action for status in told.recipients]) == ("bounce", ["relayed", "failed"])


def test_a_bounce_that_calls_itself_auto_replied_is_still_a_bounce() -> None:
    assert read(report(BLOCK, head=f"{DAEMON}Auto-Submitted: auto-replied\n")).kind == "bounce"


def test_a_vacation_notice_is_an_auto_reply() -> None:
    told = read(
        "From: Ana <ana@example.org>\nAuto-Submitted: auto-replied\nSubject: Out of office\n\nI am away. Ask bob@example.org.\n"
    )
    assert (told.kind, [status.recipient for status in told.recipients]) == ("auto-reply", ["ana@example.org"])


def test_a_challenge_dressed_as_a_report_is_an_auto_reply() -> None:
    told = read(
        report(
            BLOCK.replace("smtp; 550 5.1.1 unknown", "X-Boxbe-Notice; Sender not pre-approved"),
            head="From: noreply@boxbe.example\nSubject: Re: Hello\n",
        )
    )
    assert told.kind == "auto-reply"


def test_a_feedback_report_is_one() -> None:
    mail = (
        "From: fbl@provider.example\nSubject: FW: Hello\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        f"--b\n\nAbuse.\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nSource-IP: 192.0.2.1\n\n--b\nContent-Type: message/rfc822\n\n{RETURNED}\n--b--\n"
    )
    told = read(mail)
    assert (told.kind, told.message.feedback_type, told.message.source_ip) == ("feedback-report", "abuse", "192.0.2.1")
    assert [status.recipient for status in told.recipients] == ["ana@example.org"]


@pytest.mark.parametrize("disposition", ["displayed", "deleted", "failed"])
def test_a_read_receipt_is_no_report(disposition: str) -> None:
    mail = (
        "From: Ana <ana@example.org>\nSubject: Read: Hello\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message was read.\n\n"
        f"--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ana@example.org\n"
        f"Disposition: manual-action/MDN-sent-manually; {disposition}\n\n--b--\n"
    )
    assert (read(mail).kind, list(read(mail).recipients)) == ("not-a-report", [])


def test_a_complaint_that_amazon_passes_on_is_a_feedback_report() -> None:
    told = read(
        "From: no-reply@sns.amazonaws.com\nSubject: Amazon SES Email Event Notification\n\n"
        '{"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "ana@example.org"}], '
        '"complaintFeedbackType": "abuse"}}\n'
    )
    assert (told.kind, told.message.feedback_type) == ("feedback-report", "abuse")
    assert [status.recipient for status in told.recipients] == ["ana@example.org"]


@pytest.mark.parametrize("subject", ["Non-Delivery: Hello", "メールエラー通知"])
def test_a_subject_that_says_undelivered_lets_a_known_layout_speak(subject: str) -> None:
    told = read(
        f"From: admin@example.org\nSubject: {subject}\n\nCould not be delivered to: <ana@example.org>\nAs their mailbox is full.\n"
    )
    assert [status.recipient for status in told.recipients] == ["ana@example.org"]


@pytest.mark.parametrize(
    "mail",
    [
        "From: Ana <ana@example.org>\nSubject: Hello\n\nHow are you?\n",
        "From: Ana <ana@example.org>\nTo: news-request@lists.example\nSubject: unsubscribe\n\nunsubscribe\n",
        "From: Ana <ana@example.org>\nSubject: Re: delivery\n\nThe parcel could not be delivered to bob@example.org.\n",
        f"From: Bob <bob@example.org>\nSubject: Fwd: Returned mail\n\nWhat does this mean?\n\n{TRANSCRIPT}",
        f"From: Bob <bob@example.org>\nSubject: bob@example.org\n\n{TRANSCRIPT}",
        f"From: Bob <bob@example.org>\nUser-Agent: Mutt/2.2\nSubject: Undelivered Mail, what now?\n\n{TRANSCRIPT}",
        f"From: Bob <bob@example.org>\nSubject: Re: Undelivered Mail\n\nSee:\n\n{BLOCK}",
        "From: postmaster@example.org\nUser-Agent: Mutt/2.2\nSubject: Re: help\n\nana@example.org: 550 5.1.1 user unknown is what we say.\n",
        "",
    ],
)  # fmt: skip
def test_ordinary_mail_is_no_report(mail: str) -> None:
    found = read(mail)
    assert (found.kind, list(found.recipients), warnings_of(mail)) == ("not-a-report", [], [])


# --- wrapped ---------------------------------------------------------------------------------------------------------


def test_a_bounce_forwarded_without_a_word_is_read() -> None:
    told = read(wrapped(""))
    assert (told.kind, [status.recipient for status in told.recipients]) == ("bounce", ["ana@example.org"])
    assert told.message.original_message_id == "<1@sender.example>"


def test_a_bounce_handed_on_by_a_list_s_program_is_read() -> None:
    head = "From: mailman-bounces@lists.example\nSubject: Uncaught bounce notification\n"
    told = read(
        wrapped(
            "The attached message was received as a bounce, but either the bounce\nformat was not recognized, or no member was found.",
            head,
        )
    )
    assert told.kind == "bounce"


def test_a_person_who_attaches_a_bounce_has_sent_none() -> None:
    assert read(wrapped("Dear admin, why did I get this?")).kind == "not-a-report"


# --- facts and warnings ----------------------------------------------------------------------------------------------


def test_the_facts_are_those_of_the_report_and_the_returned_message() -> None:
    facts = read(report(BLOCK, head=f"{DAEMON}Message-ID: <2@mx.example.org>\n")).message
    assert (facts.message_id, facts.reporting_mta, facts.original_message_id, facts.original_from, facts.list_id) == (
        "<2@mx.example.org>",
        "mx.example.org",
        "<1@sender.example>",
        "news@sender.example",
        "<news.sender.example>",
    )


@pytest.mark.parametrize(
    "envelope_to", [None, "news-bounces+ana=example.org@sender.example", "prvs=1234abcdef=news@sender.example"]
)
def test_nothing_that_a_forger_may_write_proves_a_report(envelope_to: str | None) -> None:
    origin = read(report(BLOCK), envelope_to).origin
    assert origin.proof is None
    assert origin.to_match.message_id == "<1@sender.example>"
    assert origin.to_match.verp == ("ana@example.org" if envelope_to and "ana" in envelope_to else None)


def test_the_same_warning_is_told_once() -> None:
    nameless = "Final-Recipient: rfc822; <>\nAction: failed\nStatus: 5.0.0\n\n"
    mail = report(nameless * 3)
    assert (len(read(mail).recipients), len(warnings_of(mail))) == (3, 1)


def test_reading_twice_gives_the_same() -> None:
    assert read(BOUNCE) == read(BOUNCE)


# --- anything --------------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from([
    DAEMON, "\n", "\n\n", BLOCK, TRANSCRIPT, "<ana@example.org>: ", "host mx1.example.org[192.0.2.1] said: 550 ", " (in reply to ", ">>> ", "<<< 550",
    "The following address(es) failed:\n", "  ana@example.org\n", "Remote host said: ", "UNDELIVERABLE MAIL\n", "This is the mail system at host\n",
    "This is the MAILER-DAEMON, please DO NOT REPLY\n", "There was an error delivering your mail to <", "This is the Haraka Mailer program\n",
    "Intended Recipients: ", "Failure Reason: ", "This is the nullmailer delivery system\n", "Content-Type: multipart/report; boundary=b\n", "--b\n",
    "Content-Type: message/delivery-status\n\n", "Content-Type: message/feedback-report\n\n", "Original-Rcpt-To: ", "prvs=", "SRS0=", "\0", "é", "@", "<",
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(_PIECES | st.text(max_size=20), max_size=40), st.text(max_size=60) | st.none())
def test_any_text_gives_an_answer(pieces: list[str], envelope_to: str | None) -> None:
    mail = "".join(pieces).encode("utf-8", "replace")
    told = read_statuses(read_notice(open_message(mail)), MessageInput(mail, envelope_to=envelope_to))
    assert told.kind == "not-a-report" or told.recipients or told.kind == "feedback-report"


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_give_an_answer(raw: bytes) -> None:
    assert read(DAEMON.encode() + raw).kind
