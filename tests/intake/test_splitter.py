"""Step 1: bytes → parts, as bounces really come."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import DEFAULT_LIMITS, Limits, OpenedMessage
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.splitter import open_message, split_flattened

REPORT = b"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="5472F3B0.1795307199/mx.example.org"

This is a MIME-encapsulated message.

--5472F3B0.1795307199/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you.

--5472F3B0.1795307199/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ana@example.net
Action: failed
Status: 5.1.1

--5472F3B0.1795307199/mx.example.org
Content-Type: text/rfc822-headers

From: news@example.org
To: ana@example.net
Message-ID: <1@example.org>

--5472F3B0.1795307199/mx.example.org--
ignored epilogue
"""
TYPES = ["text/plain", "message/delivery-status", "text/rfc822-headers"]
SMALL = Limits(max_parts=5, max_depth=3, max_headers=20, max_header_bytes=500, max_text=1_000, max_recipients=2)


def types(message: OpenedMessage) -> list[str]:
    return [part.content_type for part in message.parts]


def mixed(*parts: bytes, boundary: bytes = b"b") -> bytes:
    lines = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    return b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n' + lines + b"--" + boundary + b"--\n"


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


def test_an_mbox_line_within_the_header_block_is_passed_over() -> None:
    message = open_message(b"Received: by a\n>From bounce Sun Nov 22 2026\nSubject: x\n\nbody")
    assert [name for name, _ in message.headers.fields] == ["received", "subject"]


def test_nuls_are_dropped() -> None:
    message = open_message(b"Sub\0ject: a\0b\n\nbo\0dy")
    assert (message.headers.get("subject"), message.parts[0].read_text()) == ("ab", "body")


# --- header blocks ---------------------------------------------------------------------------------------------------


def test_folded_fields_are_unfolded() -> None:
    assert open_message(b"Subject: one\n two\n\tthree\nTo: a\n\n").headers.fields == [("subject", "one two three"), ("to", "a")]


def test_without_a_separator_the_body_begins_at_the_first_line_that_is_no_field() -> None:
    message = open_message(b"Subject: failure notice\nHi. This is the qmail-send program.\nI'm afraid\n")
    assert message.headers.fields == [("subject", "failure notice")]
    assert message.parts[0].read_text().startswith("Hi. This is")


def test_a_junk_line_between_fields_loses_neither() -> None:
    message = open_message(b"Subject: x\nthis is no field\nFrom: a@example.org\n\nbody")
    assert message.headers.get("from") == "a@example.org"
    assert message.parts[0].read_text() == "body"


def test_a_text_without_any_header_is_a_body() -> None:
    message = open_message(b"550 5.1.1 user unknown")
    assert (list(message.headers.fields), message.parts[0].read_text()) == ([], "550 5.1.1 user unknown")


def test_a_report_pasted_alone_is_a_body() -> None:
    raw = b"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; ana@example.net\nAction: failed\n"
    assert open_message(raw).parts[0].read_text().startswith("Reporting-MTA: dns;")


def test_an_empty_message_has_one_empty_part() -> None:
    message = open_message(b"")
    assert (types(message), message.parts[0].read_text()) == (["text/plain"], "")


def test_encoded_words_of_the_subject_are_decoded() -> None:
    assert (
        open_message(b"Subject: =?utf-8?Q?Unzustellbar=3A_Gr=C3=BC=C3=9Fe?=\n\n").headers.get("subject") == "Unzustellbar: Grüße"
    )


def test_encoded_words_elsewhere_stay() -> None:
    raw = b"X-Note: =?utf-8?Q?a?=\n\n"
    assert open_message(raw).headers.get("x-note") == "=?utf-8?Q?a?="


def test_raw_utf_8_in_a_header_is_read() -> None:
    assert open_message("Subject: Grüße\n\n".encode()).headers.get("subject") == "Grüße"


def test_raw_8_bit_in_a_header_is_read_by_the_charset_of_the_body() -> None:
    raw = "Subject: Почта\nContent-Type: text/plain; charset=koi8-r\n\n".encode("koi8-r")
    assert open_message(raw).headers.get("subject") == "Почта"


def test_raw_8_bit_in_a_header_without_a_charset_is_windows_1252() -> None:
    assert open_message(b"Subject: Gr\xfc\xdfe\n\n").headers.get("subject") == "Grüße"


