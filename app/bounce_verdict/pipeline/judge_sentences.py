"""The last resort of step 6: sentences of a notice that no reader claimed, judged as replies one by one.

A notice also explains, advises and lists what may be wrong: its sentences count only where those that name a cause agree in the verdict.
What they say stops nobody at once.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from bounce_verdict.model import Classification, RecipientStatus

READ_FROM_SENTENCE = "the cause is read from a sentence of the notice: no reader found a reply"
_UNDECIDED = frozenset({"nothing", "first-digit"})
_MAX_CAUSES = 12  # that are compared
# Reasons that a word of advice or apology is enough for.
_SAY_LITTLE = frozenset({"policy-other", "system-error", "service-unavailable", "unspecified"})

Judge = Callable[[Sequence[RecipientStatus]], Sequence[Classification]]


def judge_recipient(judge: Judge, status: RecipientStatus, answer: Classification) -> Classification:
    """The answer for a recipient: `answer`, or one by the notice's sentences where nothing else tells."""
    if answer.decided_by not in _UNDECIDED or not status.sentences or (status.action == "delayed" and answer.verdict == "retry"):
        return answer
    return _judge_sentences(status, judge) or answer


def _judge_sentences(status: RecipientStatus, judge: Judge) -> Classification | None:
    """The answer by the first sentence that names a cause; None where none does, or two name causes of different verdicts."""
    answers: list[Classification] = []
    for sentence in status.sentences:
        asked = replace(status, reply=sentence, said_by="local", cautions=[*status.cautions, READ_FROM_SENTENCE], sentences=())
        [answer] = judge([asked])
        if answer.reply is not None and answer.reply.code is not None and answer.verdict is not None:
            return answer
        if answer.decided_by == "rule" and not _is_weak(answer):
            answers.append(answer)
        if len(answers) == _MAX_CAUSES:
            break
    return answers[0] if _agree(answers) else None


def _is_weak(answer: Classification) -> bool:
    return answer.rule is None or answer.rule.source.startswith("rules/fallback.toml") or answer.reason in _SAY_LITTLE


def _agree(answers: Sequence[Classification]) -> bool:
    return len({answer.verdict for answer in answers}) == 1
