"""Where the targets begin: the corpus, the rules' hits and misses, the rules' files. A fuzzer that begins with nothing finds little."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bounce_verdict.model import Example
from bounce_verdict.rulebook.files import SourceFile, read_files, rules_folder
from bounce_verdict.rulebook.load import load_rulebook

_CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
_TOGETHER = 3  # rules of a file in one seed
_EVERY = 6  # one rule in so many, where each is compiled
SEPARATOR = b"\x1f"  # of the fields of a reply: no reply holds it


def mails() -> Iterator[bytes]:
    """Every message of the corpus."""
    for path in sorted(_CORPUS.glob("**/*.eml")):
        yield path.read_bytes()


def mails_with_envelope() -> Iterator[bytes]:
    """Every message of the corpus, below a line with the address that it arrived at."""
    for path in sorted(_CORPUS.glob("**/*.eml")):
        row = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        yield (row.get("envelope_to") or "").encode() + b"\n" + path.read_bytes()


def forgeries() -> Iterator[bytes]:
    """A server's reply, what a report says beside it, and what the returned copy says, between separators."""
    for reply in (b"550 5.1.1 user unknown", b"550 5.1.1 <ana@far.example>: Recipient address rejected: User unknown"):
        for beside in (b"", b"Original-Recipient: rfc822; ana@far.example"):
            for copy in (b"hi", b"Final-Recipient: rfc822; eve@living.example\nAction: failed\nStatus: 5.1.1\n"):
                yield SEPARATOR.join((reply, beside, copy))


def replies() -> Iterator[bytes]:
    """Every hit and miss of the shipped rules, with what is known around it."""
    for rule in load_rulebook(rules_folder()).rules:
        yield from map(_joined, (*rule.hits, *rule.misses))


def rules_files() -> Iterator[bytes]:
    """The shipped rules' files, a few rules a piece, and the tables; each below a line with its path."""
    for file in read_files(rules_folder()):
        for piece in _pieces(file, _TOGETHER):
            yield b"# " + file.path.encode() + b"\n" + piece


def single_rules() -> Iterator[bytes]:
    """One shipped rule in six, and one table in six, each below a line with its path."""
    for file in read_files(rules_folder()):
        for piece in islice(_pieces(file, 1), 0, None, _EVERY):
            yield b"# " + file.path.encode() + b"\n" + piece


def _joined(example: Example) -> bytes:
    fields: Sequence[str | None] = (example.reply, example.command, example.remote_mta, example.recipient)
    return SEPARATOR.join((field or "").encode() for field in fields)


def _pieces(file: SourceFile, together: int) -> Iterator[bytes]:
    """The file's tables, some at once, each time behind what stands ahead of the first."""
    head, *tables = re.split(rb"^(?=\[)", file.data, flags=re.MULTILINE)
    if not tables:
        yield head
    for first in range(0, len(tables), together):
        yield head + b"".join(tables[first : first + together])
