"""Encoded words, and mail that our splitter finds no report in."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.pipeline.intake.flanker_fallback import decode_words, reopen_message, speaks_of_delivery

REPORT = b"""\
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

SWNoIHdlacOfIG5pY2h0Lg==
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ana@example.net

--b
Content-Type: message/rfc822

Subject: in
Message-ID: <1@example.org>

body
--b--
"""


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ("=?utf-8?B?5a6b5YWI?= <a@example.org>", "宛先 <a@example.org>"),
        ("Re: =?ISO-8859-1?q?J=F6rg_M?= =?iso-8859-1?q?=FCller?=", "Re: Jörg Müller"),
        ("=?utf-8?Q?a=C3?= =?utf-8?Q?=A4b?=", "aäb"),
        ("=?iso-8859-1*de?q?J=F6rg?=", "Jörg"),
        ("=?gb2312?B?08PKxw==?=", "用是"),
        ("=?iso-2022-jp?B?GyRCMDgbKEI=?=", "宛"),
        ("=?x-no-such?q?J=C3=B6rg?=", "Jörg"),
        ("=?utf-8?B?5a6b5YWI5?=", "宛先"),
        ("=?utf-8?q?two=0D=0Alines?=", "two  lines"),
        ("=?utf-8?q?a=00b?=", "ab"),
        ("nothing to do", "nothing to do"),
        ("=?utf-8?q?never closed", "=?utf-8?q?never closed"),
        ("lost =?utf-8?q?中?= words", "lost =?utf-8?q?中?= words"),
    ],
)
def test_encoded_words_are_decoded(value: str, decoded: str) -> None:
    assert decode_words(value) == decoded


@pytest.mark.parametrize("value", ["=?utf-8?q?a?= " * 101, "=?utf-8?q?" + "a" * 8_000 + "?="])
def test_too_many_or_too_long_words_stay(value: str) -> None:
    assert decode_words(value) == value


@given(
    st.lists(
        st.sampled_from(
            ["=?", "?=", "utf-8", "?q?", "?b?", "?", "=C3", "=ED=A0=80", "w6Q", "=", "é", "\ud7ff", " ", "utf-7", "+2AA-"]
        )
    )
)
def test_any_mixture_of_words_is_valid_unicode(pieces: list[str]) -> None:
    decode_words("".join(pieces)).encode()


def test_only_what_speaks_of_delivery_may_be_a_report() -> None:
    assert speaks_of_delivery(REPORT)
    assert speaks_of_delivery(b"From: MAILER-DAEMON@example.org\n\nno such user\n")
    assert not speaks_of_delivery(b"From: Ana <ana@example.org>\nSubject: minutes\n\nThe minutes of the meeting follow.\n")


def test_flanker_splits_a_report_too() -> None:
    message = reopen_message(REPORT)
    assert message is not None
    assert [part.content_type for part in message.parts] == ["text/plain", "message/delivery-status", "message/rfc822"]
    assert message.headers.get("subject") == "Grüße"
    assert message.parts[0].read_text() == "Ich weiß nicht."
    assert "Final-Recipient: rfc822; ana@example.net" in message.parts[1].read_text()
    assert message.parts[1].container == "multipart/report"
    inner = message.parts[2].read_message()
    assert inner is not None
    assert inner.headers.get("message-id") == "<1@example.org>"


def test_flanker_opens_returned_headers_alone() -> None:
    raw = b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/rfc822-headers\n\nSubject: in\nTo: ana@example.net\n--b--\n"
    message = reopen_message(raw)
    assert message is not None
    found = [part.read_message() for part in message.parts]
    assert found == [None] or (found[0] is not None and found[0].headers.get("to") == "ana@example.net")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a" * 262_145,
        b"Subject: " + b"a" * 70_000 + b"\n\nbody",
        b"Subject: x\n\n" + b"\n" * 100_000,
        b"Content-Type: text/plain" + b"; a=b" * 10_000 + b"\n\nx",
        b"Content-Type: multipart/mixed; boundary=b\n\nno boundary line",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1_500)),
    ],
)
def test_what_is_too_much_for_flanker_is_not_given_to_it(raw: bytes) -> None:
    assert reopen_message(raw) is None


@given(st.binary(max_size=300))
def test_any_bytes_raise_nothing(raw: bytes) -> None:
    message = reopen_message(raw)
    for part in message.parts if message is not None else []:
        part.read_text().encode()
        message = part.read_message()
        assert message is None or message.headers is not None


def test_parts_without_an_empty_line_do_not_each_hold_the_rest_of_the_mail() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nX: y\n" * 500 + b"\n" + b"words\n" * 5_000
    again = reopen_message(raw)
    assert again is not None
    assert sum(len(part.read_text()) for part in again.parts) < 3 * len(raw)


def test_warming_up_says_nothing_and_writes_no_file() -> None:
    program = """
import builtins, os
real = builtins.open
def reading(file, mode="r", *args, **kwargs):
    assert not set(mode) & set("wax+"), file
    return real(file, mode, *args, **kwargs)
builtins.open = reading
from bounce_verdict.pipeline.intake.flanker_fallback import decode_words, warm_up
warm_up()
assert decode_words("=?utf-8?q?=C3=A4?=") == "ä"
"""
    done = subprocess.run([sys.executable, "-B", "-W", "error", "-c", program], capture_output=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
