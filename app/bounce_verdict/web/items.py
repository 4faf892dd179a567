"""One item of a batch: its line read, and answered. Whatever is wrong with it is a problem in its place.

Two steps, so that a batch can take each for several items at once: what runs again and again stays in the processor's caches.
"""

from bounce_verdict.errors import InputError, TooLarge
from bounce_verdict.model import MessageInput, ReplyInput, record
from bounce_verdict.response import BatchAnswer, Problem, batch_answer, input_problem
from bounce_verdict.web.decoding import decode_json
from bounce_verdict.web.inputs import BatchItem, identity_of, item_input
from bounce_verdict.web.lines import Line
from bounce_verdict.web.problems import Refusal, fault_problem
from bounce_verdict.web.service import Service

NOT_KEPT = (TooLarge, Refusal)  # what a Line is that is not kept; a union in its place would be made anew for each line


@record
class Unread:
    """An item that asks for nothing, and why."""

    id: str | None
    problem: Problem


Item = ReplyInput | MessageInput | Unread


def read_line(line: Line, known: Service) -> Item:
    """What a line asks for."""
    try:
        if isinstance(line, NOT_KEPT):
            return Unread(None, told(line))
        return item_input(decode_json(line, BatchItem), known.pipeline.book.commands, known.settings.max_body)
    except (Refusal, InputError) as error:
        return Unread(identity(line), told(error))
    except Exception as error:  # noqa: BLE001  # a fault of ours on one item must not lose the others
        return Unread(identity(line), fault_problem(error))


def answer_item(index: int, item: Item, known: Service) -> BatchAnswer:
    """The answer."""
    try:
        if isinstance(item, ReplyInput):
            return BatchAnswer(index, item.id, "classification", known.pipeline.reply(item))
        if isinstance(item, MessageInput):
            return BatchAnswer(index, item.id, "report", known.pipeline.message(item))
    except InputError as error:
        return batch_answer(index, item.id, told(error))
    except Exception as error:  # noqa: BLE001  # a fault of ours on one item must not lose the others
        return batch_answer(index, item.id, fault_problem(error))
    return batch_answer(index, item.id, item.problem)


def answer_line(index: int, line: Line, known: Service) -> BatchAnswer:
    """The answer for a line."""
    return answer_item(index, read_line(line, known), known)


def identity(line: Line) -> str | None:
    """The id of an item that cannot be used; None where it has none or none could be read."""
    return None if isinstance(line, NOT_KEPT) else identity_of(line)


def told(error: Refusal | InputError) -> Problem:
    """The problem document of what is wrong with an item, or with the batch."""
    return error.document if isinstance(error, Refusal) else input_problem(error)
