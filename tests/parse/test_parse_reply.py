"""parse_reply: codes, words, quoted replies and what else a reply tells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import Limits, ParsedReply, Reply
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply


def read(raw: str) -> tuple[int | None, str | None, str]:
    reply = parse_reply(raw).reply
    return reply.code, reply.enhanced_status, reply.text


# --- codes at the head -----------------------------------------------------------------------------------------------

NO_USER = (550, "5.1.1", "No such user")


@pytest.mark.parametrize(
    "raw",
    [
        "550 5.1.1 No such user",
        "550-5.1.1 No such user",
        "550 5.1.1. No such user",
        "550 #5.1.1 No such user",
        "550 [5.1.1] No such user",
        "550 (5.1.1) No such user",
        "550: 5.1.1: No such user",
        "550   5.1.1\tNo  such\r\n user",
        "'550 5.1.1 No such user'",
        '"550 5.1.1 No such user"',
        "(550 5.1.1 No such user)",
        "#550 5.1.1 No such user ##",
        "#< #5.1.1 smtp; 550 5.1.1 No such user>",
        "5.1.1 550 No such user",
        "550-5.1.1 No such\r\n550 5.1.1 user",
        "550-5.1.1 No such\n550 user",
        "550-No such\n550 5.1.1 user",
        "550-No such\n550 (#5.1.1) user",
        "550-No such 550 5.1.1 user",
        r"550-5.1.1 No such\n550 5.1.1 user",
        "550-5.1.1 No such 550 5.1.1 user",
        "550 5.1.1 No such 550-5.1.1 user",
        "550 5.1.1 550 No such user",
        "smtp;550 5.1.1 No such user",
        "SMTP; 550 5.1.1 No such user",
        "Diagnostic-Code: smtp; 550 5.1.1 No such user",
        "Error: 550 5.1.1 No such user",
        "rcpt: 550 5.1.1 No such user",
        "[internal] 550 5.1.1 No such user",
        "<ana@example.org>: 550 5.1.1 No such user",
        "ana@example.org: 550 5.1.1 No such user",
        "(reason: 550 5.1.1 No such user)",
        "Remote host said: 550 5.1.1 No such user",
        "Remote Server returned '550 5.1.1 No such user'",
        "The error that the other server returned was: 550 5.1.1 No such user",
        "<mx.example.org #5.1.1 smtp;550 5.1.1 No such user>",
        "The server responded with 550 5.1.1 No such user",
        "delay=450, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command))",
        "5.1.0 - Unknown address error 550-'5.1.1 No such user' (delivery attempts: 0)",
    ],
)
def test_codes_and_words_are_separated_however_the_reply_is_dressed(raw: str) -> None:
    assert read(raw) == NO_USER


@pytest.mark.parametrize(
    "raw",
    [
        "host mx.example.org[192.0.2.1] said: 550 user unknown",
        "SMTP error 550 user unknown",
        "The server replied with 550 user unknown",
        "<ana@example.org>: 550 user unknown",
        "550 user unknown (in reply to RCPT TO command)",
    ],
)
def test_a_wrapped_reply_needs_no_enhanced_code(raw: str) -> None:
    assert read(raw) == (550, None, "user unknown")


def test_a_reply_without_enhanced_code_has_none() -> None:
    assert read("550 No such user") == (550, None, "No such user")


def test_a_bare_code_has_no_words() -> None:
    assert read("550") == (550, None, "")


def test_an_enhanced_code_may_stand_alone() -> None:
    assert read("5.1.1 No such user") == (None, "5.1.1", "No such user")


def test_words_alone_keep_all_of_their_words() -> None:
    assert read("X-Postfix; Host or domain name not found") == (None, None, "Host or domain name not found")


def test_an_address_ahead_of_the_words_stays_in_them() -> None:
    assert read("550 5.1.1 <ana@example.org>... User unknown") == (550, "5.1.1", "<ana@example.org>... User unknown")


def test_a_greeting_joined_ahead_of_the_refusal_is_passed_over() -> None:
    assert read("220-mx.example.org 421 4.2.1 Service refused") == (421, "4.2.1", "Service refused")


def test_a_last_line_without_enhanced_code_is_unfolded() -> None:
    assert read("554-Service not available 554-No SMTP service 554 See http://example.org/554")[2] == (
        "Service not available No SMTP service See http://example.org/554"
    )


def test_a_stray_next_reply_that_pipelining_left_is_dropped() -> None:
    assert read("550 No such user 554 5.5.1 Error: no valid recipients")[2] == "No such user"


def test_no_valid_recipients_is_kept_where_it_is_the_reply() -> None:
    assert read("smtp; 554 5.5.1 Error: no valid recipients") == (554, "5.5.1", "Error: no valid recipients")


def test_exims_octal_escapes_become_letters() -> None:
    assert read(r"550 Empf\303\244nger unbekannt")[2] == "Empfänger unbekannt"


def test_invisible_characters_do_not_split_words() -> None:
    assert read("550 User\u00ad un\u200bknown")[2] == "User unknown"


def test_words_are_cut_at_the_limit() -> None:
    assert len(parse_reply("550 " + "word " * 5_000, Limits(max_reply_text=100)).reply.text) <= 100


def test_a_number_that_is_no_reply_code_is_reported_with_a_surprise() -> None:
    parsed = parse_reply("605 Not delivering to previously bounced address")
    assert parsed.reply.code == 605
    assert "605 is no SMTP reply code" in parsed.surprises[0]


def test_codes_of_different_classes_are_a_surprise() -> None:
    assert "different classes" in parse_reply("421 5.7.32 From not aligned").surprises[0]


# --- codes further on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "enhanced"),
    [
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "5.7.1"),
        ("550 sorry, no mailbox here by that name (#5.1.1 - chkuser)", "5.1.1"),
        ("553 Mail from 192.0.2.1 not allowed - 5.7.1 [BL23] Connections not accepted", "5.7.1"),
        ("550 cuda_nsu 5.7.1 Message blocked", "5.7.1"),
        ("550 Backend replied [4afe3ce4.02]: 5.7.1 Message rejected", "5.7.1"),
        ("550 Rejected [5.7.1]", "5.7.1"),
        ("Sorry, I couldn't find any host by that name. (#4.1.2)", "4.1.2"),
    ],
)
def test_documented_shapes_of_an_enhanced_code_in_the_words_count(raw: str, enhanced: str) -> None:
    assert read(raw)[1] == enhanced


@pytest.mark.parametrize(
    "raw",
    [
        "550 Rejected by filter 5.2.1 build 7",
        "550 Blocked: 5.1.1.1 is listed",
        "550 5.188.206.14 is listed",
        "550 Client 4.5.6.7 blocked",
        "550 Postfix version: 4.2.1",
        "550 http://example.org/5.1.1/help",
        "421 deferred - 4.16.50. See http://example.org/defer",
        "550 old reply (#4.2.2) kept here",
    ],
)
def test_versions_addresses_and_other_classes_never_become_codes(raw: str) -> None:
    assert read(raw)[1] is None


@pytest.mark.parametrize(
    "raw",
    [
        "192.0.2.1 refused the message",
        "connect to mx.example.org[192.0.2.1]:25: Connection refused",
        "Over the limit of 500 messages",
        "20 of 550",
    ],
)
def test_numbers_in_words_never_become_reply_codes(raw: str) -> None:
    assert read(raw)[0] is None


def test_a_code_in_brackets_at_the_end_counts() -> None:
    assert read("User unknown [550]") == (550, None, "User unknown [550]")


# --- any text --------------------------------------------------------------------------------------------------------


@given(st.text(st.characters()))
def test_any_text_gives_a_reply_in_valid_unicode(raw: str) -> None:
    parsed = parse_reply(raw)
    assert isinstance(parsed, ParsedReply)
    for reply in (parsed.reply, *parsed.inner):
        assert reply.code is None or 100 <= reply.code <= 999
        assert reply.text.encode("utf-8")[:0] == b""
        assert unicodedata.is_normalized("NFC", reply.text)
        assert reply.text == " ".join(reply.text.split())


PIECES = st.sampled_from(
    [
        "550",
        "550-",
        "554",
        "5.1.1",
        "(#5.7.1)",
        "#5.1.1",
        "(",
        ")",
        "<",
        ">",
        "'",
        '"',
        "said:",
        "->",
        "LED=",
        "smtp;",
        "\n",
        "\\n550",
        ">>>",
        "<<<",
        "DATA",
        ".",
        ":",
        ";",
        "250",
        "user",
        "ana@example.org",
        "\\303\\244",
    ]
)


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_any_mixture_of_codes_and_signs_gives_a_reply(raw: str) -> None:
    parsed = parse_reply(raw)
    assert parsed.reply.code is None or 100 <= parsed.reply.code <= 999


WORDS = st.lists(
    st.sampled_from(["user", "unknown", "<ana@example.org>:", "mailbox", "é", "(blocked)", "quota", "try", "later"]), max_size=8
).map(" ".join)


@given(
    st.integers(200, 599),
    st.sampled_from(["", "5.1.1", "4.2.2", "2.0.0"]),
    WORDS,
    st.sampled_from(["", "smtp; ", "<r@example.org>: "]),
)
def test_reading_what_was_read_changes_nothing(code: int, enhanced: str, words: str, wrapper: str) -> None:
    once = parse_reply(f"{wrapper}{code} {enhanced} {words}").reply
    assert once == Reply(code, enhanced or None, None, words)
    assert parse_reply(f"{once.code} {once.enhanced_status or ''} {once.text}").reply == once


@pytest.mark.parametrize(
    "piece",
    [
        "550 ",
        "550-",
        "5.1.1 ",
        "said: 550 5.1.1 ",
        "(",
        "host a[1] ",
        "again in ",
        "551 try a@",
        ">>> <<< 550 ",
        "smtp;",
        "\\303",
    ],
)
def test_hostile_repetition_is_answered(piece: str) -> None:
    assert isinstance(parse_reply(piece * 20_000), ParsedReply)
