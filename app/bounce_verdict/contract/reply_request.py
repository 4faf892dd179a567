"""A request for one reply, whatever form it has: read, and judged."""

from bounce_verdict.contract.decoding import decode_json, decode_parameters
from bounce_verdict.contract.inputs import reply_input
from bounce_verdict.contract.requests import ReplyRequest
from bounce_verdict.model import Classification, ReplyInput, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.intake.charsets import decode
from bounce_verdict.pipeline.reported import classify_reported
from bounce_verdict.response import JSON


@value
class GivenReply:
    """A request for one reply: its body, that body's media type and charset, and what text/plain has beside it, by the keys of JSON."""

    body: bytes
    media: str
    charset: str | None
    parameters: dict[str, str]


def judge_reply(pipeline: Pipeline, given: GivenReply) -> Classification:
    """The answer for a reply. Raises InputError and Refusal for what is no request for one."""
    if given.media == JSON:
        request = decode_json(given.body, ReplyRequest)
    else:
        request = decode_parameters({**given.parameters, "reply": decode(given.body, given.charset)}, ReplyRequest)
    asked = reply_input(request, pipeline.book.commands)
    return pipeline.reply(asked) if isinstance(asked, ReplyInput) else classify_reported(pipeline, asked)
