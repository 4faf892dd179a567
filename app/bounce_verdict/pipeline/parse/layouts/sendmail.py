"""Layout: Sendmail 5 to 8.18 (savemail.c, usersmtp.c) and what copies it.

Two sections say what happened: the addresses with `(reason: FIRST LINE)`, and the transcript with the whole replies and
the commands. Sendmail adds verdicts of its own (`550 5.1.1 <r>... User unknown` for any 550 at RCPT, `554 5.0.0 Service
unavailable`), and the server's complaints about what follows a refusal (`503 Need RCPT`): none of these is the reply.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import address_key, clean_address, domain_of, fold_domain
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any
from bounce_verdict.pipeline.parse.layouts.smtp_transcript import Turn, answered_command, is_noise, read_transcript
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

SIGNS = (
    "Transcript of session follows",
    "Transcript of the session follows",
    "addresses had permanent fatal errors",
    "addresses had transient non-fatal errors",
)
_SECTION = re.compile(r"\s{0,8}-{3,8} (.{1,200}?) -{3,8}\s{0,8}$")
_SECTIONS: tuple[tuple[str, Action], ...] = (
    ("permanent fatal errors", "failed"),
    ("transient non-fatal errors", "delayed"),
    ("successful delivery notifications", "delivered"),
    ("successfully delivered", "delivered"),
    ("delivery problems", "failed"),
    ("delivery notifications", "failed"),  # Sendmail 8.7: each address says in brackets what became of it
)
_NOTES: tuple[tuple[str, Action], ...] = (
    ("relayed", "relayed"),
    ("successful", "delivered"),
    ("delivered", "delivered"),
    ("expanded by", "expanded"),
    ("transient", "delayed"),
)
_LISTED = re.compile(
    r"\s{0,3}(?:<([^<>\s]{1,320}+)>|([^\s<>():@]{1,256}+@[^\s<>():@]{1,256}+|[\w.+-]{1,64}+))\s{0,5}(\(.{1,200}\))?\s{0,5}$"
)
_REASON = re.compile(r"\s{1,8}\(reason: (.*)")
_EXPANDED = re.compile(r"\s{1,8}\(expanded from: <?([^<>()\s]{1,320}+)>?\)")
_LOCAL = re.compile(
    r"((?:[2-5]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?)?)(?:<([^<>\s]{1,320}+)>|([^\s<>@]{1,256}+@[^\s<>@]{1,256}?|[\w+-]{1,64}+))\.\.\. ?(.*)"
)
_CODES = re.compile(r"[2-5]\d\d [245]\.\d{1,3}\.\d{1,3} |[2-5]\d\d ")
_MAX_PRINTED = 5  # lines of a local mailer's output that are kept
_MAX_COMPARED = 50  # addresses, or turns with one text, that are compared with each other
_PREFIX = 60  # characters of a reply by which it is found
_MIN_SHORTENED = 150  # shorter reasons are whole


class _Listed(Struct):
    """An address of the first section, or of a line of the transcript."""

    address: str
    reason: str = ""
    expanded_from: str | None = None
    action: Action = "failed"
    local: str = ""


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per listed address, else per address of the transcript; [] where the notice is not Sendmail's."""
    if not holds_any(notice.text, SIGNS):
        return []
    sections = _sections(notice.lines)
    transcript = [line for title, lines in sections if "ranscript of " in title for line in lines]
    turns, before = read_transcript(transcript)
    listed = [one for title, lines in sections if (action := _section_action(title)) for one in _listed(lines, action)]
    said_locally = list(_local_lines(before, turns))
    if not listed:
        action = _notice_action(notice)
        listed = [_Listed(one.address, "", None, action, one.local) for one in said_locally]
    if not listed and not turns and notice.message.content_type == "multipart/report":
        return _without_address(before, _notice_action(notice))
    if len(listed) == 1 and not turns and not listed[0].reason and not said_locally:
        listed = [replace(listed[0], local=_said_of_program(before))]
    return _match(listed, turns, said_locally)


