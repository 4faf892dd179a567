"""Doubts' hits and misses: each doubt must be raised by the texts that it says hold its words, and not by those that it says do not."""

from collections.abc import Iterator

from bounce_verdict.model import Doubt, ReplyInput
from bounce_verdict.pipeline.decide.suppress import raises
from bounce_verdict.rulebook.findings import Finding, finding
from bounce_verdict.rulebook.load import Loaded
from bounce_verdict.rulebook.rule_runner import RuleRunner


def check_doubts(loaded: Loaded, runner: RuleRunner, *, local: bool) -> Iterator[Finding]:
    """Tries every hit and miss of the shipped doubts, or of the operator's own."""
    for index, doubt in enumerate(loaded.book.doubts):
        toml_file, place = loaded.doubt_places[doubt.id]
        if (toml_file.file.layer == "local") is not local:
            continue
        if not doubt.id.startswith(f"{doubt.kind}."):
            yield finding(toml_file, "error", f"{doubt.id}: should be called `{doubt.kind}.…`", "doubt", place, "id")
        for key, texts, expected, problem in (
            ("hits", doubt.hits, True, "does not raise it"),
            ("misses", doubt.misses, False, "raises it"),
        ):
            for i, text in enumerate(texts):
                if _raises(index, doubt, text, runner) is not expected:
                    message = f"{doubt.id}: {'hit' if expected else 'miss'} {i + 1} {problem}"
                    yield finding(toml_file, "error", message, "doubt", place, key, i)


def _raises(index: int, doubt: Doubt, text: str, runner: RuleRunner) -> bool:
    texts = [text] if doubt.kind == "notice" else [reply.text for reply in runner.scan_reply(ReplyInput(text)).texts]
    return any(raises(index, each, runner.pipeline.judge.doubts) for each in texts)