def test_header_lines_may_be_long() -> None:
    assert len(open_message(b"Subject: " + b"a" * 20_000 + b"\n\n").headers.get("subject") or "") == 20_000


# --- Content-Type ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/HTML; Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('text/plain; charset="us-ascii" (Plain text)', "text/plain", {"charset": "us-ascii"}),
        ("text/plain; charset=us-ascii (charset=koi8-r)", "text/plain", {"charset": "us-ascii"}),
        ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/plain; charset=a; charset=b", "text/plain", {"charset": "a"}),
        (r'text/plain; name="a \"b\" ; c=d"', "text/plain", {"name": 'a "b" ; c=d'}),
        ('text/plain; name="never closed', "text/plain", {"name": "never closed"}),
        ("text/plain; name*0=one; name*1=two", "text/plain", {"name": "onetwo"}),
        ("text/plain; name*=utf-8'de'Gr%C3%BC%C3%9Fe", "text/plain", {"name": "Grüße"}),
        ("text/plain; name*1*=%C3%9Fe; name*0*=utf-8''Gr%C3%BC", "text/plain", {"name": "Grüße"}),
        ("text/plain; name*0*=x'y; name*²=z", "text/plain", {"name": "x'y"}),
        ("text", "text/plain", {}),
        ("plain/text", "text/plain", {}),
        ("nonsense; a=b", "text/plain", {"a": "b"}),
        ("", "text/plain", {}),
        ("application / pdf ; name = x", "application/pdf", {"name": "x"}),
    ],
)
def test_content_type_is_read_with_its_parameters(value: str, kind: str, parameters: dict[str, str]) -> None:
    message = open_message(f"Content-Type: {value}\n\nbody".encode())
    assert (message.content_type, message.parameters) == (kind, parameters)


def test_of_two_content_types_the_multipart_counts() -> None:
    raw = b"Content-Type: text/plain\n" + mixed(b"\none", b"\ntwo")
    assert [part.read_text() for part in open_message(raw).parts] == ["one", "two"]


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


def opened(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[OpenedMessage, list[str]]:
    """The message, and the warnings of opening it."""
    budget = Budget(limits.max_work)
    return open_message(raw, limits, budget), budget.warnings


def test_a_mail_of_several_parts_is_not_split_again() -> None:
    assert split_flattened(open_message(REPORT)) is None


# --- caps ------------------------------------------------------------------------------------------------------------


def test_10000_nested_multiparts_end_with_a_warning() -> None:
    raw = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(10_000)).encode()
    assert "parts nested deeper than 20 were left unread" in opened(raw)[1]


def test_parts_beyond_the_limit_are_left_unread_with_a_warning() -> None:
    message, warnings = opened(mixed(*[b"\nx"] * 1_000), SMALL)
    assert (len(message.parts), warnings) == (5, ["only the first 5 parts were read"])


def test_parts_beyond_the_limit_in_many_multiparts_are_left_unread() -> None:
    message, warnings = opened(mixed(*[mixed(b"\nx", b"\ny", boundary=b"in")] * 4), SMALL)
    assert (len(message.parts), warnings) == (5, ["only the first 5 parts were read"])


def test_100000_headers_are_cut_with_a_warning() -> None:
    message, warnings = opened(b"X-A: b\n" * 100_000 + b"\nbody")
    assert len(message.headers.fields) == 500
    assert len(warnings) == 2
    assert message.parts[0].read_text() == "body"


def test_100000_content_type_parameters_are_cut() -> None:
    message = open_message(b"Content-Type: text/plain" + b"".join(b"; a%d=b" % n for n in range(100_000)) + b"\n\nbody")
    assert 0 < len(message.parameters) <= 101
    assert message.parts[0].read_text() == "body"


def test_a_line_of_a_megabyte_is_a_body() -> None:
    message = open_message(b"a" * 1_000_000)
    assert len(message.parts[0].read_text()) == Limits().max_text


def test_a_body_of_10_megabytes_is_read_up_to_the_limit() -> None:
    message = open_message(b"Subject: x\r\n\r\n" + b"one line of text\r\n" * 600_000)
    assert Limits().max_text - 20 < len(message.parts[0].read_text()) <= Limits().max_text


def test_two_million_boundary_lines_give_200_parts() -> None:
    message = open_message(b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 2_000_000)
    assert len(message.parts) == 200


