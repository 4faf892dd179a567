"""The table of enhanced status codes: what each says, and what it must never say."""

import itertools

import pytest

from bounce_verdict.model import COMMANDS, Command, Reply
from bounce_verdict.pipeline.decide.tables import Meaning, Tables, look_up_enhanced


def by_enhanced(tables: Tables, enhanced: str, code: int | None = None, command: Command | None = None) -> Meaning | None:
    return look_up_enhanced(Reply(code, enhanced, command, ""), tables)


@pytest.mark.parametrize("enhanced", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
def test_a_dead_recipient_or_domain_may_stop_the_address_at_once(enhanced: str, tables: Tables) -> None:
    meaning = by_enhanced(tables, enhanced, 550)
    assert meaning is not None
    assert (meaning.verdict, meaning.suppress) == ("permanent", None)


@pytest.mark.parametrize("enhanced", ["5.1.4", "5.2.1", "5.4.4", "5.7.17", "5.7.18"])
def test_other_permanent_enhanced_codes_are_counted(enhanced: str, tables: Tables) -> None:
    meaning = by_enhanced(tables, enhanced, 550)
    assert meaning is not None
    assert (meaning.verdict, meaning.suppress) == ("permanent", "if-repeated")


@pytest.mark.parametrize("command", ["CONNECT", "HELO", "EHLO", "MAIL"])
def test_x11_before_rcpt_is_not_about_the_recipient(command: Command, tables: Tables) -> None:
    meaning = by_enhanced(tables, "5.1.1", 550, command)
    assert meaning is not None
    assert (meaning.verdict, meaning.scope in ("recipient", "domain")) == ("policy", False)
    assert meaning.surprises


def test_a_full_mailbox_before_rcpt_is_not_the_recipients(tables: Tables) -> None:
    meaning = by_enhanced(tables, "4.2.2", 452, "MAIL")
    assert meaning is not None
    assert (meaning.verdict, meaning.scope, meaning.suppress) == ("storage", "sender", "never")


@pytest.mark.parametrize("enhanced", ["5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.5.0", "4.0.0", "4.2.0", "4.3.0"])
def test_undefined_codes_say_too_little(enhanced: str, tables: Tables) -> None:
    assert by_enhanced(tables, enhanced) is None


@pytest.mark.parametrize(
    ("enhanced", "verdict"),
    [("4.4.0", "retry"), ("5.4.0", "retry"), ("5.6.0", "policy"), ("5.7.0", "policy"), ("4.7.0", "retry"), ("4.7.1", "retry")],
)
def test_x40_x60_and_x70_decide_by_their_subject(enhanced: str, verdict: str, tables: Tables) -> None:
    meaning = by_enhanced(tables, enhanced)
    assert meaning is not None
    assert meaning.verdict == verdict


@pytest.mark.parametrize(
    ("enhanced", "verdict", "reason"),
    [
        ("5.2.2", "storage", "mailbox-full"),
        ("4.3.1", "storage", "system-full"),
        ("5.3.4", "storage", "message-too-large"),
        ("5.4.6", "retry", "routing-loop"),
        ("4.4.7", "retry", "expired"),
        ("5.5.3", "retry", "too-many-recipients"),
        ("5.1.8", "policy", "sender-rejected"),
        ("5.7.13", "policy", "submission-auth"),
        ("5.7.25", "policy", "reverse-dns"),
        ("5.7.26", "policy", "authentication-failed"),
        ("4.1.1", "retry", "mailbox-unknown"),
        ("4.1.10", "permanent", "domain-rejects-mail"),
    ],
)
def test_specific_enhanced_codes_decide(enhanced: str, verdict: str, reason: str, tables: Tables) -> None:
    meaning = by_enhanced(tables, enhanced)
    assert meaning is not None
    assert (meaning.verdict, meaning.reason) == (verdict, reason)


def test_the_reply_codes_class_picks_the_verdict(tables: Tables) -> None:
    transient, permanent = by_enhanced(tables, "5.1.1", 450), by_enhanced(tables, "4.1.1", 550)
    assert transient is not None
    assert permanent is not None
    assert (transient.verdict, permanent.verdict, permanent.suppress) == ("retry", "permanent", "if-repeated")


@pytest.mark.parametrize(("enhanced", "code"), [("5.7.0", 530), ("5.7.1", 535), ("4.7.0", 454), ("5.3.2", 521), ("5.3.2", 556)])
def test_a_reply_code_that_tells_more_than_its_enhanced_code_is_left_to_decide(enhanced: str, code: int, tables: Tables) -> None:
    assert by_enhanced(tables, enhanced, code) is None


@pytest.mark.parametrize(
    ("enhanced", "verdict"), [("5.7.511", "policy"), ("4.4.316", "retry"), ("5.4.310", "retry"), ("4.7.500", "retry")]
)
def test_an_unregistered_code_is_judged_by_a_telling_subject_with_a_surprise(enhanced: str, verdict: str, tables: Tables) -> None:
    meaning = by_enhanced(tables, enhanced)
    assert meaning is not None
    assert meaning.verdict == verdict
    assert "not registered" in meaning.surprises[0]


@pytest.mark.parametrize("enhanced", ["5.1.99", "5.2.121", "5.3.190", "5.8.1", "5.5.99"])
def test_an_unregistered_code_of_another_subject_decides_nothing(enhanced: str, tables: Tables) -> None:
    assert by_enhanced(tables, enhanced) is None


def test_success_is_delivered(tables: Tables) -> None:
    meaning = by_enhanced(tables, "2.1.5", 250)
    assert meaning is not None
    assert (meaning.verdict, meaning.reason, meaning.suppress) == (None, "delivered", "never")


def test_a_greetings_success_delivers_nothing(tables: Tables) -> None:
    assert by_enhanced(tables, "2.0.0", 220, "STARTTLS") is None


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_any_enhanced_code_at_any_command_is_answered(tables: Tables, command: Command | None) -> None:
    for digits in itertools.product("245", [*range(12), 999], [*range(40), 999]):
        for code in (None, 250, 421, 450, 550, 999):
            meaning = look_up_enhanced(Reply(code, ".".join(map(str, digits)), command, ""), tables)
            if meaning is not None and meaning.verdict == "permanent":
                assert command not in ("CONNECT", "HELO", "EHLO", "MAIL")


@pytest.mark.parametrize(
    ("code", "reason"), [(550, "mailbox-unknown"), (556, "domain-rejects-mail"), (None, "domain-rejects-mail")]
)
def test_5110_behind_550_is_a_recipient_whom_microsoft_does_not_find(code: int | None, reason: str, tables: Tables) -> None:
    meaning = by_enhanced(tables, "5.1.10", code)
    assert meaning is not None
    assert (meaning.verdict, meaning.reason) == ("permanent", reason)
