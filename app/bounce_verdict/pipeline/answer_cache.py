"""Answers given lately. Refusals come in waves: a blocklisting, a full disk, a dead domain give the same words thousands of times.

Only the same words count: what differs between two replies, if only a number, may be what a rule looks at.
"""

from collections import OrderedDict

from bounce_verdict.model import Action, Classification, Command, ReplyInput
from bounce_verdict.pipeline.context import ProviderIndex, provider_of

MOST = 128  # answers kept, of some three kilobytes each: more would push out of the processor's cache what every reply needs
LONGEST = 1_000  # characters of a reply that is kept

# All that an answer depends on, but for what it echoes: of the recipient, whether one is named and whose domain it is.
Key = tuple[str, Command | None, str | None, Action | None, str | bool | None]


def key_of(given: ReplyInput, index: ProviderIndex) -> Key:
    """The key of a reply."""
    whose = provider_of(given.recipient, index) if given.recipient else False
    return given.reply, given.command, given.remote_mta, given.action, whose


class AnswerCache(OrderedDict[Key, Classification]):
    """The last answers of one classifier, by their keys."""

    def keep(self, key: Key, answer: Classification) -> None:
        """Remember an answer, and forget the oldest where there are many."""
        if len(key[0]) <= LONGEST:
            if len(self) >= MOST:
                self.popitem(last=False)
            self[key] = answer


def again(known: Classification, given: ReplyInput) -> Classification:
    """`known` with what this caller is to find in it again."""
    return Classification(
        given.id,
        known.verdict,
        known.reason,
        known.transient,
        known.suppress,
        known.scope,
        known.retry_after,
        known.explanation,
        known.decided_by,
        known.provider,
        given.recipient,
        known.recipient_source,
        known.original_recipient,
        known.final_recipient,
        known.action,
        known.status,
        known.remote_mta,
        known.diagnostic_code,
        known.last_attempt_date,
        known.will_retry_until,
        known.forward_path,
        known.blocklist,
        known.reply,
        known.rule,
        known.evidence,
        known.rules_digest,
        known.version,
    )
