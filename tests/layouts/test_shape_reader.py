"""What the one reader of all rows does where a notice lists several recipients."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts.shape_reader import read_shape
from bounce_verdict.pipeline.parse.layouts.shapes import SHAPES

HMAIL = "The following recipient(s) could not be reached:\n\n"
GROUPWISE = "The message that you sent was undeliverable to the following:\n"


def _read(text: str) -> list[RecipientStatus]:
    notice = read_notice(open_message(f"From: postmaster@mail.example\n\n{text}".encode()))
    return next((statuses for shape in SHAPES if (statuses := read_shape(notice, shape))), [])


def test_recipients_listed_together_share_the_words_below_the_list() -> None:
    first, second = _read("---- Failed addresses follow: ----|\n <ana@example.org>\n <bea@example.org>\n   552 5.2.2 Full\n")
    assert (first.reply, second.reply) == ("552 5.2.2 Full", "552 5.2.2 Full")


def test_of_several_replies_below_a_list_each_goes_to_the_recipient_it_names() -> None:
    first, second = _read(
        "This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed permanently:\n\n"
        "   * ana@example.org\n   * bea@example.org\n\nSMTP:RCPT host 192.0.2.7: 550 <bea@example.org> Nobody\n\n"
        "SMTP:RCPT host 192.0.2.7: 552 <ana@example.org> Full\n"
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "552 <ana@example.org> Full")
    assert (second.recipient, second.reply) == ("bea@example.org", "550 <bea@example.org> Nobody")


def test_a_recipient_with_words_of_its_own_never_takes_the_next_one_s_reply() -> None:
    first, second = _read(
        f"{HMAIL}ana@example.org\n   Error Type: SMTP\n   Connection to recipients server failed.\n\nbea@example.org\n"
        "   hMailServer sent: .\n   Remote server replied: 550 5.1.1 Unknown\n"
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "Connection to recipients server failed.")
    assert (second.recipient, second.reply, second.command) == ("bea@example.org", "550 5.1.1 Unknown", "EOD")


def test_a_reply_on_a_recipient_s_own_line_is_of_no_other() -> None:
    statuses = _read(f"{GROUPWISE}\tana@example.org\n\tbea@example.org (550 5.1.1 Unknown)\n\tcid@example.org\n")
    assert [status.reply for status in statuses] == [None, "550 5.1.1 Unknown", None]
