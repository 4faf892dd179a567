"""Step 1: bytes → parts, as bounces really come."""

import base64
import binascii

import pytest

from bounce_verdict.model import OpenedMessage
from bounce_verdict.pipeline.intake.splitter import open_message, split_flattened
from tests.intake.mails import REPORT, SMALL, TYPES, mixed, opened, types

# --- line ends and what stands ahead ---------------------------------------------------------------------------------


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_line_end_gives_the_same_parts(line_end: bytes) -> None:
    message = open_message(REPORT.replace(b"\n", line_end))
    assert types(message) == TYPES
    assert message.parts[1].read_text().splitlines()[2] == "Final-Recipient: rfc822; ana@example.net"


def test_headers_in_crlf_and_a_body_in_lf_are_one_message() -> None:
    head, _, body = REPORT.partition(b"\n\n")
    assert types(open_message(head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body)) == TYPES


def test_an_mbox_line_and_blank_lines_ahead_are_passed_over() -> None:
    raw = b"\n \n\nFrom MAILER-DAEMON Sun Nov 22 00:26:39 2026\nSubject: x\n\nbody"
    assert open_message(raw).headers.fields == [("subject", "x")]


def test_a_byte_order_mark_ahead_is_passed_over() -> None:
    assert open_message(b"\xef\xbb\xbfSubject: x\n\nbody").headers.get("subject") == "x"


def test_nuls_are_dropped() -> None:
    message = open_message(b"Sub\0ject: a\0b\n\nbo\0dy")
    assert (message.headers.get("subject"), message.parts[0].read_text()) == ("ab", "body")


def test_a_text_without_any_header_is_a_body() -> None:
    message = open_message(b"550 5.1.1 user unknown")
    assert (list(message.headers.fields), message.parts[0].read_text()) == ([], "550 5.1.1 user unknown")


def test_a_report_pasted_alone_is_a_body() -> None:
    raw = b"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; ana@example.net\nAction: failed\n"
    assert open_message(raw).parts[0].read_text().startswith("Reporting-MTA: dns;")


def test_an_empty_message_has_one_empty_part() -> None:
    message = open_message(b"")
    assert (types(message), message.parts[0].read_text()) == (["text/plain"], "")


# --- boundaries ------------------------------------------------------------------------------------------------------


def test_a_report_is_split_into_its_three_parts() -> None:
    message, warnings = opened(REPORT)
    assert (types(message), message.content_type) == (TYPES, "multipart/report")
    assert {part.container for part in message.parts} == {"multipart/report"}
    assert warnings == []


@pytest.mark.parametrize("boundary", ["(.*)+[a-z]{99}", "a" * 150, "=_?:;,./", "it's", "a+b", "-", "$^"])
def test_a_boundary_may_hold_anything(boundary: str) -> None:
    assert len(open_message(mixed(b"\none", b"\ntwo", boundary=boundary.encode())).parts) == 2


def test_a_boundary_that_begins_another_is_not_taken_for_it() -> None:
    inner = mixed(b"\none", b"\ntwo", boundary=b"abc-inner")
    message = open_message(mixed(inner, b"\nthree", boundary=b"abc"))
    assert [part.read_text().strip() for part in message.parts] == ["one", "two", "three"]


def test_a_boundary_line_may_end_in_white_space() -> None:
    raw = mixed(b"\none", b"\ntwo").replace(b"--b\n", b"--b \t\n")
    assert len(open_message(raw).parts) == 2


def test_a_missing_last_boundary_loses_no_part() -> None:
    raw = mixed(b"\none", b"\ntwo").removesuffix(b"--b--\n")
    assert [part.read_text().strip() for part in open_message(raw).parts] == ["one", "two"]


def test_parts_behind_a_closing_boundary_that_comes_too_early_are_read() -> None:
    raw = mixed(b"\none") + b"--b\n\ntwo\n--b--\n"
    assert [part.read_text().strip() for part in open_message(raw).parts] == ["one", "two"]


def test_a_wrong_boundary_is_found_in_the_body() -> None:
    message = open_message(REPORT.replace(b'boundary="5472', b'boundary="9999'))
    assert types(message) == TYPES


def test_a_missing_boundary_parameter_is_found_in_the_body() -> None:
    assert types(open_message(REPORT.replace(b"boundary=", b"x-lost="))) == TYPES


def test_a_boundary_with_a_space_and_no_quotes_is_found_in_the_body() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=next part\n\n--next part\nContent-Type: text/html\n\none\n--next part--\n"
    assert types(open_message(raw)) == ["text/html"]


def test_a_multipart_that_shows_no_boundary_is_one_text() -> None:
    raw = b'Content-Type: multipart/report; boundary="x"\n\nFailed.\n\nFinal-Recipient: rfc822; ana@example.net\n-- \nsignature\n'
    message = open_message(raw)
    assert types(message) == ["text/plain"]
    assert "Final-Recipient" in message.parts[0].read_text()


def test_a_multipart_in_base64_is_split_though_it_is_forbidden() -> None:
    head, _, body = REPORT.partition(b"\n\n")
    raw = head + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(body)
    assert types(open_message(raw)) == TYPES


def test_nested_multiparts_are_dissolved_in_order() -> None:
    raw = mixed(mixed(b"\n1", b"\n2", boundary=b"in"), b"Content-Type: image/png\n\n3")
    message = open_message(raw)
    assert [(part.read_text().strip(), part.depth) for part in message.parts] == [("1", 2), ("2", 2), ("", 1)]


