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


def told(raw: str) -> tuple[str | None, str | None]:
    parsed = parse_reply(raw)
    return parsed.command, parsed.remote_mta


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


# --- replies passed on -----------------------------------------------------------------------------------------------


def only_inner(raw: str) -> tuple[int | None, Reply]:
    parsed = parse_reply(raw)
    assert len(parsed.inner) == 1
    return parsed.reply.code, parsed.inner[0]


def test_postfix_quotes_the_reply_to_its_probe_of_an_undeliverable_address() -> None:
    raw = "554 5.1.1 <a@example.org>: Recipient address rejected: undeliverable address: host mx.example.net[192.0.2.1] said: 550 No such user"
    assert only_inner(raw) == (554, Reply(550, None, None, "No such user"))


def test_the_command_behind_a_quoted_reply_is_that_ones() -> None:
    raw = "554 5.1.1 undeliverable address: host mx.example.net[192.0.2.1] said: 550 No such user (in reply to RCPT TO command)"
    assert only_inner(raw) == (554, Reply(550, None, "RCPT", "No such user"))
    assert parse_reply(raw).command is None


def test_the_outermost_client_says_its_command_last() -> None:
    raw = (
        "host a.example[192.0.2.1] said: 554 5.1.1 undeliverable address: host b.example[192.0.2.2] said: 550 No such user"
        " (in reply to RCPT TO command) (in reply to end of DATA command)"
    )
    parsed = parse_reply(raw)
    assert (parsed.command, parsed.remote_mta, parsed.inner[0].command) == ("EOD", "a.example", "RCPT")


def test_amavis_quotes_the_next_server() -> None:
    raw = "451 4.7.1 TempFailed, id=09631-10, from MTA(smtp:[127.0.0.1]:10025): 451 4.7.1 Service unavailable - try again later"
    assert only_inner(raw) == (451, Reply(451, "4.7.1", None, "Service unavailable - try again later"))


def test_a_last_transfer_failure_is_quoted() -> None:
    assert only_inner("450 4.0.0 failed (last transfail: 452 4.2.2 Mailbox full)") == (
        450,
        Reply(452, "4.2.2", None, "Mailbox full"),
    )


def test_a_failure_for_one_of_several_recipients_is_quoted() -> None:
    raw = "550 permanent failure for one or more recipients (bob@example.org:550 5.4.1 Access denied. [ABC])"
    assert only_inner(raw) == (550, Reply(550, "5.4.1", None, "Access denied. [ABC]"))


def test_the_outer_words_keep_the_quotation() -> None:
    raw = "450 4.0.0 failed (last transfail: 452 4.2.2 Mailbox full)"
    assert parse_reply(raw).reply.text == "failed (last transfail: 452 4.2.2 Mailbox full)"


@pytest.mark.parametrize(
    "raw",
    [
        "450 4.1.1 <a@example.org>: Recipient address rejected: unverified address: host mx.example.net[192.0.2.1] said: 550 5.1.1 No such user",
        "550 5.1.8 <me@example.org>: Sender address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown",
        "550 Sender verify failed. Response: 550 5.1.1 User unknown",
        "550 Callout verification failed: 550 5.1.1 User unknown",
    ],
)
def test_the_answer_to_an_unfinished_probe_or_about_the_sender_is_not_peeled(raw: str) -> None:
    assert parse_reply(raw).inner == []


def test_a_probe_without_an_outer_reply_has_no_code() -> None:
    assert read("unverified address: host mx.example.net[192.0.2.1] said: 550 5.1.1 No such user")[0] is None


def test_a_size_is_no_quoted_reply() -> None:
    assert parse_reply("452 4.2.2 250 MB quota exceeded: 450 messages").inner == []


def test_an_expired_message_is_judged_by_the_last_reply_that_its_sender_got() -> None:
    parsed = parse_reply("554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>")
    assert parsed.reply == Reply(421, "4.4.2", None, "Connection timed out")
    assert parsed.expired
    assert "gave up" in parsed.surprises[0]


