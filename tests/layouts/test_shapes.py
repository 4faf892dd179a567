"""The table of small programs: one notice per row, and what the one reader of all rows does with lists."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import LAYOUTS, possible_layouts
from bounce_verdict.pipeline.parse.layouts.shapes import SHAPES

SHAPE_NAMES = {shape.name for shape in SHAPES}


def _notice(text: str, *headers: str) -> Notice:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return read_notice(open_message(f"{head}\n\n{text}".encode()))


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    notice = _notice(text, *headers)
    rows = (layout.read(notice) for layout in possible_layouts(notice) if layout.name in SHAPE_NAMES)
    return next((statuses for statuses in rows if statuses), [])


ROWS = {
    "symantec-gateway": (
        "Your message with Subject: Hello\nhas not been delivered to\n\nana@example.org\n\nDelivery attempts will continue\n",
        "has not been delivered to",
    ),
    "failed-recipients": (
        "------ Failed Recipients ------\n<ana@example.org>: 550 Nobody\n-------- Returned Mail --------\n",
        "550 Nobody",
    ),
    "list-of-failed-recipients": (
        "Here is your list of failed recipients\n\n<ana@example.org>: 550 Nobody\n\nHere is your returned mail\n",
        "550 Nobody",
    ),
    "encountered-problems": (
        "Your message has encountered delivery problems.\nIt was addressed to ana@example.org\n550 Nobody\n\nYour message reads\n",
        "550 Nobody",
    ),
    "could-not-be-delivered-to": (
        "A message could not be delivered to:\n\nana@example.org\n550 Nobody\n\nSubject: Hello\n",
        "550 Nobody",
    ),
    "your-message-to": ("Your message could not be delivered to ana@example.org\n550 Nobody\n", "550 Nobody"),
    "demon": (
        "This message was created automatically by mail delivery software.\nIt was addressed to 'ana@example.org'\n550 Nobody\n",
        "550 Nobody",
    ),
    "message-switch": ("Your message to:\n\nana@example.org\n\nstill waits.\n\nThis is just a warning\n", "still waits."),
    "llnl": (
        (
            "The standard form of email address at LLNL is a surname and a number.\n"
            "The message addressed, ana@example.org, did not exactly match any entry\n"
        ),
        "did not exactly match any entry",
    ),
    "hotpop": ("Undeliverable Address: ana@example.org\n550 Nobody\n\nOriginal message attached\n", "550 Nobody"),
    "usa-net": ("Intended recipient: <ana@example.org>\n550 Nobody\n\nRETURNED MAIL FOLLOWS\n", "550 Nobody"),
    "mailfoundry": (
        (
            "Unable to deliver message to: <ana@example.org>\nDelivery failed for the following reason:\n"
            "Server mx.example.org[192.0.2.7] failed with: 550 Nobody\n\nThis has been a permanent failure."
        ),
        "550 Nobody",
    ),
    "mfilter": (
        "このメールは自動的に生成されました。\nana@example.org\n\n-------server message\n550 5.1.1 Nobody\n\n-------SMTP command\nDATA\n",
        "550 5.1.1 Nobody",
    ),
    "mcafee": (
        "    --- The following addresses had delivery problems ---\n\n<ana@example.org>   (no such user)\n",
        "no such user",
    ),
    "mailmarshal": (
        (
            "Your message:\n   From:    sender@example.com\n\nCould not be delivered because of\n\n550 5.1.1 Nobody\n\n"
            "The following recipients were affected:\n    ana@example.org\n\n+++++++++++++++++++++\n"
        ),
        "550 5.1.1 Nobody",
    ),
    "surfcontrol": (
        (
            "Your message could not be sent.\nThe number of attempts made: 1\nAddressed To: ana@example.org\n\n"
            "Failed to send to identified host,\nana@example.org: [192.0.2.7], 550 Nobody\n--- Message non-deliverable.\n"
        ),
        "550 Nobody",
    ),
    "spamlion": ("Your Message\n\nTo:      <ana@example.org>\n\nDid not reach the following recipient: ana@example.org\n", None),
    "vade": (
        'Delivery has failed to these recipients:\n\nServer "192.0.2.7:25" returned an error:\n\n\t* [ana@example.org]: 550 Full\n',
        "550 Full",
    ),
    "hmailserver": (
        (
            "Your message did not reach some or all of the intended recipients.\n\n   Sent: today\n   Subject: Hello\n\n"
            "The following recipient(s) could not be reached:\n\nana@example.org\n   Error Type: SMTP\n"
            "   Remote server (192.0.2.7) issued an error.\n   hMailServer sent: RCPT TO:<ana@example.org>\n"
            "   Remote server replied: 550 Nobody\n"
        ),
        "550 Nobody",
    ),
    "mailenable": (
        (
            "Message could not be delivered to some recipients.\nThe following recipient(s) could not be reached:\n\n"
            "\tRecipient: [SMTP:ana@example.org]\n\tReason: Remote SMTP Server Returned: 550 Nobody\n"
        ),
        "550 Nobody",
    ),
    "smartermail": (
        (
            "Could not deliver message to the following recipient(s):\n\nFailed Recipient: ana@example.org\n"
            "Reason: Remote host said: 550 Nobody\n\n   -- The header and top 20 lines of the message follows --\n"
        ),
        "550 Nobody",
    ),
    "xmail": ("[00] XMail bounce: Rcpt=[ana@example.org];Error=[550 Nobody]\n", "550 Nobody"),
    "james": (
        (
            "Error message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n"
            "  Subject: Hello\n  MAIL FROM: sender@example.com\n  RCPT TO: ana@example.org\n  From: sender@example.com\n"
        ),
        "550 - Requested action not taken: no such user here",
    ),
    "lsmtp": (
        "--> Error description:\n\nError-for:  ana@example.org\nError-Code: 3\nError-Text: 550 Nobody\n\nError-End: One error.\n",
        "550 Nobody",
    ),
    "mercury": (
        "The attached message has failed delivery and has been referred to you.\n\n   *** ana@example.org\n   Nobody.\n",
        "Nobody.",
    ),
    "smtpsvc": (
        "------Transcript of session follows -------\nana@example.org\nThe user's name is not found.\n",
        "The user's name is not found.",
    ),
    "groupwise": (
        (
            "The message that you sent was undeliverable to the following:\n\tana@example.org (mailbox is full)\n\n"
            "Possibly truncated original message follows:\n"
        ),
        "mailbox is full",
    ),
    "smail": (
        "|------------------------- Failed addresses follow: ---------------------|\n ana@example.org ... failed: unknown host\n",
        "unknown host",
    ),
    "mmdf": (
        "Your message was not delivered to `ana@example.org' for the following reason:\n\n    Unknown user name\n",
        "Unknown user name",
    ),
    "phquery": (
        (
            " --------Message not delivered to the following:\n\n ana@example.org    No matches to nameserver query\n\n"
            " --------Error Detail (phquery V4.1):\n\n Write to bea@example.org instead.\n"
        ),
        "No matches to nameserver query",
    ),
    "eyou": (
        (
            "Hi. This is the deliver program at mail.example.\nThis is a permanent error; I've given up.\n\nana@example.org\n\n"
            "No such user\n\n--- Attachment is a copy of the message.\n"
        ),
        "No such user",
    ),
    "technical-details": (
        (
            "      This is an automatically generated Delivery Status Notification.\n\n"
            "Delivery to the following recipients failed permanently:\n\n   * ana@example.org\n\n\n=====================\n"
            "            Technical details:\n\nSMTP:RCPT host 192.0.2.7: 553 5.3.0 Nobody\n"
        ),
        "553 5.3.0 Nobody",
    ),
    "delivery-errors": ("---The following addresses had delivery errors---\n\nana@example.org [User unknown]\n", "User unknown"),
    "responded-as-follows": (
        (
            "1 error(s):\n\nSMTP Server <mx.example.org> rejected recipient <ana@example.org>\n"
            "(Error following RCPT command). It responded as follows: [550 5.1.1 Nobody]\n"
        ),
        "550 5.1.1 Nobody",
    ),
    "failure-notification": (
        (
            "This is a delivery failure notification message indicating that\nan email you addressed to email address :\n"
            "-- ana@example.org\n\ncould not be delivered. The problem appears to be :\n-- Recipient unknown\n\n"
            "Additional information follows :\n-- 550 5.1.1 Nobody\n"
        ),
        "550 5.1.1 Nobody",
    ),
    "earthlink": (
        (
            "Sorry, unable to deliver your message to ana@example.org for\nthe following reason:\n\n 552 Quota violation\n\n"
            "A copy of the original message below this line:\n"
        ),
        "552 Quota violation",
    ),
    "kddi": (
        (
            "Your mail sent on: Thu, 29 Apr 2010 11:04:47 +0900\n    Could not be delivered to: <ana@example.org>\n"
            "    As their mailbox is full.\n"
        ),
        "As their mailbox is full.",
    ),
    "mailru": (
        "  Message was not accepted -- invalid mailbox.\n Local mailbox ana@example.org is unavailable: user not found\n",
        "Local mailbox ana@example.org is unavailable: user not found",
    ),
    "prodigy": ("User's mailbox is full: <ana@example.org>\nUnable to deliver mail.\n", "User's mailbox is full"),
    "exchange-warning": (
        (
            "This is an advisory-only email.  Please do not reply to it.\n\nDelivery of email to this address\n\n"
            '"ana@example.org"\n\nhas been postponed due to a full mailbox.\n\nWe will continue to try to deliver your message.\n'
        ),
        "has been postponed due to a full mailbox.",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_reads_its_programs_notice(row: str) -> None:
    text, reply = ROWS[row]
    [status] = _read(text)
    assert (status.recipient, status.reply, status.read_by) == ("ana@example.org", reply, row)


def test_every_row_has_a_notice() -> None:
    assert SHAPE_NAMES - set(ROWS) == {"activehunter"}  # which is known by its header, below


def test_hmailserver_and_m_filter_name_the_command() -> None:
    assert _read(ROWS["hmailserver"][0])[0].command == "RCPT"
    assert _read(ROWS["mfilter"][0])[0].command == "DATA"


def test_active_hunter_is_known_by_its_header() -> None:
    text = (
        "  ----- The following addresses had permanent fatal errors -----\n\n>>> ana@example.org <ana@example.org>\n\n"
        "  ----- Transcript of session follows -----\n550 sorry, no mailbox here by that name\n"
    )
    [status] = _read(text, "X-AHMailID: 1")
    assert (status.recipient, status.reply) == ("ana@example.org", "550 sorry, no mailbox here by that name")
    assert _read(text) == []


def test_a_warning_is_delayed() -> None:
    [status] = _read(
        "Your message with Subject: Hello\nhas not been delivered to\n\nana@example.org\n\nDelivery attempts will continue to be made\n"
    )
    assert (status.recipient, status.action) == ("ana@example.org", "delayed")


def test_a_letter_that_quotes_a_mark_without_an_address_is_no_bounce() -> None:
    assert _read("Failed addresses follow: none that I know of.\n\nYours, Ana\n") == []


_LINE = st.text(
    st.sampled_from("abc@.<>:;,'\"#()[]|-=* \t450 RCPT SMTP host said ERROR_CODE MSEXCH äöüж\u2028\ud800"), max_size=60
) | st.sampled_from([line for text, _ in ROWS.values() for line in text.split("\n")])


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINE, max_size=30), st.sampled_from(["", "MAILER-DAEMON@googlemail.com", "InterScan"]))
def test_no_text_makes_any_layout_fail(lines: list[str], sender: str) -> None:
    mail = f"From: {sender}\nX-Mailer: <SMTP32 v8>\nX-MS-Embedded-Report:\nContent-Language: en\n\n" + "\n".join(lines)
    notice = read_notice(open_message(mail.encode("utf-8", "replace")))
    for layout in LAYOUTS:
        assert all(status.read_by for status in layout.read(notice))


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINE, max_size=30), st.sampled_from(["", "MAILER-DAEMON@googlemail.com", "InterScan"]))
def test_no_layout_that_knows_a_notice_is_passed_over(lines: list[str], sender: str) -> None:
    mail = f"From: {sender}\nX-Mailer: <SMTP32 v8>\nX-MS-Embedded-Report:\n\n" + "\n".join(lines)
    notice = read_notice(open_message(mail.encode("utf-8", "replace")))
    possible = [id(layout) for layout in possible_layouts(notice)]
    assert [id(layout) for layout in LAYOUTS if layout.read(notice) and id(layout) not in possible] == []


def test_a_name_may_stand_beside_the_address() -> None:
    text = 'The email below could not be delivered to the following user:\n\n"Ana Berg" <ana@example.org>\n\nOld message:\n'
    assert [status.recipient for status in _read(text)] == ["ana@example.org"]
