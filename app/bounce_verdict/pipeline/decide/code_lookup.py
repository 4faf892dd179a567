"""What the tables say of a reply's codes (step 4), as candidates with their evidence, for step 6 to weigh."""

from collections.abc import Sequence
from functools import lru_cache

from bounce_verdict.model import Command, Evidence, Reply
from bounce_verdict.pipeline.decide.tables import ENHANCED, Meaning, Tables, look_up_code, look_up_enhanced
from bounce_verdict.pipeline.decide.verdict import Candidate

Told = tuple[Candidate, Evidence]

SAYS_NOTHING = "5.0.0"  # Exim 4.96 and Courier 1.0 write it for every failure
MOST_CODES = 4_096  # combinations of codes and command whose meaning is kept; replies use a few hundred
# A delay says of itself that the message is still being tried (RFC 3464 §2.3.3), as a 4.x.x does.
WAITING: Sequence[Told] = [
    (
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
        self._of_codes = lru_cache(maxsize=MOST_CODES)(self._look_up)

    def of_all(self, texts: Sequence[Reply]) -> Sequence[Told]:
        """For replies of which each stands inside the next: of the innermost specific enhanced code, then of the last reply code."""
        if len(texts) == 1:
            return self.of(texts[0])
        exact = next((told[0] for text in texts if (told := self.of(text)) and told[0][0].decided_by == "enhanced-status"), None)
        code = [told for told in self.of(texts[-1]) if told[0].decided_by != "enhanced-status"]
        return [exact, *code] if exact is not None else code

    def of(self, reply: Reply) -> Sequence[Told]:
        """For one reply: of its enhanced code where that is specific, then of its reply code."""
        return self._of_codes(reply.code, reply.enhanced_status, reply.command)

    def _look_up(self, code: int | None, enhanced: str | None, command: Command | None) -> Sequence[Told]:
        reply = Reply(code, enhanced, command, "")
        meanings = [look_up_enhanced(reply, self._tables)]
        if code is not None or (enhanced is not None and enhanced != SAYS_NOTHING):
            meanings.append(look_up_code(reply, self._tables))
        return [_from_tables(meaning) for meaning in meanings if meaning is not None]


def _from_tables(meaning: Meaning) -> Told:
    start, end = (0, len(meaning.found.split(maxsplit=1)[0])) if meaning.field == ENHANCED else (None, None)
    line = Evidence("tables", meaning.found, meaning.verdict, meaning.source, meaning.field, start, end)
    return Candidate(
        decided_by=meaning.decided_by,
        verdict=meaning.verdict,
        reason=meaning.reason,
        scope=meaning.scope,
        suppress=meaning.suppress,
        surprises=meaning.surprises,
    ), line