def test_exchanges_last_error_detail_is_read() -> None:
    raw = "550 4.4.7 QUEUE.Expired; message expired [{LED=450 4.4.316 Connection refused};{MSG=};{FQDN=mx.example.org}]"
    assert read(raw) == (450, "4.4.316", "Connection refused")


# --- around the reply ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "command", "remote_mta"),
    [
        ("host mx.example.org[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "RCPT", "mx.example.org"),
        ("550 no (in reply to end of DATA command)", "EOD", None),
        ("host mx.example.org[192.0.2.1] said: 550 no (in reply to MAIL FROM command)", "MAIL", "mx.example.org"),
        ("host mx.example.org[192.0.2.1] refused to talk to me: 554 no", "CONNECT", "mx.example.org"),
        (
            "delivery temporarily suspended: host mx.example.org[192.0.2.1] refused to talk to me: 421 no",
            "CONNECT",
            "mx.example.org",
        ),
        ("lost connection with mx.example.org[192.0.2.1] while sending RCPT TO", "RCPT", "mx.example.org"),
        (
            "conversation with mx.example.org[192.0.2.1] timed out while sending end of data -- message may be sent more than once",
            "EOD",
            "mx.example.org",
        ),
        ("connect to mx.example.org[192.0.2.1]:25: Connection refused", "CONNECT", "mx.example.org"),
        (
            "SMTP error from remote mail server after RCPT TO:<a@example.org>: host mx.example.org [192.0.2.1]: 550 no",
            "RCPT",
            "mx.example.org",
        ),
        ("SMTP error from remote mail server after pipelined MAIL FROM:<a@example.org> SIZE=552: 550 no", "MAIL", None),
        (
            "SMTP error from remote mail server after initial connection: host mx.example.org [192.0.2.1]: 554 no",
            "CONNECT",
            "mx.example.org",
        ),
        ("SMTP error from remote mail server after end of data: 554 no", "EOD", None),
        (
            "H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<a@example.org>: 550 no",
            "RCPT",
            "mx.example.org",
        ),
        ("host mx.example.org[private/dovecot-lmtp] said: 550 no (in reply to RCPT TO command)", "RCPT", "mx.example.org"),
        ("Connected to 192.0.2.1 but sender was rejected. Remote host said: 550 no", "MAIL", None),
        ("192.0.2.1 does not like recipient. Remote host said: 550 no Giving up on 192.0.2.1.", "RCPT", None),
        ("192.0.2.1 failed after I sent the message. Remote host said: 550 no", "EOD", None),
        ("mx.example.org [192.0.2.1] did not like our RCPT TO: 550 no", "RCPT", None),
        ("421 4.7.0 Try again later, closing connection. (EHLO) a1-20020a05 - gsmtp", "EHLO", None),
        ("530 5.7.57 Client not authenticated to send anonymous mail during MAIL FROM [X.example.org]", "MAIL", None),
        ("smtp; DATA closing 554 no", "EOD", None),
        ("smtp; MAIL+RCPT 550 no", None, None),
        (">>> RCPT To:<a@example.org>\n<<< 550 no\n>>> DATA\n<<< 503 no", "RCPT", None),
        (">>> MAIL From:<a@example.org>\n<<< 250 ok\n>>> DATA\n<<< 550-no\n<<< 550 no", None, None),
        (">>> .\n<<< 554 no", "EOD", None),
        ("550 no", None, None),
    ],
)
def test_the_words_around_a_reply_tell_command_and_server(raw: str, command: str | None, remote_mta: str | None) -> None:
    assert told(raw) == (command, remote_mta)


def test_the_first_refusal_of_a_transcript_is_the_reply() -> None:
    assert (
        read(
            ">>> RCPT TO:<a@example.org>\n<<< 550-5.1.1 No such\n<<< 550 5.1.1 user\n>>> DATA\n<<< 503 5.5.1 no valid recipients"
        )
        == NO_USER
    )


