"""Header blocks and the fields in them, as bounces really bring them."""

import pytest

from bounce_verdict.model import Limits
from bounce_verdict.pipeline.intake.splitter import open_message
from tests.intake.mails import mixed


def test_an_mbox_line_within_the_header_block_is_passed_over() -> None:
    message = open_message(b"Received: by a\n>From bounce Sun Nov 22 2026\nSubject: x\n\nbody")
    assert [name for name, _ in message.headers.fields] == ["received", "subject"]


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


def test_a_name_in_any_letters_is_known_by_its_lower_case() -> None:
    lines = [f"{name}: {number}" for number, name in enumerate(["X-Odd", "x-ODD", "SUBJECT", "Subject ", "X-Odd"])]
    assert open_message("\n".join(lines).encode()).headers.fields == [
        ("x-odd", "0"), ("x-odd", "1"), ("subject", "2"), ("subject", "3"), ("x-odd", "4"),
    ]  # fmt: skip


def test_more_names_than_are_kept_are_all_read() -> None:
    limits = Limits(max_headers=2_000)
    fields = open_message("\n".join(f"X-{number}: {number}" for number in range(2_000)).encode(), limits).headers.fields
    assert fields == [(f"x-{number}", str(number)) for number in range(2_000)]
