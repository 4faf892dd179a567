"""The tables: what a code says at a command, and what it must never say."""

import pytest

from bounce_verdict.model import COMMANDS, Command, Reply, Rulebook
from bounce_verdict.pipeline.decide.tables import Meaning, Tables, look_up_code


def by_code(tables: Tables, code: int | None, command: Command | None = None, enhanced: str | None = None) -> Meaning:
    return look_up_code(Reply(code, enhanced, command, ""), tables)


# --- coverage --------------------------------------------------------------------------------------------------------

# The pairs of the command tables of RFC 821 §4.3, RFC 1846 and RFC 2821 §4.3.2; None lists the codes without a command.
PAIRS: dict[Command | None, str] = {
    "CONNECT": "220 421 554",
    "HELO": "250 500 501 504 521 421 550",
    "EHLO": "250 550 500 501 504 421",
    "MAIL": "250 552 451 452 500 501 421 550 553 503",
    "RCPT": "250 251 550 551 552 553 450 451 452 500 501 503 521 421",
    "DATA": "354 451 554 500 501 503 421",
    "EOD": "250 552 554 451 452",
    "RSET": "200 250 500 501 504 421",
    "SEND": "250 552 451 452 500 501 502 421",
    "SOML": "250 552 451 452 500 501 502 421",
    "SAML": "250 552 451 452 500 501 502 421",
    "VRFY": "250 251 550 551 553 500 501 502 504 421 252",
    "EXPN": "250 550 500 501 502 504 421 252",
    "HELP": "211 214 500 501 502 504 421",
    "NOOP": "200 250 500 421",
    "QUIT": "221 500",
    "TURN": "250 502 500 503",
    None: "200 211 214 220 221 250 251 252 354 421 450 451 452 500 501 502 503 504 521 530 550 551 552 553 554",
}


def test_there_are_143_pairs() -> None:
    assert sum(len(codes.split()) for codes in PAIRS.values()) == 143


@pytest.mark.parametrize(("command", "codes"), PAIRS.items())
def test_every_pair_of_the_command_tables_is_answered_as_listed(command: Command | None, codes: str, tables: Tables) -> None:
    expected = "code" if command is None else "command-and-code"
    for code in codes.split():
        meaning = by_code(tables, int(code), command)
        assert meaning.decided_by == expected, code
        assert meaning.source
        assert meaning.source.startswith("RFC ")


def test_4yz_is_never_permanent_and_2yz_and_3yz_never_fail(tables: Tables) -> None:
    for code in range(200, 500):
        for command in (None, *COMMANDS):
            verdict = by_code(tables, code, command).verdict
            assert verdict is None if code < 400 else verdict != "permanent"


def test_every_reason_of_the_tables_exists(book: Rulebook) -> None:
    assert {row.reason for row in book.reply_codes} <= set(book.reasons)
    assert {row.reason for row in book.enhanced_codes.values()} <= set(book.reasons)


def test_the_whole_registry_is_held(book: Rulebook) -> None:
    assert len(book.enhanced_codes) == 81


# --- tie-breaks of reply codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [550, 501, 553])
def test_550_501_and_553_at_rcpt_are_permanent(code: int, tables: Tables) -> None:
    meaning = by_code(tables, code, "RCPT")
    assert (meaning.verdict, meaning.suppress) == ("permanent", "if-repeated")


@pytest.mark.parametrize("code", [550, 501, 553])
@pytest.mark.parametrize("command", [None, "CONNECT", "HELO", "EHLO", "MAIL", "DATA", "EOD"])
def test_550_501_and_553_elsewhere_or_nowhere_are_policy(code: int, command: Command | None, tables: Tables) -> None:
    assert by_code(tables, code, command).verdict == "policy"


@pytest.mark.parametrize("command", [None, "CONNECT", "MAIL", "RCPT", "DATA", "EOD"])
def test_554_is_policy(command: Command | None, tables: Tables) -> None:
    assert by_code(tables, 554, command).verdict == "policy"


def test_554_at_connect_is_about_the_host(tables: Tables) -> None:
    assert by_code(tables, 554, "CONNECT").scope == "host"


@pytest.mark.parametrize("command", [None, "CONNECT", "HELO", "EHLO"])
def test_521_at_connect_is_policy(command: Command | None, tables: Tables) -> None:
    assert by_code(tables, 521, command).verdict == "policy"


