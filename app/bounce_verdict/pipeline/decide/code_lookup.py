"""Step 4 (tables.py) for the decider: what a reply's codes would decide, as candidates with their evidence."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bounce_verdict.model import Command, Evidence, Reply
from bounce_verdict.pipeline.decide.tables import ENHANCED, Meaning, Tables, look_up_code, look_up_enhanced
from bounce_verdict.pipeline.decide.verdict import Candidate

SAYS_NOTHING = "5.0.0"  # Exim 4.96 and Courier 1.0 write it for every failure
MAX_COMBINATIONS = 4_096  # combinations of codes and command whose meaning is kept; replies use a few hundred


class CodeFinding(NamedTuple):
    """What the tables say of a code: what it would decide, and the evidence."""

    candidate: Candidate
    evidence: Evidence


# A delay says of itself that the message is still being tried (RFC 3464 §2.3.3), as a 4.x.x does.
WAITING: Sequence[CodeFinding] = [
    CodeFinding(
        Candidate(
            "first-digit", "retry", "unspecified", transient=True, explain="The message is delayed; the report gives no reason."
        ),
        Evidence("parse", "action: delayed", "retry", "RFC 3464 §2.3.3", "action"),
    )
]


class CodeLookup:
    """Looks codes up, and keeps what it found."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._find = lru_cache(maxsize=MAX_COMBINATIONS)(self._look_up)

    def find_nested(self, replies: Sequence[Reply]) -> Sequence[CodeFinding]:
        """For replies of which each stands inside the next: the innermost specific enhanced code, then the last one's reply code."""
        if len(replies) == 1:
            return self.find(replies[0])
        found = [self.find(reply) for reply in replies]
        enhanced = [findings[0] for findings in found if findings and findings[0].candidate.decided_by == "enhanced-status"]
        codes = [finding for finding in found[-1] if finding.candidate.decided_by != "enhanced-status"]
        return [*enhanced[:1], *codes]

    def find(self, reply: Reply) -> Sequence[CodeFinding]:
        """For one reply: its enhanced code where that is specific, then its reply code."""
        return self._find(reply.code, reply.enhanced_status, reply.command)

    def says_dead(self, reply: Reply) -> bool:
        """Whether its enhanced code is specific, and says that the address is dead."""
        found = self.find(reply)
        return bool(found) and found[0].candidate.decided_by == "enhanced-status" and found[0].candidate.verdict == "permanent"

    def _look_up(self, code: int | None, enhanced: str | None, command: Command | None) -> Sequence[CodeFinding]:
        reply = Reply(code, enhanced, command, "")
        meanings = [look_up_enhanced(reply, self._tables)]
        if code is not None or (enhanced is not None and enhanced != SAYS_NOTHING):
            meanings.append(look_up_code(reply, self._tables))
        return [_from_tables(meaning) for meaning in meanings if meaning is not None]


def _from_tables(meaning: Meaning) -> CodeFinding:
    start, end = (0, len(meaning.found.split(maxsplit=1)[0])) if meaning.field == ENHANCED else (None, None)
    line = Evidence("tables", meaning.found, meaning.verdict, meaning.source, meaning.field, start, end)
    candidate = Candidate(
        decided_by=meaning.decided_by,
        verdict=meaning.verdict,
        reason=meaning.reason,
        scope=meaning.scope,
        suppress=meaning.suppress,
        surprises=meaning.surprises,
    )
    return CodeFinding(candidate, line)
