"""The last of step 6: the decision and all that is known of the recipient, joined into the answer with its evidence."""

from app import __version__
from app.model import (
    Blocklist,
    Classification,
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
    evidence += [Evidence("parse", surprise) for surprise in parsed.surprises]
    if context.command is not None:
        told = "report" if not bare and context.command_from == "request" else context.command_from
        evidence.append(_COMMAND_FROM[told])
    return Classification(
        id=given.id,
        verdict=weighed.verdict,
        reason=chosen.reason,
        transient=weighed.transient,
        suppress=weighed.suppress,
        scope=None if weighed.verdict is None else chosen.scope or reason.scope,
        retry_after=wait,
        explanation=chosen.explain or reason.explanation,
        decided_by=chosen.decided_by,
        provider=rule.owner
        if rule is not None and rule.layer == "provider"
        else context.providers[0]
        if context.providers
        else None,
        recipient=given.recipient,
        recipient_source=("request" if given.recipient else None) if bare else status.recipient_source,
        original_recipient=status.original_recipient,
        final_recipient=status.final_recipient,
        action=given.action,
        status=said.enhanced_status if bare else status.status,
        remote_mta=context.remote_mta,
        diagnostic_code=status.diagnostic_code,
        last_attempt_date=status.last_attempt_date,
        will_retry_until=status.will_retry_until,
        forward_path=parsed.forward_path,
        blocklist=blocklist,
        reply=Reply(said.code, said.enhanced_status, context.command, said.text) if said.text or said.code else None,
        rule=None if rule is None else RuleHit(rule.id, rule.source, words, rule.reference),
        evidence=evidence,
        rules_digest=digest,
        version=__version__,
    )


_COMMAND_FROM: dict[str | None, Evidence] = {
    source: Evidence("context", f"the command is known from the {source}", field="reply.command")
    for source in ("request", "report", "text")
}