@pytest.mark.parametrize("code", [521, 556])
def test_521_and_556_at_rcpt_say_that_the_domain_takes_no_mail(code: int, tables: Tables) -> None:
    meaning = by_code(tables, code, "RCPT")
    assert (meaning.verdict, meaning.reason, meaning.suppress) == ("permanent", "domain-rejects-mail", "if-repeated")


@pytest.mark.parametrize("code", [500, 502, 503, 504])
@pytest.mark.parametrize("command", [None, "EHLO", "MAIL", "RCPT", "DATA"])
def test_500_to_504_are_protocol_errors(code: int, command: Command | None, tables: Tables) -> None:
    meaning = by_code(tables, code, command)
    assert (meaning.verdict, meaning.reason) == ("policy", "protocol-error")


@pytest.mark.parametrize(
    ("command", "reason"),
    [("RCPT", "mailbox-full"), ("EOD", "message-too-large"), ("MAIL", "message-too-large"), (None, "mailbox-full")],
)
def test_552_is_storage_of_the_mailbox_at_rcpt_and_of_the_message_at_its_end(
    command: Command | None, reason: str, tables: Tables
) -> None:
    meaning = by_code(tables, 552, command)
    assert (meaning.verdict, meaning.reason) == ("storage", reason)


@pytest.mark.parametrize("command", [None, "MAIL", "RCPT", "EOD"])
def test_452_is_storage(command: Command | None, tables: Tables) -> None:
    assert by_code(tables, 452, command).verdict == "storage"


@pytest.mark.parametrize("code", [421, 450, 451, 453, 454, 455])
def test_the_other_4yz_codes_are_retry(code: int, tables: Tables) -> None:
    assert by_code(tables, code, "RCPT").verdict == "retry"


def test_551_is_moved_and_251_is_no_failure(tables: Tables) -> None:
    assert (by_code(tables, 551, "RCPT").verdict, by_code(tables, 551, "RCPT").reason) == ("permanent", "mailbox-moved")
    assert by_code(tables, 251, "RCPT").verdict is None


def test_551_after_the_data_refuses_the_message(tables: Tables) -> None:
    assert by_code(tables, 551, "EOD").verdict == "policy"


@pytest.mark.parametrize("code", [523, 530, 534, 535, 538, 555])
def test_demands_for_authentication_tls_and_parameters_are_policy(code: int, tables: Tables) -> None:
    assert by_code(tables, code).verdict == "policy"


def test_432_at_auth_is_policy_and_elsewhere_retry(tables: Tables) -> None:
    assert (by_code(tables, 432, "AUTH").verdict, by_code(tables, 432).verdict) == ("policy", "retry")


def test_454_at_starttls_is_a_failure_of_tls(tables: Tables) -> None:
    assert by_code(tables, 454, "STARTTLS").reason == "tls-failed"


@pytest.mark.parametrize(
    ("code", "verdict"), [(299, None), (399, None), (471, "retry"), (571, "policy"), (605, None), (101, None)]
)
def test_a_code_of_no_table_is_judged_by_its_first_digit(code: int, verdict: str | None, tables: Tables) -> None:
    meaning = by_code(tables, code, "RCPT")
    assert (meaning.verdict, meaning.decided_by) == (verdict, "first-digit")
    assert "stands in no table" in meaning.surprises[0]


def test_a_code_that_no_rfc_lists_for_the_command_is_answered_with_a_surprise(tables: Tables) -> None:
    meaning = by_code(tables, 554, "HELO")
    assert meaning.decided_by == "code"
    assert meaning.surprises == ("the RFCs do not list 554 as a reply to HELO",)


def test_without_a_reply_code_the_class_of_the_enhanced_code_decides(tables: Tables) -> None:
    assert by_code(tables, None, enhanced="5.0.0").verdict == "policy"
    assert by_code(tables, None, enhanced="4.0.0").verdict == "retry"
    assert by_code(tables, None, enhanced="2.0.0").verdict is None


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_a_code_alone_never_stops_an_address_at_once(tables: Tables, command: Command | None) -> None:
    for code in range(1_000):
        meaning = look_up_code(Reply(code, None, command, ""), tables)
        if meaning.verdict == "permanent":
            assert meaning.suppress == "if-repeated"
            assert command in (None, "RCPT", "VRFY", "EXPN")
