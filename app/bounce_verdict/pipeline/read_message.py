"""Steps 1 and 2, a message: its bytes opened, and what it says of each recipient.

Loaded with the first message, for its readers take longer to load than all that a reply needs; a service loads it at the start.
"""

from bounce_verdict.model import Limits, MessageInput, ReadMessage
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.flanker_fallback import reopen_message, speaks_of_delivery
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.pipeline.read_statuses import read_statuses


def read_message(given: MessageInput, limits: Limits, budget: Budget, return_paths: ReturnPaths) -> ReadMessage:
    """Parse with our splitter; if that finds no report in something that looks like one, retry with flanker."""
    opened = open_message(given.raw, limits, budget)
    read = read_statuses(read_notice(opened, limits, budget), given, limits, budget, return_paths)
    if read.kind != "not-a-report" or not speaks_of_delivery(given.raw):
        return read
    if (reopened := reopen_message(given.raw, limits, budget)) is not None:
        second = read_statuses(read_notice(reopened, limits, budget), given, limits, budget, return_paths)
        if second.kind != "not-a-report":
            budget.warn("our own splitter found no report in this message, flanker did")
            return second
    return read