def _said_of_program(lines: Sequence[str]) -> str:
    """What a program printed that an alias names, with the codes of the line in which Sendmail reports its exit status."""
    at = next((number for number, line in enumerate(lines) if is_reply(line)), None)
    if at is None:
        return " ".join(lines[-_MAX_PRINTED:])
    codes = _CODES.match(lines[at])
    return (codes[0] if codes is not None else "") + " ".join(
        [*lines[max(0, at - _MAX_PRINTED) : at], lines[at][codes.end() if codes else 0 :]]
    )


def _without_address(lines: Sequence[str], action: Action) -> list[RecipientStatus]:
    """What Sendmail says of no address: a transcript of one line, `451 4.0.0 Operating system error`, for the report's recipient."""
    said = next((line for line in lines if is_reply(line)), None)
    return [RecipientStatus(action=action, reply=said, said_by="local", read_by="sendmail")] if said else []


def _sections(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """(title, lines) of each `----- title -----` section, in order; a section ends at the next one."""
    sections: list[tuple[str, list[str]]] = []
    for line in lines:
        if "--- " in line and (found := _SECTION.match(line)) is not None:
            sections.append((found.group(1), []))
        elif sections:
            sections[-1][1].append(line)
    return sections


def _section_action(title: str) -> Action | None:
    """What a section of addresses says of them; None for any other section."""
    return next((action for words, action in _SECTIONS if words in title), None)


def _notice_action(notice: Notice) -> Action:
    still = "Will keep trying" in notice.text or "WARNING MESSAGE ONLY" in notice.text or "still undelivered after" in notice.text
    return "delayed" if still else "failed"


def _listed(lines: Sequence[str], action: Action) -> list[_Listed]:
    """The addresses of a section, each with the reason, and the address that it was expanded from, which stand indented below it.

    A program or file that an alias names (`"|/usr/bin/filter"`) has no address but that one.
    """
    found: list[_Listed] = []
    for line in lines:
        if "(reason: " in line and (reason := _REASON.match(line)) is not None:
            if found:
                words = reason.group(1).rstrip().removesuffix(")").strip()
                found[-1] = replace(found[-1], reason="" if words.isdigit() else words)  # the exit status of a program
        elif "(expanded from: " in line and (expanded := _EXPANDED.match(line)) is not None:
            if found:
                found[-1] = replace(found[-1], expanded_from=clean_address(expanded.group(1)))
        elif (address := _LISTED.match(line)) is not None:
            note = address.group(3) or ""
            became = next((became for words, became in _NOTES if words in note), action)
            found.append(_Listed(clean_address(address.group(1) or address.group(2), bare=True) or "", action=became))
        elif line.startswith(('"|', "|", "/", '"/')):
            found.append(_Listed("", action=action))
    named = [one if one.address else replace(one, address=one.expanded_from or "") for one in found]
    return [one for one in named if one.address]


def _local_lines(before: Sequence[str], turns: Sequence[Turn]) -> Iterator[_Listed]:
    """Sendmail's own lines about an address: `<r>... Deferred: TEXT`, `554 <r>... 550 Host unknown`.

    What a local mailer printed ahead of the first of them (`mail.local: unknown user: r`) belongs to its words.
    """
    printed: list[str] = []
    for line in before:
        local = _local_line(line, printed)
        if local is not None:
            yield local
        printed = [] if local is not None or is_reply(line) else [*printed, line][-_MAX_PRINTED:]
    for turn in turns:
        for line in turn.after:
            if (local := _local_line(line, ())) is not None:
                yield local


def _local_line(line: str, printed: Sequence[str]) -> _Listed | None:
    found = _LOCAL.match(line) if "..." in line else None
    address = clean_address(found.group(2) or found.group(3), bare=True) if found is not None else None
    if found is None or address is None:
        return None
    codes = "" if is_reply(found.group(4)) else found.group(1)  # Sendmail 5: "554 <r>... 550 Host unknown"
    return _Listed(address, local=codes + " ".join([*printed, found.group(4).strip()]))


class _Turns:
    """The transcript's turns, to be found by the words of the reply and by the address they are about."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.all = turns
        self.about = {id(turn): _about(turn) for turn in turns}
        self._by_words: dict[str, list[Turn]] = {}
        self._by_address: dict[str, list[Turn]] = {}
        for turn in turns:
            self._by_words.setdefault(_first_line(turn)[:_PREFIX], []).append(turn)
            self._by_address.setdefault(self.about[id(turn)], []).append(turn)

    def saying(self, words: str, key: str) -> Turn | None:
        """The one whose reply begins with the words; of several the one about the address."""
        same = [
            turn for turn in self._by_words.get(words[:_PREFIX], ())[:_MAX_COMPARED] if _is_short_for(words, _first_line(turn))
        ]
        named = [turn for turn in self._by_address.get(key, ())[:_MAX_COMPARED] if _is_short_for(words, _first_line(turn))]
        return next(iter([*named, *same]), None)

    def naming(self, key: str) -> Turn | None:
        """The first one about the address that is no mere consequence of another."""
        return next((turn for turn in self._by_address.get(key, ()) if not is_noise(turn)), None)


def _match(listed: Sequence[_Listed], turns: Sequence[Turn], local: Sequence[_Listed]) -> list[RecipientStatus]:
    """Give each address the turn that is about it; turns that are left over go to addresses that have none."""
    texts = {address_key(one.address): one.local for one in reversed(local)}
    known = _Turns(turns)
    chosen = [_find(one, known, texts.get(address_key(one.address), "")) for one in listed]
    if len(listed) <= _MAX_COMPARED:
        taken = {id(turn) for turn in chosen if turn is not None}
        free = [turn for turn in turns if id(turn) not in taken]
        for i, one in enumerate(listed):
            if chosen[i] is None and not one.reason:
                chosen[i] = _left_over(one, free, len(listed))
    return [_status(one, turn, texts.get(address_key(one.address), "")) for one, turn in zip(listed, chosen, strict=True)]


def _find(one: _Listed, known: _Turns, local: str) -> Turn | None:
    """By the reason's words, else by the address in the command or in the line that follows the reply."""
    key = address_key(one.address)
    wanted = one.reason or _CODES.sub("", local, count=1).removeprefix("Deferred: ")
    found = known.saying(wanted, key) if wanted else None
    return found if found is not None or one.reason else known.naming(key)


def _first_line(turn: Turn) -> str:
    return turn.reply.split("\n", 1)[0]


def _is_short_for(reason: str, reply: str) -> bool:
    """Whether the reason is the reply, which shortenstring() cuts in the middle beyond 203 characters (8.17)."""
    if reason == reply:
        return True
    start, cut, end = reason.partition("....")
    return bool(cut) and len(reason) > _MIN_SHORTENED and reply.startswith(start) and reply.endswith(end)


def _about(turn: Turn) -> str:
    """The address that the turn is about, as a key: its RCPT's, or that of Sendmail's own line after it; "" for none."""
    sent = clean_address(turn.sent) if turn.sent and command_of_phrase(turn.sent) == "RCPT" else None
    if sent is not None:
        return address_key(sent)
    local = next((local for line in turn.after if (local := _local_line(line, ())) is not None), None)
    return address_key(local.address) if local is not None else ""


def _left_over(one: _Listed, turns: Sequence[Turn], listed: int) -> Turn | None:
    """A turn that is no other address's: by the server's domain, or the only one where there is one address."""
    domain = domain_of(one.address)
    same = [turn for turn in turns if turn.host and domain and fold_domain(turn.host).endswith(domain)]
    if same:
        return next((turn for turn in same if not is_noise(turn)), same[0])
    if listed == 1:
        real = [turn for turn in turns if not is_noise(turn)]
        return real[-1] if real else None  # the last server tried is the one Sendmail reports
    return None


def _status(one: _Listed, turn: Turn | None, local: str) -> RecipientStatus:
    reply = turn.reply if turn is not None else (one.reason or one.local or local or None)
    return RecipientStatus(
        recipient=one.address,
        recipient_source="text",
        original_recipient=one.expanded_from,
        action=one.action,
        remote_mta=turn.host if turn is not None else None,
        reply=reply,
        said_by="remote" if turn is not None else ("local" if reply else None),
        command=answered_command(turn) if turn is not None else None,
        read_by="sendmail",
    )
