"""The seven targets: what is asked with the fuzzer's bytes, where each begins, and what one input may cost."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import get_args
from zlib import crc32

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import ACTIONS, COMMANDS, DEFAULT_LIMITS, Limits, MessageInput, ReplyInput, Rulebook, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.flanker_fallback import reopen_message, warm_up
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.arf import read_feedback
from bounce_verdict.pipeline.parse.autoreply import read_auto_reply
from bounce_verdict.pipeline.parse.dsn import read_report
from bounce_verdict.pipeline.parse.layouts import LAYOUTS
from bounce_verdict.pipeline.parse.unknown_layout.heuristics import read_unknown_layout
from bounce_verdict.rulebook.files import DOUBTS, REASONS, TABLES, SourceFile, read_files, rules_folder, with_file
from bounce_verdict.rulebook.findings import Finding, Level
from bounce_verdict.rulebook.lint import check_files, check_one
from bounce_verdict.rulebook.load import build_rulebook, load_rulebook
from fuzz import seeds
from fuzz.forgeries import forged_mails
from fuzz.invariants import (
    check_classification,
    check_notice,
    check_opened,
    check_report,
    check_same,
    check_statuses,
    check_stopped,
    check_unicode,
    hold,
)

Run = Callable[[bytes], None]

LIMITS: Mapping[str, Limits] = {
    "default": DEFAULT_LIMITS,
    "tiny": Limits(
        max_parts=3, max_depth=2, max_headers=8, max_header_bytes=400, max_text=600, max_lines=20, max_line=60, max_recipients=2,
        max_reply_text=80,
    ),
    "least": Limits(1, 1, 1, 1, 1, 1, 1, 1, 1),  # the least that the settings take
}  # fmt: skip
_TWICE = 8  # one input in so many is asked twice


@value
class Target:
    """What is fuzzed.

    make: the function of bytes, which raises Broken where an invariant does not hold. seeds: where it begins.
    separator: what parts the input's pieces. most: bytes of an input. seconds: processor time that one input may take.
    inputs: of a short run, about twenty seconds. words: its dictionary, a file in words/.
    """

    make: Callable[[Limits], Run]
    seeds: Callable[[], Iterable[bytes]]
    separator: bytes
    most: int
    seconds: float
    inputs: int
    words: str
    is_mail: bool = False


# --- messages --------------------------------------------------------------------------------------------------------


def _intake(limits: Limits) -> Run:
    """Bytes → parts → notice, by our own splitter and by flanker."""
    warm_up()

    def run(data: bytes) -> None:
        opened = open_message(data, limits)
        hold(opened.parts, "a message has at least one part")
        again = reopen_message(data, limits)
        for message in (opened, again) if again is not None else (opened,):
            check_opened(message, data, limits)
            check_notice(read_notice(message, limits), limits)
        if _is_asked_twice(data):
            same = open_message(data, limits)
            check_same([[part.read_text() for part in message.parts] for message in (opened, same)])

    return run


def _layouts(limits: Limits) -> Run:
    """Every reader, each by itself: in the service the first that answers keeps the others from being asked."""

    def run(data: bytes) -> None:
        notice = read_notice(open_message(data, limits), limits)
        for layout in LAYOUTS:
            check_statuses(layout.read(notice))
        check_statuses(read_unknown_layout(notice, Budget(limits.max_work)))
        check_statuses(read_auto_reply(notice))
        report, feedback = read_report(notice, limits), read_feedback(notice, limits)
        for statuses in (report.statuses, feedback.statuses):
            check_statuses(statuses)
            hold(len(statuses) <= limits.max_recipients, "no more recipients than max_recipients")

    return run


def _pipeline(limits: Limits) -> Run:
    """A message as the service is asked: its envelope recipient on a line, then the message. Its line ends change nothing."""
    warm_up()
    pipeline = _shipped(limits)

    def run(data: bytes) -> None:
        envelope, _, raw = data.partition(b"\n")
        given = MessageInput(raw, envelope[:1_000].decode("utf-8", "replace").strip() or None)
        report = pipeline.message(given)
        check_report(report, raw, pipeline.book, limits)
        if _is_asked_twice(data):
            check_same([report, pipeline.message(given)])
            lines = raw.replace(b"\r", b"")
            check_same(pipeline.message(MessageInput(each)) for each in (lines, lines.replace(b"\n", b"\r\n")))

    return run


def _forged(limits: Limits) -> Run:
    """A report made of the fuzzer's bytes: two recipients, at the return path of one, a returned copy full of others, handed on or not.

    Nobody is stopped at once whom neither the report's own fields nor its text name, and none but the one that the return path carries.
    """
    warm_up()
    pipeline = _shipped(limits)

    def run(data: bytes) -> None:
        for forged in forged_mails(data):
            report = pipeline.message(MessageInput(forged.mail, forged.envelope_to))
            check_report(report, forged.mail, pipeline.book, limits)
            check_stopped(report, forged.may_stop, forged.named)

    return run


# --- replies ---------------------------------------------------------------------------------------------------------


def _reply(limits: Limits) -> Run:
    """A reply and, behind separators, what is known around it. White space around it changes nothing.

    Bytes that are no UTF-8 are lone surrogates, as JSON can spell them.
    """
    pipeline = _shipped(limits)
    commands, actions = (None, *COMMANDS), (None, *ACTIONS)

    def run(data: bytes) -> None:
        fields = data.decode("utf-8", "surrogateescape").split(seeds.SEPARATOR.decode(), 4)
        reply, command, remote_mta, recipient, action = (*fields, *[""] * (5 - len(fields)))
        given = ReplyInput(
            reply,
            next((name for name in commands if name == command), commands[len(command) % len(commands)]),
            _valid(remote_mta) or None,
            _valid(recipient) or None,
            actions[len(action) % len(actions)],
        )
        answer = pipeline.reply(given)
        check_classification(answer, pipeline.book, limits)
        if _is_asked_twice(data):
            check_same([answer, pipeline.reply(given)])
        # A plain reply is read by another reader than one with line ends. Behind a backslash white space may tell: "\\n550 ".
        if len(reply) < limits.max_reply_text and "\\" not in reply:
            check_same([answer, pipeline.reply(replace(given, reply=f"\n {reply} \r\n"))])

    return run


# --- rules -----------------------------------------------------------------------------------------------------------


def _load(_: Limits) -> Run:
    """A rules file, its path on the first line, read beside the shipped reasons."""
    reasons = [file for file in read_files(rules_folder()) if file.path == REASONS] + [SourceFile(DOUBTS, b"")]

    def run(data: bytes) -> None:
        files = _with_file(reasons, data)
        if files is None:
            return
        loaded = build_rulebook(files)
        for error in loaded.errors:
            _check_place(error.path, error.line, error.message, files)
        book = loaded.book
        ids = [rule.id for rule in book.rules]
        hold(len(set(ids)) == len(ids), "an id is one rule's")
        hold(loaded.places.keys() >= set(ids), "it is known where every rule stands")
        for rule in book.rules:
            path, _, line = rule.source.rpartition(":")
            _check_place(path, int(line), rule.id, files)
            hold(int(line) > 0, "a rule stands at a line")
            hold(loaded.errors or rule.reason in book.reasons, "a rule's reason is of the closed list")
        if _is_asked_twice(data):
            check_same([book, build_rulebook(files).book])

    return run


def _check(_: Limits) -> Run:
    """A rules file, its path on the first line, checked as `bounces rules check` and POST /v1/rules/check do."""
    reasons = [file for file in read_files(rules_folder()) if file.path == REASONS] + [SourceFile(DOUBTS, b"")]

    def run(data: bytes) -> None:
        files = _with_file(reasons, data)
        if files is None:
            return
        path = data.partition(b"\n")[0].decode("utf-8", "replace").removeprefix("# ")
        found: list[Finding] = check_files(files) if path in TABLES or _is_asked_twice(data) else []
        if path not in TABLES:
            more, pipeline = check_one(files, path)
            found += more
            broken = any(one.level == "error" for one in more)
            hold(broken or pipeline is not None, "a file without an error can be used")
            if pipeline is not None:
                _judge_examples(pipeline)
        for one in found:
            hold(one.level in get_args(Level), "a finding is an error, a warning or a note")
            _check_place(one.path, one.line, one.message, files)

    return run


def _judge_examples(pipeline: Pipeline) -> None:
    """Rules that pass the check answer their own examples, whoever decides, as shipped rules do."""
    for rule in pipeline.book.rules:
        for example in (*rule.hits, *rule.misses):
            given = ReplyInput(example.reply, example.command, example.remote_mta, example.recipient)
            check_classification(pipeline.reply(given), pipeline.book, pipeline.limits)


def _with_file(files: list[SourceFile], data: bytes) -> list[SourceFile] | None:
    """`files` with the one that `data` is; None where no rules stand at its path."""
    path = data.partition(b"\n")[0].decode("utf-8", "replace").removeprefix("# ")
    if path in TABLES:
        return [*(file for file in files if file.path != path), SourceFile(path, data)]
    try:
        return with_file(files, path, data)
    except RulebookError as error:
        check_unicode(str(error))
        return None


def _check_place(path: str, line: int, message: str, files: list[SourceFile]) -> None:
    """A finding names a line of a file that is there."""
    file = next((file for file in files if file.path == path), None)
    hold(file is not None or (path, line) in {(REASONS, 0), (DOUBTS, 0)}, "a finding names one of the files")
    hold(file is None or 0 <= line <= file.data.count(b"\n") + 1, "a finding names a line of the file")
    hold(message, "a finding says what is wrong")
    check_unicode(message)


# --- all of them -----------------------------------------------------------------------------------------------------


@cache
def _compiled() -> tuple[Rulebook, bytes]:
    """The shipped rules, and their patterns compiled, which takes two seconds."""
    book = load_rulebook(rules_folder())
    return book, Pipeline(book).matcher.dump()


def _shipped(limits: Limits) -> Pipeline:
    """The pipeline by the shipped rules."""
    book, compiled = _compiled()
    return Pipeline(book, limits, compiled)


def _is_asked_twice(data: bytes) -> bool:
    return crc32(data) % _TWICE == 0


def _valid(text: str) -> str:
    """`text` as a header or a JSON string brings it: valid Unicode."""
    return text.encode("utf-8", "replace").decode()


TARGETS: Mapping[str, Target] = {
    "intake": Target(_intake, seeds.mails, b"\n", 32_768, 1.0, 5_000, "mail.dict", is_mail=True),
    "layouts": Target(_layouts, seeds.mails, b"\n", 32_768, 1.0, 7_000, "mail.dict", is_mail=True),
    "reply": Target(_reply, seeds.replies, b" ", 16_384, 0.5, 40_000, "reply.dict"),
    "load": Target(_load, seeds.rules_files, b"\n", 16_384, 1.0, 3_500, "rules.dict"),
    "check": Target(_check, seeds.single_rules, b"\n", 4_096, 20.0, 400, "rules.dict"),
    "forged": Target(_forged, seeds.forgeries, b"\x1f", 8_192, 1.0, 4_000, "mail.dict", is_mail=True),
    "pipeline": Target(_pipeline, seeds.mails_with_envelope, b"\n", 32_768, 1.0, 6_000, "mail.dict", is_mail=True),
}