def check(message: OpenedMessage, limits: Limits) -> None:
    assert 1 <= len(message.parts) <= limits.max_parts
    assert len(message.headers.fields) <= limits.max_headers
    for part in message.parts:
        assert part.depth <= limits.max_depth
        assert len(part.read_text()) <= limits.max_text
        assert not {"\r", "\0"} & set(part.read_text())
        for text in (part.read_text(), *part.parameters, *part.parameters.values(), *(value for _, value in part.headers.fields)):
            text.encode()  # valid Unicode
        if (inner := part.read_message()) is not None:
            check(inner, limits)


def test_all_256_bytes_are_a_message() -> None:
    check(open_message(bytes(range(256))), Limits())
    check(open_message(b"Subject: " + bytes(range(256)) + b"\n\n" + bytes(range(256))), Limits())


@given(st.binary(max_size=500))
def test_any_bytes_are_a_message_within_the_limits(raw: bytes) -> None:
    check(open_message(raw, SMALL), SMALL)


PIECES = [
    b"\n", b"\r\n", b"\r", b"\n\n", b"--b", b"--b--", b"--", b" ", b"\t", b"a", b"\xe4", b"\xc3\xa4", b"\x1b$B", b"=?utf-8?b?",
    b"?=", b"From ", b"Subject: ", b"Content-Type: ", b"multipart/mixed", b"multipart/digest", b"message/rfc822", b"text/html",
    b"message/delivery-status", b"; boundary=b", b'; boundary="', b"; charset=utf-7", b"; charset=utf-16", b"; charset=idna",
    b"; a*0*=utf-8''%ed%a0%80", b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n",
    b"=ED=A0=80", b"+2AA-", b"Reporting-MTA: dns; a\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
def test_any_mixture_of_mail_syntax_is_a_message_within_the_limits(raw: bytes) -> None:
    check(open_message(raw, SMALL), SMALL)
    flattened = split_flattened(open_message(raw, SMALL), SMALL)
    if flattened is not None:
        check(flattened, SMALL)


def test_the_headers_of_an_enclosed_message_are_those_of_the_message_but_for_its_subject() -> None:
    inner = b"Received: by mx.example.org\nFrom: =?utf-8?q?J=C3=B6rg?= <j@example.org>\nSubject: =?utf-8?q?a=20b?=\n\nbody\n"
    raw = b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n' + inner + b"--b--\n"
    part = open_message(raw).parts[0]
    alone = part.read_message_headers()
    message = part.read_message()
    assert alone is not None
    assert message is not None
    assert alone.get("from") == message.headers.get("from") == "Jörg <j@example.org>"
    assert alone.get("subject") == "=?utf-8?q?a=20b?="
    assert message.headers.get("subject") == "a b"


def test_a_part_that_encloses_nothing_has_no_enclosed_headers() -> None:
    assert open_message(b"Subject: x\n\nbody\n").parts[0].read_message_headers() is None


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"b: c"])))
def test_no_carriage_return_is_left_in_a_body(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    plain = body.replace(b"\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b" ")
    assert open_message(b"Subject: x\n\n" + body).parts[0].raw == plain


def test_a_header_block_that_came_before_is_read_within_the_limits_of_now() -> None:
    part = "Content-Type: text/html\nContent-Language: en\nContent-ID: <a>\n\n<p>no\n"
    mail = f"Content-Type: multipart/mixed; boundary=b\n\n--b\n{part}--b--\n".encode()
    (whole, _), (cut, warnings) = opened(mail), opened(mail, Limits(max_headers=1))
    assert [len(message.parts[0].headers.fields) for message in (whole, cut)] == [3, 1]
    assert warnings == ["a header block was read up to its field 1 only"]


def test_a_name_in_any_letters_is_known_by_its_lower_case() -> None:
    lines = [f"{name}: {number}" for number, name in enumerate(["X-Odd", "x-ODD", "SUBJECT", "Subject ", "X-Odd"])]
    assert open_message("\n".join(lines).encode()).headers.fields == [
        ("x-odd", "0"), ("x-odd", "1"), ("subject", "2"), ("subject", "3"), ("x-odd", "4"),
    ]  # fmt: skip


def test_more_names_than_are_kept_are_all_read() -> None:
    limits = Limits(max_headers=2_000)
    fields = open_message("\n".join(f"X-{number}: {number}" for number in range(2_000)).encode(), limits).headers.fields
    assert fields == [(f"x-{number}", str(number)) for number in range(2_000)]