def test_nested_multiparts_that_share_one_boundary_lose_nothing() -> None:
    raw = b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n' + mixed(b"\n1", b"\n2") + b"--b\n\n3\n--b--\n"
    assert [part.read_text().strip() for part in open_message(raw).parts if part.read_text().strip()] == ["1", "2", "3"]


def test_a_part_without_headers_and_without_its_blank_line_is_text() -> None:
    assert open_message(mixed(b"Hello there\nmore")).parts[0].read_text() == "Hello there\nmore"


def test_parts_of_a_digest_are_messages() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\nbody\n--b--\n"
    inner = open_message(raw).parts[0].read_message()
    assert inner is not None
    assert inner.headers.get("subject") == "in"


# --- enclosed messages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"])
def test_an_enclosed_message_opens(kind: str) -> None:
    inner = (
        open_message(mixed(b"Content-Type: " + kind.encode() + b"\n\nMessage-ID: <1@example.org>\nTo: a@example.net\n"))
        .parts[0]
        .read_message()
    )
    assert inner is not None
    assert inner.headers.fields == [("message-id", "<1@example.org>"), ("to", "a@example.net")]


def test_other_parts_hold_no_message() -> None:
    assert [part.read_message() is None for part in open_message(REPORT).parts] == [True, True, False]


@pytest.mark.parametrize(("encoding", "encode"), [("base64", base64.encodebytes), ("Quoted-Printable", binascii.b2a_qp)])
def test_a_transfer_encoded_report_and_message_open(encoding: str, encode: object) -> None:
    assert callable(encode)
    head = b"\nContent-Transfer-Encoding: " + encoding.encode() + b"\n\n"
    report = b"Content-Type: message/delivery-status" + head + encode(b"Reporting-MTA: dns; a\r\n\r\nAction: failed\r\n")
    returned = b"Content-Type: message/rfc822" + head + encode(b"Subject: in\r\n\r\nbody")
    first, second = open_message(mixed(report, returned)).parts
    assert first.read_text() == "Reporting-MTA: dns; a\n\nAction: failed\n"
    inner = second.read_message()
    assert inner is not None
    assert inner.headers.get("subject") == "in"


def test_messages_in_messages_end_at_the_depth_limit() -> None:
    message: OpenedMessage | None = open_message(b"Content-Type: message/rfc822\n\n" * 1_000, SMALL)
    seen = 0
    while message is not None:
        message = message.parts[0].read_message()
        seen += 1
    assert seen == SMALL.max_depth + 1


# --- texts -----------------------------------------------------------------------------------------------------------


def test_text_is_decoded_by_its_charset() -> None:
    raw = b"Content-Type: text/plain; charset=iso-8859-2\n\n" + "skrzynka jest pełna".encode("iso-8859-2")
    assert open_message(raw).parts[0].read_text() == "skrzynka jest pełna"


def test_utf_8_labelled_us_ascii_is_utf_8() -> None:
    raw = "Content-Type: text/plain; charset=us-ascii\n\n552 5.2.2 El buzón está lleno".encode()
    assert open_message(raw).parts[0].read_text() == "552 5.2.2 El buzón está lleno"


@pytest.mark.parametrize(("body", "text"), [(b"one\r\ntwo\rthree", "one\ntwo three"), (b"one\rtwo\r", "one\ntwo\n")])
def test_a_return_alone_ends_a_line_of_an_encoded_text_only_where_nothing_else_does(body: bytes, text: str) -> None:
    raw = b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(body)
    assert open_message(raw).parts[0].read_text() == text


def test_a_return_alone_never_ends_a_line_of_a_report() -> None:
    raw = b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(
        b"Status: 5.1.1\rA: b"
    )
    assert open_message(raw).parts[0].read_text() == "Status: 5.1.1 A: b"


def test_octal_escapes_of_exim_are_undone() -> None:
    assert (
        open_message(rb"Subject: x" + b"\n\n" + rb"550 Empf\303\244nger unbekannt").parts[0].read_text()
        == "550 Empfänger unbekannt"
    )


def test_html_without_a_charset_parameter_names_it_itself() -> None:
    raw = b'Content-Type: text/html\n\n<meta charset="koi8-r">' + "Ящик".encode("koi8-r")
    assert open_message(raw).parts[0].read_text().endswith("Ящик")


def test_pictures_have_no_text() -> None:
    assert open_message(b"Content-Type: image/png\n\n\x89PNG").parts[0].read_text() == ""


def test_a_cut_off_base64_text_gives_what_is_there() -> None:
    raw = b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"The user is unknown here")[:-7]
    assert open_message(raw).parts[0].read_text().startswith("The user is unkn")


def test_text_is_cut_at_a_line_end_within_its_limit() -> None:
    text = open_message(b"Subject: x\n\n" + "ä".encode() * 490 + b"\n" + b"b" * 500, SMALL).parts[0].read_text()
    assert text == "ä" * 490


# --- flattened mails -------------------------------------------------------------------------------------------------


def test_a_mail_that_lost_its_content_type_is_split_at_the_lines_it_shows() -> None:
    raw = REPORT.replace(b"Content-Type: multipart/report; report-type=delivery-status;\n", b"X-Lost:\n", 1)
    message = split_flattened(open_message(raw))
    assert message is not None
    assert types(message) == ["text/plain", *TYPES]
    assert message.parts[0].read_text().strip() == "This is a MIME-encapsulated message."


def test_a_plain_text_is_not_split() -> None:
    raw = b"Subject: x\n\nHello\n-- \nAna\n--\n\n---- old mail ----\n\nbye\n"
    assert split_flattened(open_message(raw)) is None


def test_a_mail_of_several_parts_is_not_split_again() -> None:
    assert split_flattened(open_message(REPORT)) is None
