"""Step 1 keeps within its limits, whatever the bytes are."""

from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import Limits, OpenedMessage
from bounce_verdict.pipeline.intake.splitter import open_message, split_flattened
from tests.intake.mails import SMALL, mixed, opened


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
