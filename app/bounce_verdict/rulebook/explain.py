"""Why a reply is classified as it is: every rule that was tried, in order, and what held. For people who write rules."""

from collections.abc import Sequence
from itertools import groupby

from bounce_verdict.model import Classification, Context, Reply, ReplyInput, Rulebook, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.decide.rules import RuleResult
from bounce_verdict.rulebook.rule_runner import RuleRunner


@value
class CloseRule:
    """A rule that came close: its pattern was found, or its conditions held and ask for more than a reply code. `words`: what was found."""

    result: RuleResult
    words: str | None


@value
class Group:
    """The rules of one layer or provider, in the order in which they were tried; `others` counts those that did not come close."""

    name: str
    close: Sequence[CloseRule]
    others: int


@value
class ExplainedText:
    """One text and the rules tried on it. A reply that quotes another is two texts, the innermost first."""

    reply: Reply
    groups: Sequence[Group]


@value
class Explained:
    """The answer, what is known around the reply, and every rule that was result."""

    answer: Classification
    context: Context
    texts: Sequence[ExplainedText]


def explain_reply(
    book: Rulebook, given: ReplyInput, compiled: bytes | None = None, pipeline: Pipeline | None = None
) -> Explained:
    """How `book` judges `given`. compiled: its patterns, as for Pipeline; or pipeline: one of the book. Raises RulebookError where a pattern does not compile."""
    runner = RuleRunner(book, pipeline=pipeline or Pipeline(book, compiled=compiled))
    scanned = runner.scan_reply(given)
    texts = []
    for i, reply in enumerate(scanned.texts):
        groups = []
        for name, members in groupby(runner.results(scanned, i), key=_group_name):
            results = list(members)
            close = [
                CloseRule(one, runner.words(scanned, one, i) if one.pattern else None) for one in results if _came_close(one)
            ]
            groups.append(Group(name, close, len(results) - len(close)))
        texts.append(ExplainedText(reply, groups))
    return Explained(runner.pipeline.reply(given), scanned.context, texts)


def _group_name(result: RuleResult) -> str:
    return result.rule.owner if result.rule.layer == "provider" else result.rule.layer


def _came_close(result: RuleResult) -> bool:
    """A reply code alone brings no rule close: every second rule asks for 4yz or 5yz."""
    conditions = (result.code, result.enhanced, result.command)
    return result.pattern is True or (False not in conditions and (result.pattern is None or result.enhanced is True))
