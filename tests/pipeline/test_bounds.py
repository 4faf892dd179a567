"""Every bound on reading: what is beyond it is left unread, the rest is answered, and the answer says so."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import DEFAULT_LIMITS, Limits, MessageInput, ReplyInput, Report
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.html import to_text
from bounce_verdict.pipeline.parse.addresses import address_key, keys_of_message

HEAD = "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail Returned to Sender\n"
Read = Callable[..., Report]
NAMES = ("ana", "bo", "cy", "di", "ed")


def block(name: str, said: str = "550 5.1.1 user unknown") -> str:
    return f"Final-Recipient: rfc822; {name}@example.net\nAction: failed\nDiagnostic-Code: smtp; {said}\n\n"


def report(*parts: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n{body}--b--\n".encode()


PLAIN = "Content-Type: text/plain\n\nYour message could not be delivered.\n"
STATUS = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
FIVE = report(PLAIN, STATUS + "".join(map(block, NAMES)))
QMAIL = f"{HEAD}\nHi. This is the qmail-send program at mx.example.org.\n" + "".join(
    f"\n<{name}@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n" for name in NAMES
)
RETURNED = "\n--- Below this line is a copy of the message.\n\nReturn-Path: <a@example.org>\nSubject: x\n\n" + "word " * 60_000
FEEDBACK = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n" + "".join(
    f"Original-Rcpt-To: {name}@example.net\n" for name in NAMES
)
DEEP = "Content-Type: message/rfc822\n\nSubject: x\n\nx\n"


def limited(pipeline: Pipeline, limits: Limits) -> Pipeline:
    """The same pipeline within other limits."""
    other = copy(pipeline)
    other.limits = limits
    return other


@pytest.fixture(scope="module")
def read(pipeline: Pipeline) -> Read:
    """Reads a message within the default limits but for those given."""

    def reading(raw: bytes, **bounds: int) -> Report:
        limits = replace(DEFAULT_LIMITS, **bounds)
        return limited(pipeline, limits).message(MessageInput(raw))

    return reading


@pytest.mark.parametrize(
    ("raw", "bounds", "warning"),
    [
        (FIVE, {"max_parts": 1}, "only the first 1 parts were read"),
        (FIVE.replace(b"report; report-type=delivery-status", b"mixed"), {"max_headers": 1}, "up to its field 1 only"),
        (FIVE, {"max_header_bytes": 60}, "up to 60 bytes only"),
        (FIVE, {"max_text": 400, "max_recipients": 1}, "report: more than 400 characters, the rest unread"),
        (FIVE, {"max_recipients": 2}, "report: more than 2 recipients, the rest unread"),
        (FIVE, {"max_line": 30}, "lines longer than 30 characters were read only so far"),
        (FIVE, {"max_lines": 1}, "only the first 10 lines of a text were read"),
        (QMAIL.encode(), {"max_text": 200}, "only the first 200 characters of a text were read"),
        (QMAIL.encode(), {"max_line": 20}, "lines longer than 20 characters were read only so far"),
        (QMAIL.encode(), {"max_lines": 9}, "only the first 9 lines of a text were read"),
        (QMAIL.encode(), {"max_recipients": 3}, "report: more than 3 recipients, the rest unread"),
        (QMAIL.encode(), {"max_work": 1_000}, "work that one message may cost (1000 units) was spent"),
        (report(FEEDBACK), {"max_recipients": 2}, "report: more than 2 recipients, the rest unread"),
        (report(FEEDBACK), {"max_lines": 3}, "only the first 3 lines of a text were read"),
        (report(FEEDBACK), {"max_text": 60, "max_recipients": 0}, "report: more than 60 characters, the rest unread"),
        (
            f"{HEAD}X-Failed-Recipients: ana@example.net, bo@example.net\n\nIt failed.\n".encode(),
            {"max_recipients": 1},
            "report: more than 1 recipients, the rest unread",
        ),
        (report(PLAIN, DEEP), {"max_depth": 1}, "messages nested deeper than 1 were left unread"),
        (report(PLAIN, f"Content-Type: text/plain\n\n{block('ana')}{'x' * 300}\n"), {"max_text": 300}, "only the first 300 characters"),
        (report(PLAIN, STATUS, f"Content-Type: message/rfc822\n\nTo: {'x' * 300}\n\n"), {"max_header_bytes": 200}, "up to 200 bytes"),
        (report(f"Content-Type: message/rfc822\n\n{QMAIL}"), {"max_line": 20}, "lines longer than 20 characters"),
        (report(f"Content-Type: message/rfc822\n\n{QMAIL}"), {"max_text": 300}, "only the first 300 characters of a text"),
        (f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{'--bx' + chr(10)}".encode() * 1_001, {}, "only begin as a boundary does"),
        (f"{HEAD}Content-Type: text/html\n\n{'<br>x' * 4_001}".encode(), {}, "only the first 4000 tags of an HTML part were read"),
    ],
)  # fmt: skip
def test_what_is_beyond_a_bound_is_named_in_a_warning(read: Read, raw: bytes, bounds: dict[str, int], warning: str) -> None:
    told = read(raw, **bounds).warnings
    assert any(warning in each for each in told), told
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("raw", [FIVE, QMAIL.encode(), (QMAIL + RETURNED).encode(), report(FEEDBACK)])
def test_a_message_within_all_bounds_has_no_warning_of_one(read: Read, raw: bytes) -> None:
    assert [told for told in read(raw).warnings if not told.startswith("origin not proven")] == []


def test_lines_and_text_cut_in_the_returned_message_are_nobodys_loss(read: Read) -> None:
    found = read((QMAIL + RETURNED).encode(), max_line=70, max_text=1_000, max_lines=20)
    assert len(found.recipients) == 5
    assert [told for told in found.warnings if not told.startswith("origin not proven")] == []


def test_a_long_html_part_is_told_to_be_cut() -> None:
    budget = Budget(DEFAULT_LIMITS.max_work)
    to_text("x" * 300_000, budget)
    assert budget.warnings == ["only the first 262144 characters of an HTML part were read"]


def test_a_long_reply_says_how_far_it_was_read(pipeline: Pipeline) -> None:
    found = pipeline.reply(ReplyInput("550 5.1.1 user unknown " + "word " * 1_000))
    assert found.reply is not None
    assert len(found.reply.text) <= 4_096
    assert [line.found for line in found.evidence if "characters" in line.found] == [
        "only the first 4096 characters of the reply's text were read"
    ]


def test_a_reply_of_just_the_bound_is_read_whole(pipeline: Pipeline) -> None:
    found = pipeline.reply(ReplyInput("550 " + "a" * 4_096))
    assert not any("characters" in line.found for line in found.evidence)


def test_recipients_beyond_the_work_are_named_and_not_judged(read: Read) -> None:
    each = report(PLAIN, STATUS + "".join(block(f"r{n}", f"550 5.1.1 user unknown: r{n}") for n in range(50)))
    whole = read(each)
    found = read(each, max_work=50_000)
    assert [one.recipient for one in found.recipients] == [one.recipient for one in whole.recipients]
    judged = [one for one in found.recipients if one.verdict is not None]
    assert 0 < len(judged) < 50
    for one in found.recipients[len(judged) :]:
        assert (one.verdict, one.suppress, one.reason, one.decided_by) == (None, "never", "undetermined", "nothing")
        assert (one.diagnostic_code or "").startswith("550 5.1.1 user unknown: ")
        assert any(line.found.startswith("not judged") for line in one.evidence)
    assert found.recipients[: len(judged)] == whole.recipients[: len(judged)]


def test_a_delivered_recipient_beyond_the_work_stays_delivered(read: Read) -> None:
    found = read(FIVE.replace(b"Action: failed", b"Action: delivered"), max_work=6_500)
    assert {one.reason for one in found.recipients} == {"delivered"}


def test_costly_parts_leave_the_recipients_their_judgement(read: Read) -> None:
    html = "Content-Type: text/html\n\n" + "<p>word</p>" * 2_000
    found = read(report(STATUS + block("ana"), *[html] * 20), max_work=100_000)
    assert [one.verdict for one in found.recipients] == ["permanent"]
    assert any("was spent" in told for told in found.warnings)


@given(budget=st.integers(1, 40_000))
@settings(max_examples=60, deadline=None)
def test_less_work_never_makes_another_verdict(pipeline: Pipeline, budget: int) -> None:
    bounded = limited(pipeline, Limits(max_work=budget))
    found = bounded.message(MessageInput(FIVE))
    assert found == bounded.message(MessageInput(FIVE))
    assert {one.verdict for one in found.recipients} <= {"permanent", None}
    if len(found.recipients) < 5 or any(one.verdict is None for one in found.recipients):
        assert any("was spent" in told for told in found.warnings)


def test_work_is_spent_to_the_last_unit_and_then_none_is_left() -> None:
    budget = Budget(20)
    assert budget.spend(10)
    assert budget.afford(5, 2) == 0
    assert not budget.spend(1)
    budget.release_reserve()
    assert budget.afford(9, 2) == 5
    assert budget.warnings == [
        "the work that one message may cost (20 units) was spent: what would have cost more was left unread"
    ]


def test_an_ordinary_report_on_ten_thousand_recipients_meets_no_bound(read: Read) -> None:
    said = "550 5.1.1 <{0}@example.net>: Recipient address rejected: User unknown in virtual mailbox table"
    found = read(report(PLAIN, STATUS + "".join(block(f"r{n}", said.format(f"r{n}")) for n in range(10_000))))
    assert found.warnings[1:] == []
    assert {one.verdict for one in found.recipients} == {"permanent"}
    assert len(found.recipients) == 10_000


def test_a_reply_that_several_recipients_share_is_judged_once(read: Read) -> None:
    found = read(report(PLAIN, STATUS + "".join(block(f"r{n}") for n in range(500))), max_work=600_000)
    assert [one.recipient for one in found.recipients] == [f"r{n}@example.net" for n in range(500)]
    assert {(one.verdict, one.suppress) for one in found.recipients} == {("permanent", "now")}


def test_a_name_in_unicode_is_paid_for_once() -> None:
    budget = Budget(2_000)
    key_of = keys_of_message(budget)
    name = f"Ana@{'É' * 200}.example"
    assert {key_of(name) for _ in range(5)} == {address_key(name)}
    assert not budget.exhausted
    key_of(f"ana@{'è' * 200}.example")
    assert budget.exhausted


def test_a_report_of_ten_megabytes_meets_no_bound(read: Read) -> None:
    found = read(report(PLAIN, STATUS + block("ana"), f"Content-Type: message/rfc822\n\nSubject: x\n\n{'word ' * 2_000_000}"))
    assert found.warnings[1:] == []
    assert [one.verdict for one in found.recipients] == ["permanent"]


def test_looking_for_the_action_of_ten_thousand_recipients_draws_on_the_budget(read: Read) -> None:
    said = "host mx.example.net said: 250 2.0.0 (in reply to RCPT TO command) " * 4
    blocks = "".join(
        f"Final-Recipient: rfc822; r{n}@example.net\nStatus: 2.0.0\nDiagnostic-Code: smtp; {said}\n\n" for n in range(9_000)
    )
    found = read(report(PLAIN, STATUS + blocks))
    assert len(found.recipients) == 9_000
    assert any("was spent" in warning for warning in found.warnings)