def test_what_the_client_adds_behind_the_reply_is_not_in_its_words() -> None:
    assert read("192.0.2.1 does not like recipient. Remote host said: 550 no Giving up on 192.0.2.1.")[2] == "no"


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("450 4.7.1 Greylisted, please try again in 5 minutes", 300),
        ("451 Try again after 300 seconds", 300),
        ("450 Greylisting in action, please come back in 00:04:59", 299),
        ("451 Greylisted for 5 minutes", 300),
        ("421 Retry after 2 hours", 7_200),
        ("450 Please wait 60 s", 60),
        ("450 Try again in an hour", 3_600),
        ("450 try again in 1 minute and 30 seconds", 90),
        ("450 try again in 9 days", None),
        ("450 try again later", None),
        ("450 too many messages, 100 per 300 seconds", None),
        ("Message could not be delivered for 5 days", None),
        ("450 will retry for 5 days", None),
    ],
)
def test_the_time_to_wait_is_read_where_it_is_stated(raw: str, seconds: int | None) -> None:
    assert parse_reply(raw).retry_after == seconds


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("551 5.1.6 User not local; please try <ana.new@forward.example>", "ana.new@forward.example"),
        ("251 User not local; will forward to <ana@forward.example>", "ana@forward.example"),
        ("551 ana@example.org has moved to ana@forward.example.", "ana@forward.example"),
        ("551 <ana@example.org> is a deactivated mailbox", None),
        ("550 please try <ana.new@forward.example>", None),
    ],
)
def test_the_forward_path_of_251_and_551_is_read(raw: str, path: str | None) -> None:
    assert parse_reply(raw).forward_path == path


@pytest.mark.parametrize(
    "raw",
    [
        "450 4.2.0 Mailbox busy: retry timeout exceeded",
        "I'm not going to try again; this message has been in the queue too long.",
        "Message could not be delivered for 5 days",
        "rcpt: Envelope expired",
        "smtp; 554 5.4.7 gave up",
        "4.4.7",
    ],
)
def test_a_sender_that_gave_up_says_so(raw: str) -> None:
    assert parse_reply(raw).expired


@pytest.mark.parametrize(
    "raw",
    [
        "421 4.7.0 Connection expired, try reconnecting",
        "550 5.7.1 Message could not be delivered for policy reasons",
        "550 Account expired",
    ],
)
def test_what_expired_beside_the_message_does_not_count(raw: str) -> None:
    assert not parse_reply(raw).expired


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


@pytest.mark.parametrize("end", ["\n", " "])
def test_what_a_callout_was_answered_about_the_sender_is_not_the_reply_s_code(end: str) -> None:
    """Exim 4.96, acl.c: the last line begins behind the quoted answer."""
    raw = end.join(
        (
            "550-Verification failed for <news@sender.example>",
            "550-Sent:     RCPT TO:<news@sender.example>",
            "550-Response: 550 5.1.1 User unknown",
            "550 Sender verify failed",
        )
    )
    code, enhanced, text = read(raw)
    assert (code, enhanced) == (550, None)
    assert text.endswith("Response: 550 5.1.1 User unknown Sender verify failed")


def test_who_probes_a_recipient_was_asked_for_one() -> None:
    probed = "undeliverable address: host mx.example.org[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)"
    assert told(f"550 5.1.1 <a@example.org>: Recipient address rejected: {probed}")[0] == "RCPT"
    assert told(f"550 5.1.1 <a@example.org>: Sender address rejected: {probed}")[0] is None


@pytest.mark.parametrize("text", ["The message was blocked as spam", "policy: wait and try again", "blocked as a spam source"])
def test_an_article_is_no_time_to_wait(text: str) -> None:
    assert parse_reply(f"450 4.7.1 {text}").retry_after is None
