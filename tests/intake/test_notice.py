"""Step 1: what layout readers see: the human text, and the headers of the message that came back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import Limits, Notice
from bounce_verdict.pipeline.intake.notice import _ANNOUNCED, _ANNOUNCING, _ORIGIN, _TRACE, _may_hold_copy, read_notice
from bounce_verdict.pipeline.intake.splitter import open_message

COPY = """\
Return-Path: <bounces@example.org>
Received: from app.example.org (192.0.2.7)
  by mx.example.org with SMTP; 22 Nov 2026 00:30:05 -0000
From: News <news@example.org>
To: ana@example.net
Subject: 550 5.1.1 is what I write about
Message-ID: <1@example.org>

550 user unknown, I wrote
"""


def notice_of(body: str, head: str = "Subject: failure notice") -> Notice:
    return read_notice(open_message(f"{head}\n\n{body}".encode()))


def multipart(*parts: str, subtype: str = "report") -> Notice:
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return notice_of(body, f"Content-Type: multipart/{subtype}; boundary=b")


PLAIN = "Content-Type: text/plain\n\nI'm sorry to have to inform you that your message could not be delivered.\n"
HTML = "Content-Type: text/html\n\n<p>Your message to <b>ana@example.net</b> could not be delivered.</p>\n"
REPORT = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n"
RETURNED = f"Content-Type: message/rfc822\n\n{COPY}"

PMDF = """\
This report relates to a message you sent with the following header fields:

  Message-id: <1@example.org>
  Date: Sun, 22 Nov 2026
  From: a@example.org
  To: b@example.net
  Subject: Hello

Your message cannot be delivered
"""
SENDMAIL = """\
   ----- The following addresses had permanent fatal errors -----
<ana@example.net>

   ----- Transcript of session follows -----
