"""Part of step 2: recipients of an unknown notice that its lines set apart, each with its own words, or a list with one reply for all."""

import re
from collections.abc import Iterator, Sequence

from bounce_verdict.pipeline.parse.addresses import address_key, find_addresses
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import ADDRESS
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

REPLY = re.compile(r"(?:^|[\s:>(\[\"'\]：（【“「])([45]\d\d[ -](?:#?[245]\.\d{1,3}\.\d{1,3}\b|[^\s\d]).*)")
# The next line of a session, whatever marks it.
_TURN = re.compile(
    r"\s{0,20}(?:[CS]:|Client:|Server:|Sent:|Received:|[-=]{1,2}>|<[-=]{1,2}|>>>|<<<|(?:QUIT|RSET|RCPT|MAIL|DATA|EHLO|HELO)\b)"
)
_MARK = r"\s{0,20}(?:[-*•·‣◦>#–—]\s{0,3}|\(?\d{1,2}[.)]\s{1,3})?"
_ITEM = re.compile(r"\s{0,20}(?:[*•·‣◦–—]|-{1,2}(?=\s)|\(?\d{1,2}[.)])\s")
# An address that begins a line: alone, behind a mark or a label, or with its words behind it.
_HEAD = re.compile(rf"{_MARK}(?:[\w ()-]{{1,30}}[:：]\s{{0,5}})?<?(?P<to>{ADDRESS})>?\s{{0,5}}(?:$|[:,;(–—-]|(?=[45]\d\d[ -]))")
# An address with nothing beside it, and one line with all of them.
_ALONE = re.compile(rf"{_MARK}[<\"']?(?P<to>{ADDRESS})[>\"']?\s{{0,3}}[,;.]?$")
_SEVERAL = re.compile(
    rf"(?P<intro>[^@:：]{{1,120}})[:：]\s{{0,5}}(?P<to><?{ADDRESS}>?(?:\s{{0,3}}(?:[,;]|and\b|und\b|et\b|e\b|y\b|и\b)\s{{0,3}}<?{ADDRESS}>?){{1,20}})\s{{0,3}}\.?$"
)
# Several in one sentence, each with its reply in brackets.
_IN_A_ROW = re.compile(rf"(?<![^\s<])({ADDRESS})>?\s{{0,3}}\(([45]\d\d [^()]{{1,300}})\)")
# Sums our message up: whom it was for, not who failed.
_SUMMARY = re.compile(
    r"\s{0,20}(?:to|cc|bcc|an|kopie|[àa]|para|per|do|kopia|kome|til|aan|кому|копия|宛先|収件人|收件人|받는사람)\s{0,3}$",
    re.IGNORECASE,
)
_EDGE = " \t:：,;(–—-"
_MAX_REPLY_LINES = 30
_MAX_BLOCKS = 50  # recipients of a notice that nobody knows; who lists more means something else


def read_blocks(lines: Sequence[str], ours: set[str], failures: Sequence[bool]) -> list[tuple[str, str]]:
    """The addresses that begin a line, each with the reply that stands behind it or below, ahead of the next address.

    Those without a code have the words behind them on their line, where these speak of a failure.
    failures: of which lines speak of a failure. ours: keys of addresses that failed at nothing.
    """
    found: dict[str, str] = {}
    words: dict[str, str] = {}
    address: str | None = None
    for number, line in enumerate(lines):
        if len(words) > _MAX_BLOCKS:
            return []
        each = [hit.groups() for hit in _IN_A_ROW.finditer(line)] if "@" in line and ")" in line else []
        if len(each) > 1:
            found |= {named: said for named, said in each if address_key(named) not in ours}
            continue
        head = _HEAD.match(line) if "@" in line else None
        if head is not None:
            named = find_addresses(head["to"])
            address = named[0] if named and address_key(named[0]) not in ours else None
            behind = line[head.end("to") :].strip(_EDGE + ">)")
            if address is not None and failures[number] and behind and "@" not in behind:
                words.setdefault(address, behind)
        if address is not None and address not in found and (reply := REPLY.search(line)) is not None:
            if len(found) == _MAX_BLOCKS:
                return []
            found[address] = join_reply([reply.group(1), *continued(lines, number + 1)])
    if len(found) > _MAX_BLOCKS:
        return []
    if len(both := words.keys() | found.keys()) > 1 and len(found) < len(both):
        found = {each: found.get(each) or words[each] for each in dict.fromkeys((*found, *words))}
    return list(found.items())


def continued(lines: Sequence[str], start: int) -> Iterator[str]:
    """The lines that go on with a reply: up to a blank one, the session's next turn, the next item or the next recipient."""
    for line in lines[start : start + _MAX_REPLY_LINES]:
        if not line.strip() or _TURN.match(line) or _ITEM.match(line) or (_HEAD.match(line) if "@" in line else None):
            return
        yield line.strip()


def read_list(lines: Sequence[str], ours: set[str]) -> list[str]:
    """The addresses that stand alone, one on a line, or all behind one colon; [] where the text names anybody else.

    Who is in such a list failed; who is named in any other place may be a bystander, and then nobody knows who is not.
    """
    listed: dict[str, str] = {}
    others: set[str] = set()
    for line in lines:
        if "@" not in line:
            continue
        several = _SEVERAL.match(line)
        alone = _ALONE.match(line) if several is None else None
        if several is not None and _SUMMARY.match(several["intro"]) is None:
            listed |= {address_key(address): address for address in find_addresses(several["to"])}
        elif alone is not None:
            listed |= {address_key(address): address for address in find_addresses(alone["to"])}
        else:
            others |= set(map(address_key, find_addresses(line)))
        if len(listed) + len(others) > 2 * _MAX_BLOCKS:
            return []
    found = [address for key, address in listed.items() if key not in ours]
    is_certain = 1 < len(found) <= _MAX_BLOCKS and others <= ours | listed.keys()
    return found if is_certain else []
