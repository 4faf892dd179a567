"""What holds for every input, whatever it is: the one list that all targets share. Each raises Broken with the sentence that fails."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

import msgspec

from bounce_verdict.model import (
    TRANSIENT,
    Classification,
    Evidence,
    Limits,
    Notice,
    OpenedMessage,
    RecipientStatus,
    Report,
    Rule,
    Rulebook,
)
from bounce_verdict.pipeline.decide.verdict import SUCCESS
from bounce_verdict.pipeline.parse.addresses import MAX_ADDRESS
from bounce_verdict.response import encode

T = TypeVar("T")

_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_ASKED_TO_STOP = frozenset({"complaint", "unsubscribed"})
_CODE = range(100, 1_000)
_FINAL_CODES = (4, 5)
_MAX_WAIT = 31 * 86_400  # seconds; nobody means more by "try again in"
_BY_CODE = frozenset({"command-and-code", "code", "first-digit", "nothing"})
_WITHOUT_VERDICT = frozenset({"success", "auto-reply", "feedback-report"})
# Characters of a message's parts together, for each byte of it, and some.
_TEXT_OF_BYTE, _TINY = 3, 1_000
# Bytes of an answer: for itself, for each recipient, and for each byte of the input, which a recipient may repeat six times over
# (diagnostic_code, reply.text, matched words, original and final recipient), each escaped in JSON.
_OF_ANSWER, _OF_RECIPIENT, _OF_BYTE = 20_000, 6_000, 200


class Broken(Exception):
    """An invariant that does not hold; the input that broke it is a finding."""


def hold(condition: object, sentence: str) -> None:
    """Raise Broken with `sentence` where `condition` is false."""
    if not condition:
        raise Broken(sentence)


# --- what is read ----------------------------------------------------------------------------------------------------


def check_opened(message: OpenedMessage, raw: bytes, limits: Limits) -> None:
    """A message as it was opened from `raw`, with all that is enclosed in it."""
    hold(
        sum(len(part.read_text()) for part in message.parts) <= _TEXT_OF_BYTE * len(raw) + _TINY,
        "the parts hold no more than the message",
    )
    depth = 0
    inside = [message]
    while inside:
        hold(depth <= limits.max_depth + 1, "messages are not opened deeper than max_depth")
        for opened in inside:
            _check_message(opened, limits)
        inside = [found for opened in inside for part in opened.parts if (found := part.read_message()) is not None]
        depth += 1


def _check_message(message: OpenedMessage, limits: Limits) -> None:
    hold(len(message.parts) <= limits.max_parts, "no more parts than max_parts")
    hold(message.content_type == message.content_type.lower(), "a content type is in lower case")
    for headers in (message.headers, *(part.headers for part in message.parts)):
        hold(len(headers.fields) <= limits.max_headers, "no more fields than max_headers")
        for name, text in headers.fields:
            hold(name == name.lower(), "a field's name is in lower case")
            hold("\n" not in text, "a field's value is unfolded")
            check_unicode(name, text)
    for part in message.parts:
        hold(part.depth <= limits.max_depth + 1, "no part lies deeper than max_depth")
        hold("\r" not in part.read_text(), "a text's line ends are LF")
        hold("\0" not in part.read_text(), "no text has a NUL")
        hold(len(part.read_text()) <= limits.max_report, "no text is longer than max_text, of a report max_report")
        hold(
            len(part.read_text()) <= limits.max_text or part.content_type.startswith("message/"),
            "only a report is longer than max_text",
        )
        check_unicode(part.read_text(), *part.parameters, *part.parameters.values())


def check_notice(notice: Notice, limits: Limits) -> None:
    """What layout readers see."""
    hold(len(notice.lines) <= limits.max_lines, "no more lines than max_lines")
    hold(all(len(line) <= limits.max_line for line in notice.lines), "no line is longer than max_line")
    hold(all("\n" not in line for line in notice.lines), "a line is one line")
    hold(notice.text == "\n".join(notice.lines), "the text is its lines")
    hold(len(notice.returned.fields) <= limits.max_headers, "no more returned fields than max_headers")
    check_unicode(notice.text)


def check_statuses(statuses: Sequence[RecipientStatus]) -> None:
    """What a reader found."""
    for status in statuses:
        _same_again(status, RecipientStatus)
        for address in (status.recipient, status.original_recipient, status.final_recipient):
            hold(address is None or 0 < len(address) <= MAX_ADDRESS, "an address is neither empty nor longer than 320 characters")


# --- what is answered ------------------------------------------------------------------------------------------------


def check_report(report: Report, raw: bytes, book: Rulebook, limits: Limits) -> None:
    """The answer for a message."""
    encoded = _same_again(report, Report)
    most = _OF_ANSWER + _OF_RECIPIENT * len(report.recipients) + _OF_BYTE * len(raw)
    hold(len(encoded) <= most, "an answer's size is bounded by its input's")
    hold(len(report.recipients) <= limits.max_recipients, "no more recipients than max_recipients")
    hold(report.rules_digest == book.digest, "the rules are named")
    check_warnings(report.warnings)
    hold(report.recipients or report.kind in {"not-a-report", "feedback-report"}, "a report is about somebody")
    hold(not report.recipients or report.kind != "not-a-report", "what is no report is about nobody")
    for answer in report.recipients:
        check_classification(answer, book, limits, of_report=True)
        if report.kind in _WITHOUT_VERDICT:
            hold(answer.verdict is None, f"a {report.kind} has no verdict")
    hold(report.origin.proof is None, "without a key nothing is proven")


def check_stopped(report: Report, may_stop: Collection[str], named: str) -> None:
    """No address is to be stopped at once but those in `may_stop`, and those whose letters stand in `named`, in this order."""
    stopped = {(answer.recipient or "").lower() for answer in report.recipients if answer.suppress == "now"}
    letters = _letters(named)
    named_by_nobody = [address for address in stopped if address not in may_stop and _letters(address) not in letters]
    hold(not named_by_nobody, "nobody is stopped at once whom the envelope or the report does not name")


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())


def check_classification(answer: Classification, book: Rulebook, limits: Limits, *, of_report: bool = False) -> None:
    """The answer for a reply or a recipient."""
    _same_again(answer, Classification)
    hold(answer.reason in book.reasons, "the reason is of the closed list")
    hold(answer.explanation, "every answer is explained")
    hold(answer.recipient is None or answer.recipient_source, "a recipient's source is named")
    hold(answer.retry_after is None or 0 <= answer.retry_after <= _MAX_WAIT, "retry_after is a time that somebody may wait")
    hold(answer.provider is None or answer.provider in book.providers, "the provider is a known one")
    check_unicode(*(evidence.found for evidence in answer.evidence))
    _check_suppress(answer, book, of_report=of_report)
    _check_reply(answer, limits)
    rule = next((rule for rule in book.rules if rule.id == answer.rule.id), None) if answer.rule else None
    _check_rule(answer, rule)
    _check_transient(answer, rule)
    for evidence in answer.evidence:
        _check_place(answer, evidence)


def _check_suppress(answer: Classification, book: Rulebook, *, of_report: bool) -> None:
    """Whom to stop: the worst fault is a living address called dead."""
    if answer.verdict is None:
        asked = answer.reason in _ASKED_TO_STOP or (answer.reason == "auto-reply" and answer.suppress == "if-repeated")
        hold(answer.suppress == "never" or asked, "nobody is stopped without a verdict who has not asked for it")
        hold(answer.transient is None and answer.scope is None, "without a verdict nothing is transient and nobody is meant")
    hold(answer.action not in SUCCESS or answer.verdict is None, "what was delivered has no verdict")
    hold(answer.action != "delayed" or answer.suppress == "never", "nobody is stopped for a delay")
    if answer.suppress != "now":
        return
    hold(answer.recipient or not of_report, "a report that names nobody stops nobody")
    if answer.reason in _ASKED_TO_STOP:
        return
    hold(answer.verdict == "permanent", "suppress `now` goes with verdict permanent")
    hold(answer.decided_by not in _BY_CODE, "a reply code alone stops nobody")
    if answer.decided_by == "enhanced-status":
        code = answer.evidence[0].found.split(maxsplit=1)[0]
        name = "X." + ".".join(str(int(number)) for number in code.split(".")[1:])
        hold(name in book.enhanced_codes and book.enhanced_codes[name].suppress_now, "only some enhanced codes stop anybody")


def _check_reply(answer: Classification, limits: Limits) -> None:
    reply = answer.reply
    if reply is None:
        return
    hold(reply.code is None or reply.code in _CODE, "a reply code has three digits")
    hold(
        reply.enhanced_status is None or _ENHANCED.fullmatch(reply.enhanced_status),
        "an enhanced status code has its three numbers",
    )
    hold(len(reply.text) <= limits.max_reply_text, "no text is longer than max_reply_text")
    hold(reply.text == " ".join(reply.text.split()), "a text has one space between its words")
    hold(unicodedata.is_normalized("NFC", reply.text), "a text is in NFC")
    check_unicode(reply.text)


def _check_rule(answer: Classification, rule: Rule | None) -> None:
    hold((answer.decided_by == "rule") == (answer.rule is not None), "a rule is told where one decided, and only there")
    if answer.rule is None:
        return
    hold(rule is not None and rule.source == answer.rule.source, "the rule is one of the rulebook, at its place")
    hold(answer.rule.matched is None or answer.rule.matched.strip(), "what a rule matched is some words")
    first = answer.evidence[0]
    hold((first.step, first.found) == ("rules", answer.rule.id), "the deciding rule's evidence comes first")
    hold(first.verdict == answer.verdict, "the deciding evidence has the answer's verdict")


def _check_transient(answer: Classification, rule: Rule | None) -> None:
    """RFC 5321 §4.2: the reply code tells, unless a rule documents the contrary."""
    code = answer.reply.code if answer.reply is not None else None
    documented = rule is not None and rule.transient is not None
    if answer.verdict is None or documented or code is None or code // 100 not in _FINAL_CODES:
        return
    hold(answer.transient is (code // 100 == TRANSIENT), "a 4yz is transient, a 5yz is not")


def _check_place(answer: Classification, evidence: Evidence) -> None:
    hold((evidence.start is None) == (evidence.end is None), "a place has both its ends")
    if evidence.field is None:
        hold(evidence.start is None, "a place is in a field")
        return
    text: object = answer
    for name in evidence.field.split("."):
        text = getattr(text, name, None)
    if evidence.start is None or evidence.end is None:
        return
    hold(isinstance(text, str), "a place is in a field that is told")
    if isinstance(text, str):
        hold(0 <= evidence.start < evidence.end <= len(text), "a place lies inside its field")
        if evidence.step == "tables":
            code = evidence.found.split(maxsplit=1)[0]
            hold(text[evidence.start : evidence.end] == code, "the code stands at its place")
        if evidence.step == "rules" and answer.rule is not None and evidence.found == answer.rule.id:
            hold(text[evidence.start : evidence.end] == answer.rule.matched, "the matched words stand at their place")


# --- what all of them share ------------------------------------------------------------------------------------------


def check_warnings(warnings: Sequence[str]) -> None:
    """Sentences of ours: printable, each told once."""
    hold(len(set(warnings)) == len(warnings), "a warning is told once")
    hold(all(warning and warning.isprintable() for warning in warnings), "a warning is a sentence")


def check_unicode(*texts: str) -> None:
    """Valid Unicode: JSON in UTF-8 cannot hold half a surrogate pair."""
    for text in texts:
        hold(text.isascii() or not _has_surrogate(text), "every text is valid Unicode")


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _same_again(answer: T, kind: type[T]) -> bytes:
    """The answer as JSON. It must fit its classes (closed sets of words and all) and survive the way there and back."""
    encoded = encode(answer)
    try:
        again = msgspec.json.decode(encoded, type=kind)
    except msgspec.ValidationError as error:
        raise Broken(f"an answer fits its classes: {error}") from error
    hold(encode(again) == encoded, "an answer survives JSON")
    return encoded


def check_same(answers: Iterable[object]) -> None:
    """The same input gives the same answer, to the byte."""
    hold(len({encode(answer) for answer in answers}) == 1, "the same input gives the same bytes")
