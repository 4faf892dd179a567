"""The end of the walk: the decision and all that is known of the recipient, joined into the answer with its evidence."""

from dataclasses import replace

from bounce_verdict import __version__
from bounce_verdict.model import (
    Blocklist,
    Classification,
    Command,
    Context,
    Evidence,
    ParsedReply,
    RecipientStatus,
    Reply,
    ReplyInput,
    Rule,
    RuleHit,
)
from bounce_verdict.pipeline.decide import Decision, ScannedReply
from bounce_verdict.pipeline.decide.tables import ENHANCED

NO_STATUS = RecipientStatus()
MAX_DIAGNOSTIC = 4_096  # characters of a Diagnostic-Code in an answer: as much as of a reply's text


def build_answer(
    given: ReplyInput,
    status: RecipientStatus,
    parsed: ParsedReply,
    context: Context,
    decision: Decision,
    line: Evidence | None,
    words: str | None,
    blocklist: Blocklist | None,
    forward_path: str | None,
    digest: str,
) -> Classification:
    """The answer. `line` is the deciding rule's evidence, `words` what it matched in the text."""
    rule, is_bare = decision.rule, status is NO_STATUS
    reply = parsed.reply if parsed.reply.text or parsed.reply.code else None
    reported = parsed.reply.enhanced_status if is_bare else status.status
    suppress = decision.suppress
    if suppress == "now" and given.recipient is None and not is_bare:
        suppress = "if-repeated"  # the report does not say whom to stop
    if suppress == "now" and (status.cautions or status.doubt is not None):
        suppress = "if-repeated"
    retry_after = parsed.retry_after
    if rule is not None and retry_after is None:
        retry_after = rule.retry_after
    # By place, as everything that is made for each reply: by name this takes three times as long, a tenth of the whole.
    return Classification(
        given.id,
        decision.verdict,
        decision.reason,
        decision.transient,
        suppress,
        decision.scope,
        retry_after,
        decision.explanation,
        decision.decided_by,
        decision.provider,
        given.recipient,
        ("request" if given.recipient else None) if is_bare else status.recipient_source,
        status.original_recipient,
        status.final_recipient,
        given.action,
        reported,
        context.remote_mta,
        shown_diagnostic(status),
        status.last_attempt_date,
        status.will_retry_until,
        forward_path,
        blocklist,
        None if reply is None else _answering(reply, context.command),
        None if rule is None else RuleHit(rule.id, rule.source, words, rule.reference),
        _evidence(status, parsed, context, decision, line, reply, reported),
        digest,
        __version__,
    )


def _evidence(
    status: RecipientStatus,
    parsed: ParsedReply,
    context: Context,
    decision: Decision,
    line: Evidence | None,
    reply: Reply | None,
    reported: str | None,
) -> list[Evidence]:
    """Every step's finding, the deciding one first. `reported`: the answer's `status`."""
    evidence = [*decision.evidence] if line is None else [line, *decision.evidence]
    if reply is None or status.status or parsed.inner:  # else the enhanced code is the answered reply's own
        evidence = [_placed(found, reply, reported) if found.field == ENHANCED else found for found in evidence]
    if status is not NO_STATUS:
        evidence.append(
            Evidence("parse", f"read by {status.read_by}", None, None, "diagnostic_code" if status.diagnostic_code else None)
        )
        evidence += [Evidence("parse", caution) for caution in status.cautions]
        if status.doubt is not None:
            evidence.append(status.doubt)
    if parsed.surprises:
        evidence += [Evidence("parse", surprise) for surprise in parsed.surprises]
    if context.command is not None:
        source = "report" if status is not NO_STATUS and context.command_from == "request" else context.command_from
        evidence.append(_COMMAND_FROM[source])
    return evidence


def _placed(line: Evidence, reply: Reply | None, reported: str | None) -> Evidence:
    """A finding about an enhanced code at the place where the answer shows that code: the reply's, the report's, a quoted reply's.

    Nowhere where the answer does not show it.
    """
    code = line.found.split(maxsplit=1)[0]
    if reply is not None and reply.enhanced_status == code:
        return line
    if reported == code:
        return replace(line, field="status")
    start = reply.text.find(code) if reply is not None else -1
    if start < 0:
        return replace(line, field=None, start=None, end=None)
    return replace(line, field="reply.text", start=start, end=start + len(code))


def _answering(reply: Reply, command: Command | None) -> Reply:
    return reply if reply.command == command else Reply(reply.code, reply.enhanced_status, command, reply.text)


_COMMAND_FROM: dict[str | None, Evidence] = {
    source: Evidence("context", f"the command is known from the {source}", field="reply.command")
    for source in ("request", "report", "text")
}


def shown_diagnostic(status: RecipientStatus) -> str | None:
    """The diagnostic code as an answer shows it, cut: one of 4 MB would come back whole."""
    return status.diagnostic_code and status.diagnostic_code[:MAX_DIAGNOSTIC]


def matched_words(rule: Rule, decision: Decision, scanned: ScannedReply) -> tuple[str | None, Evidence]:
    """The words that the deciding rule matched, and its evidence with their place in the answered text."""
    if scanned.span is None:
        return None, Evidence("rules", rule.id, decision.verdict, rule.source)
    text, answered = scanned.texts[decision.text_index].text, scanned.parsed.reply.text
    start, end = scanned.span
    words = text[start:end]
    if text is not answered and len(text) != len(answered):  # a quoted reply stands somewhere in the answered text
        start = answered.find(words)
        end = start + len(words)
    if start < 0:
        return words, Evidence("rules", rule.id, decision.verdict, rule.source)
    return answered[start:end], Evidence("rules", rule.id, decision.verdict, rule.source, "reply.text", start, end)
