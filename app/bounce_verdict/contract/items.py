"""One item of a batch: its line read, and answered. Whatever is wrong with it is a problem in its place.

Two steps, so that a batch can take each for several items at once: what runs again and again stays in the processor's caches.
"""

from collections.abc import Callable, Sequence

import msgspec

from bounce_verdict.contract.decoding import decode_json
from bounce_verdict.contract.inputs import LogInput, identity_of, item_input
from bounce_verdict.contract.refusals import Refusal, fault_problem, problem_of
from bounce_verdict.contract.requests import BatchItem
from bounce_verdict.errors import InputError
from bounce_verdict.maillogs import answer_log
from bounce_verdict.model import Classification, Identity, MessageInput, ReplyInput, Report, record
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.reported import ReportedReply, classify_reported
from bounce_verdict.pipeline.several_replies import classify_replies
from bounce_verdict.response import BatchAnswer, Problem, batch_answer

Line = bytes | msgspec.Raw | InputError | Refusal  # a line, or why it is not kept
NOT_KEPT = (InputError, Refusal)  # what a Line is that is not kept; a union in its place would be made anew for each line


class TooCostly(Exception):
    """A message is larger or costs more than can be spared where it is to be read; another process is to read it."""


@record
class Unread:
    """An item that asks for nothing, and why."""

    id: Identity | None
    problem: Problem


Item = ReplyInput | Classification | ReportedReply | MessageInput | LogInput | Unread


def read_line(line: Line, pipeline: Pipeline, max_body: int) -> Item:
    """What a line asks for."""
    try:
        if isinstance(line, NOT_KEPT):
            return Unread(None, problem_of(line))
        return item_input(decode_json(line, BatchItem), pipeline.book.commands, max_body)
    except (Refusal, InputError) as error:
        return Unread(identity(line), problem_of(error))
    except Exception as error:  # noqa: BLE001  # a fault of ours on one item must not lose the others
        return Unread(identity(line), fault_problem(error))


def judge_replies(items: Sequence[Item], pipeline: Pipeline) -> Sequence[Item]:
    """The items, the replies among them judged together, which takes less time. Where that fails they stay, to be judged one by one."""
    replies = [item for item in items if isinstance(item, ReplyInput)]
    try:
        answers = iter(classify_replies(pipeline, replies))
    except Exception:  # noqa: BLE001  # a fault of ours on one item must not lose the others
        return items
    return [next(answers) if isinstance(item, ReplyInput) else item for item in items]


def answer_item(index: int, item: Item, pipeline: Pipeline, read: Callable[[MessageInput], Report]) -> BatchAnswer:
    """The answer. read: what answers for a message. Raises TooCostly where it does."""
    try:
        if isinstance(item, ReplyInput | Classification):
            answer = item if isinstance(item, Classification) else pipeline.reply(item)
            return BatchAnswer(index, item.id, "classification", answer)
        if isinstance(item, ReportedReply):
            return BatchAnswer(index, item.id, "classification", classify_reported(pipeline, item))
        if isinstance(item, MessageInput):
            return BatchAnswer(index, item.id, "report", read(item))
        result = answer_log(pipeline, item.text, item.format) if isinstance(item, LogInput) else item.problem
    except TooCostly:
        raise
    except InputError as error:
        return batch_answer(index, item.id, problem_of(error))
    except Exception as error:  # noqa: BLE001  # a fault of ours on one item must not lose the others
        return batch_answer(index, item.id, fault_problem(error))
    return batch_answer(index, item.id, result)


def identity(line: Line) -> Identity | None:
    """The id of an item that cannot be used; None where it has none or none could be read."""
    return None if isinstance(line, NOT_KEPT) else identity_of(line)