... while talking to mx.example.net.:
>>> RCPT To:<ana@example.net>
<<< 550 no such user
"""

# --- human parts -----------------------------------------------------------------------------------------------------


def test_the_notice_of_a_report_is_its_first_part() -> None:
    notice = multipart(PLAIN, REPORT, RETURNED)
    assert notice.text == "I'm sorry to have to inform you that your message could not be delivered."
    assert notice.returned.get("message-id") == "<1@example.org>"


def test_headers_returned_alone_are_read() -> None:
    notice = multipart(PLAIN, REPORT, f"Content-Type: text/rfc822-headers\n\n{COPY.partition(chr(10) * 2)[0]}")
    assert notice.returned.get("to") == "ana@example.net"


def test_html_beside_plain_text_is_left_out() -> None:
    assert "ana@" not in multipart(f"{PLAIN}550 5.1.1 No such user\n", HTML, subtype="alternative").text


def test_html_speaks_where_the_plain_text_only_asks_for_a_client_that_shows_it() -> None:
    plain = "Content-Type: text/plain\n\nPlease read this message in a client that can show HTML.\n"
    assert "ana@example.net" in multipart(plain, HTML, subtype="alternative").text
    assert "HTML" in multipart(plain, "Content-Type: text/html\n\n<p>Hello</p>\n", subtype="alternative").text


def test_html_speaks_where_the_plain_text_is_empty() -> None:
    notice = multipart("Content-Type: text/plain\n\n \n", HTML, subtype="alternative")
    assert notice.text == "Your message to ana@example.net could not be delivered."


def test_html_alone_is_read_as_text() -> None:
    notice = notice_of("<p>No such user</p>", "Content-Type: text/html")
    assert notice.lines == ["No such user"]


def test_several_human_parts_are_joined_by_an_empty_line() -> None:
    first = PLAIN.replace("I'm sorry to have", "We have")
    assert multipart(first, PLAIN, RETURNED, subtype="mixed").text.count("\n\n") == 1


def test_text_behind_the_returned_message_is_no_notice() -> None:
    assert "footer" not in multipart(PLAIN, RETURNED, "\nlist footer", subtype="mixed").text


def test_text_behind_the_returned_message_is_the_notice_where_there_is_none_ahead() -> None:
    assert multipart(RETURNED, PLAIN, subtype="mixed").text.startswith("I'm sorry")


def test_attachments_are_no_notice() -> None:
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n550 user unknown\n"
    assert "550" not in multipart(PLAIN, attached, subtype="mixed").text


def test_a_part_with_the_headers_of_a_mail_is_the_returned_message() -> None:
    notice = multipart(PLAIN, COPY, subtype="mixed")
    assert "I wrote" not in notice.text
    assert notice.returned.get("message-id") == "<1@example.org>"


def test_a_message_without_any_text_has_an_empty_notice() -> None:
    notice = multipart("Content-Type: image/png\n\nx", subtype="mixed")
    assert (notice.text, list(notice.lines), list(notice.returned.fields)) == ("", [], [])


# --- the copy within the text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "announcement",
    [
        "--- Below this line is a copy of the message.",
        "--- Enclosed is a copy of the message.",
        "------ This is a copy of the message, including all the headers. ------",
        "------ This is a copy of your message, including all the headers.\n------ No more than 1K characters of the body are included.",
        "   ----- Original message follows -----",
        "   ----- Unsent message follows -----",
        "   ----- Message header follows -----",
        "----- Original message -----",
        "------- Returned Message --------",
        "|------------------------- Message text follows: (body too large, truncated) --------------------------|",
        "Original message headers:",
        "Message headers follow.",
        "Below is a copy of the original message:",
        "-------original message",
        "",
    ],
)
def test_the_text_ends_where_the_copy_begins(announcement: str) -> None:
    notice = notice_of(f"<ana@example.net>:\n550 5.1.1 no such user\n\n{announcement}\n\n{COPY}")
    assert "550 5.1.1 no such user" in notice.lines
    assert "I wrote" not in notice.text
    assert notice.returned.get("message-id") == "<1@example.org>"


@pytest.mark.parametrize("edge", ["> ", ">", "| ", "   ", "\t"])
def test_a_copy_behind_an_edge_is_found(edge: str) -> None:
    copy = "\n".join(edge + line for line in COPY.splitlines())
    notice = notice_of(f"550 5.1.1 no such user\n\n{copy}\n")
    assert notice.text == "550 5.1.1 no such user"
    assert (
        notice.returned.get("received")
        == "from app.example.org (192.0.2.7)  by mx.example.org with SMTP; 22 Nov 2026 00:30:05 -0000"
    )


def test_an_announced_copy_ends_the_text_even_where_its_headers_are_gone() -> None:
    notice = notice_of("550 no\n\n--- Below this line is a copy of the message.\n\nMessage removed\n")
    assert (notice.text, list(notice.returned.fields)) == ("550 no", [])


def test_a_copy_without_a_space_behind_its_colons_is_found() -> None:
    notice = notice_of("550 no\n\n" + COPY.replace(": ", ":"))
    assert (notice.text, notice.returned.get("to")) == ("550 no", "ana@example.net")


def test_headers_within_the_text_do_not_replace_a_returned_part() -> None:
    plain = "Content-Type: text/plain\n\n550 no\n\nOriginal message headers:\n\nReceived: by a\nFrom: b\nMessage-ID: <2@example.org>\n"
    notice = multipart(plain, REPORT, RETURNED)
    assert (notice.text, notice.returned.get("message-id")) == ("550 no", "<1@example.org>")


@pytest.mark.parametrize(
    "summary",
    [
        # Exchange 5.5
        "Your message\n\nTo: ana@example.net\nCc: b@example.net\nSubject: Hello\nSent: Thu, 11 Jul 2002\n\ndid not reach\n",
        PMDF,
        # a gateway's own summary
        "From: a@example.org\nTo: b@example.net\nSubject: Hello\nMessage-ID: <1@example.org>\nReason: user unknown\n\nSorry\n",
        # a flattened report
        "Reporting-MTA: dns; mx.example.org\nArrival-Date: Sun, 22 Nov 2026\n\nFinal-Recipient: rfc822; a@example.net\nAction: failed\n",
        SENDMAIL,
        "The original message was received at Sun, 22 Nov 2026 00:26:57 GMT\nfrom localhost [127.0.0.1]\n\n550 no such user\n",
        "Original message details:\n\n* Received on: 2023-04-03\n* From: a@example.org\n\nmore\n",
    ],
)
def test_what_programs_say_about_the_message_is_no_copy(summary: str) -> None:
    assert notice_of(summary).lines == [line.rstrip() for line in summary.rstrip().split("\n")]


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_lines_are_cut_and_counted() -> None:
    message = open_message(b"Subject: x\n\n" + b"abc def \n" * 100)
    assert read_notice(message, Limits(max_line=5, max_lines=10)).lines == ["abc d"] * 10


def test_a_flattened_mail_is_split_ahead_of_any_copy() -> None:
    body = f"--b\n{PLAIN}\n--b\n{REPORT}\n--b\n{RETURNED}\n--b--\n"
    notice = notice_of(body)
    assert [part.content_type for part in notice.message.parts][1:] == ["text/plain", "message/delivery-status", "message/rfc822"]
    assert notice.text.startswith("I'm sorry")


def test_the_parts_of_a_copy_are_no_parts_of_the_bounce() -> None:
    copy = COPY.replace(
        "\n\n", "\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n--b--\n\n"
    )
    notice = notice_of(f"550 no\n\n--- Below this line is a copy of the message.\n\n{copy}")
    assert [part.content_type for part in notice.message.parts] == ["text/plain"]
    assert notice.text == "550 no"


LINES = [
    "Received: from a", "From: b", " folded", "\tfolded", "Subject:x", "> To: c", "", "550 no", "----- Original message -----",
    "--- Below this line is a copy of the message.", "--b", "Content-Type: text/plain", "Final-Recipient: rfc822; a", "a" * 50,
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=30))
def test_any_mixture_of_lines_is_a_notice_within_the_limits(lines: list[str]) -> None:
    limits = Limits(max_line=20, max_lines=8)
    notice = read_notice(open_message(("Subject: x\n\n" + "\n".join(lines)).encode()), limits)
    assert len(notice.lines) <= 8
    assert all(len(line) <= 20 for line in notice.lines)
    assert notice.text == "\n".join(notice.lines)


@given(st.from_regex(_ANNOUNCED))
@settings(max_examples=500, deadline=None)
def test_every_announcement_of_a_copy_passes_the_quick_looks_ahead_of_it(drawn: str) -> None:
    found = _ANNOUNCED.search(drawn)
    assert found is not None
    line = drawn[found.start() :].split("\n", maxsplit=1)[0]
    assert line[0] in _ANNOUNCING
    assert _may_hold_copy(line)


@pytest.mark.parametrize("name", sorted(_TRACE))
def test_every_traced_copy_passes_the_quick_look_ahead_of_it(name: str) -> None:
    assert _may_hold_copy(f"Hello\n> {name.title()}: x\n")


@pytest.mark.parametrize("left_out", sorted(_ORIGIN))
def test_a_copy_without_one_of_the_fields_of_every_message_passes_it_too(left_out: str) -> None:
    assert _may_hold_copy("".join(f"{name.title()}: x\n" for name in sorted(_ORIGIN - {left_out})))
