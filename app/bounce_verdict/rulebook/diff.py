"""What a change of the rules would change: the same replies and messages judged by the old rules and by the new."""

from collections.abc import Iterable, Iterator

from bounce_verdict.model import Classification, MessageInput, ReplyInput, Scope, Suppress, Verdict, value
from bounce_verdict.pipeline import Pipeline


@value
class Judged:
    """The part of an answer that callers act on. `by` is the rule's id, or the step that decided."""

    verdict: Verdict | None
    reason: str
    transient: bool | None
    suppress: Suppress
    scope: Scope | None
    by: str


@value
class Change:
    """One recipient or reply whose answer differs. `where` names it as the caller did; `text` is what was judged."""

    where: str
    recipient: str | None
    text: str
    before: Judged
    after: Judged

    @property
    def alters_verdict(self) -> bool:
        """Whether the verdict itself is another one, rather than what stands beside it."""
        return self.before.verdict != self.after.verdict


def compare(before: Pipeline, after: Pipeline, given: Iterable[tuple[str, ReplyInput | MessageInput]]) -> Iterator[Change | None]:
    """For each recipient judged the change, or None where both answer the same (by whichever rule).

    A report's recipients are paired by their place: rules change what is said of a recipient, never how many there are.
    """
    for where, entry in given:
        for old, new in zip(_answers(before, entry), _answers(after, entry), strict=True):
            was, becomes = _judged(old), _judged(new)
            if _facts(was) == _facts(becomes):
                yield None
            else:
                yield Change(where, new.recipient, new.reply.text if new.reply else "", was, becomes)


def _answers(pipeline: Pipeline, given: ReplyInput | MessageInput) -> list[Classification]:
    if isinstance(given, MessageInput):
        return list(pipeline.message(given).recipients)
    return [pipeline.reply(given)]


def _judged(answer: Classification) -> Judged:
    by = answer.rule.id if answer.rule else answer.decided_by
    return Judged(answer.verdict, answer.reason, answer.transient, answer.suppress, answer.scope, by)


def _facts(judged: Judged) -> tuple[object, ...]:
    return judged.verdict, judged.reason, judged.transient, judged.suppress, judged.scope
