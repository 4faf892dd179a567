"""The last of step 6: the decision and all that is known of the recipient, joined into the answer with its evidence."""

from app import __version__
from app.model import (
    Blocklist,
    Classification,
    Command,
    Context,
    Evidence,
    ParsedReply,
    Reason,
    RecipientStatus,
    Reply,
    ReplyInput,
    RuleHit,
)
from app.pipeline.verdict import Candidate, Weighed

NO_STATUS = RecipientStatus()


def present(
    given: ReplyInput,
    status: RecipientStatus,
    parsed: ParsedReply,
    context: Context,
    chosen: Candidate,
    weighed: Weighed,
    reason: Reason,
    evidence: list[Evidence],
    words: str | None,
    blocklist: Blocklist | None,
    digest: str,
) -> Classification:
    """The answer. `evidence` begins with the deciding step's; `words` is what the deciding rule matched in the text."""
    said, rule, bare = parsed.reply, chosen.rule, status is NO_STATUS
    wait = parsed.retry_after
    if rule is not None and wait is None:
        wait = rule.retry_after
    if not bare:
        evidence.append(
            Evidence("parse", f"read by {status.read_by}", None, None, "diagnostic_code" if status.diagnostic_code else None)
        )
    if parsed.surprises:
        evidence += [Evidence("parse", surprise) for surprise in parsed.surprises]
    if context.command is not None:
        told = "report" if not bare and context.command_from == "request" else context.command_from
        evidence.append(_COMMAND_FROM[told])
    provider = context.providers[0] if context.providers else None
    if rule is not None and rule.layer == "provider":
        provider = rule.owner
    # By place, as everything that is made for each reply: by name this takes three times as long, a tenth of the whole.
    return Classification(
        given.id,
        weighed.verdict,
        chosen.reason,
        weighed.transient,
        weighed.suppress,
        None if weighed.verdict is None else chosen.scope or reason.scope,
        wait,
        chosen.explain or reason.explanation,
        chosen.decided_by,
        provider,
        given.recipient,
        ("request" if given.recipient else None) if bare else status.recipient_source,
        status.original_recipient,
        status.final_recipient,
        given.action,
        said.enhanced_status if bare else status.status,
        context.remote_mta,
        status.diagnostic_code,
        status.last_attempt_date,
        status.will_retry_until,
        parsed.forward_path,
        blocklist,
        _answering(said, context.command) if said.text or said.code else None,
        None if rule is None else RuleHit(rule.id, rule.source, words, rule.reference),
        evidence,
        digest,
        __version__,
    )


def _answering(reply: Reply, command: Command | None) -> Reply:
    return reply if reply.command == command else Reply(reply.code, reply.enhanced_status, command, reply.text)


_COMMAND_FROM: dict[str | None, Evidence] = {
    source: Evidence("context", f"the command is known from the {source}", field="reply.command")
    for source in ("request", "report", "text")
}
