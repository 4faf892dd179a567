"""Replies joined in one text: the next one of the same server (`550 5.1.1 User unknown 421 4.7.0 too many errors`), and what the sending
program adds of its own behind the last (`450 4.2.0 Greylisted: retry timeout exceeded`).

Each reply is judged by itself, in order; of the program's own words only remains that it gave up (hints.is_expired).
"""

import re

from bounce_verdict.pipeline.parse.reply.codes import ENHANCED, UNITS, SplitReply, read_codes

_MAX_REPLIES = 5
# Another refusal: behind words, not behind what announces a quotation (that is nested_replies' business). Without an enhanced code it
# must stand behind the end of a sentence.
_NEXT = re.compile(
    rf"(?<=[\w.;!?)>\]])\s(?P<code>[45][0-9][0-9])[ -](?=(?P<enhanced>{ENHANCED})\s\S)|(?<=[.;!?)>])\s(?:4[25][01]|5[05][0-5])[ -](?=[A-Za-z<][A-Za-z ]{{3}})(?!{UNITS})"
)
_PROGRAM_TAILS = re.compile(
    r"""[\s:;,.(-]{0,5}+(?:retry\ timeout\ exceeded                                              # Exim 4.96
        | retry\ time\ not\ reached\ for\ any\ host(?:\ (?:for\ '[^']{1,255}'|after\ a\ long\ failure\ period))?
        | all\ hosts(?:\ for\ '[^']{1,255}')?\ have\ been\ failing\ for\ a\ long\ time[^:]{0,80}
        | I'm\ not\ going\ to\ try\ again;\ this\ message\ has\ been\ in\ the\ queue\ too\ long  # notqmail 1.09
        | Message\ could\ not\ be\ delivered\ for\ \d{1,3}\ \w{1,10}\.?(?:\s+Message\ will\ be\ deleted\ from\ queue)?  # Sendmail 8.17
        | Message\ will\ be\ deleted\ from\ queue
      )[\s.)]{0,5}+$""",
    re.VERBOSE | re.IGNORECASE,
)
_TAIL_SIGNS = (
    "retry time",
    "failing for a long time",
    "in the queue too long",
    "could not be delivered for",
    "deleted from queue",
)


def split_run_together(words: str, first: SplitReply) -> list[SplitReply]:
    """The replies that `words`, the text of `first`, holds one behind the other; [] where it is one."""
    starts = [found.start() + 1 for found in _NEXT.finditer(words) if _is_another(found, first)][: _MAX_REPLIES - 1]
    if not starts:
        return []
    ends = [*starts[1:], len(words)]
    return [
        SplitReply(first.code, first.enhanced, words[: starts[0]].rstrip()),
        *(read_codes(words[start:end].rstrip()) for start, end in zip(starts, ends, strict=True)),
    ]


def _is_another(found: re.Match[str], first: SplitReply) -> bool:
    """Whether the codes are not those of the first, which every line of a reply repeats (RFC 5321 §4.2.1)."""
    enhanced = found["enhanced"]
    if enhanced is None:
        return int(found.group()[1:4]) != first.code
    return enhanced[0] == found["code"][0] and (int(found["code"]), enhanced) != (first.code, first.enhanced)


def without_program_tail(text: str) -> str:
    """`text` without the words that a sending program adds behind a reply; as it is where nothing else would be left."""
    lower = text.lower()
    if not any(sign in lower for sign in _TAIL_SIGNS):
        return text
    for _ in range(_MAX_REPLIES):
        found = _PROGRAM_TAILS.search(text)
        if found is None or not found.start():
            break
        text = text[: found.start()]
    return text
