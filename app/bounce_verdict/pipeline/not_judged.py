"""What is answered for the addresses of a message that reports no delivery: there is no reply to judge."""

from bounce_verdict.model import ReadMessage
from bounce_verdict.pipeline.decide.verdict import UNDETERMINED, Candidate

AUTO_REPLY = Candidate("nothing", None, "auto-reply")
LEFT = Candidate("nothing", None, "auto-reply", suppress="if-repeated")
COMPLAINT = Candidate("nothing", None, "complaint", suppress="now")
# Feedback types (RFC 5965 §7.3, RFC 6430, RFC 6591) that are no complaint about the message.
OF_FEEDBACK: dict[str | None, Candidate] = {
    "opt-out": Candidate("nothing", None, "unsubscribed", suppress="now"),
    "opt-out-list": Candidate("nothing", None, "unsubscribed", suppress="now"),
    **dict.fromkeys(("not-spam", "auth-failure", "authfailure", "auth_failure", "dmarc", "dkim", "virus"), UNDETERMINED),
}


def not_judged(read: ReadMessage) -> Candidate | None:
    """What is answered for the addresses of a message that reports no delivery; None where there is a reply to judge."""
    if read.kind == "auto-reply":
        return LEFT if read.auto_reply is not None and read.auto_reply.left else AUTO_REPLY
    if read.kind == "feedback-report":
        return OF_FEEDBACK.get(read.message.feedback_type, COMPLAINT)
    return None
