"""A rule in the format of the rules' files, as far as a reply alone can tell it."""

import json
import re

from bounce_verdict.cli.bulk.tally import fixed_parts
from bounce_verdict.cli.output.printing import printable
from bounce_verdict.model import Classification, Command

_ADDRESS = re.compile(r"[^\s<>@\"]{1,200}@[^\s<>@\"]{1,200}[^\s<>@\".,:;)]")
_SPECIAL = frozenset(r"\.^$*+?()[]{}|")  # what a pattern takes for more than itself
_SHORT_WORD = 3  # letters
_NAMED_BY = 4  # words
_MAX_PATTERN = 300  # characters; the rules' own limit is 500


def skeleton(reply: str, answer: Classification, *, command: Command | None, remote_mta: str | None, rule_id: str | None) -> str:
    """The rule's text. answer: what the codes alone say of the reply."""
    parts = [part for part in fixed_parts(answer.reply.text if answer.reply is not None else "") if re.search(r"\w", part)]
    pattern = _pattern(parts)
    lines = [
        "",
        f"# Without it: {answer.verdict or 'none'}, {answer.reason}, by {answer.decided_by}.",
        "[[rule]]",
        f'id = "{rule_id or _name(parts)}"',
        *([f"match = {_toml(pattern)}  # keep the words that tell the cause"] if pattern else [_when(answer)]),
        'verdict = ""  # retry, permanent, policy, storage, or none',
        'reason = ""  # one of reasons.toml',
        'reference = ""  # the page, RFC section or program that has this text',
        f"hits = [{_hit(reply, command, remote_mta)}]",
        "misses = []  # at least one reply that comes close and means something else",
    ]
    return "\n".join(lines) + "\n"


def _pattern(parts: list[str]) -> str:
    """Parts of the text, with anything between them."""
    found = ""
    for part in parts:
        longer = f"{found}.*{_quoted(part)}" if found else _quoted(part)
        if len(longer) > _MAX_PATTERN:
            break
        found = longer
    return found or (_quoted(parts[0])[:_MAX_PATTERN].rpartition(" ")[0] if parts else "")


def _quoted(part: str) -> str:
    """The part as a pattern. "." stands for what cannot be written in TOML's literal string, and for apostrophes of other kinds."""
    return "".join("." if sign == "'" or not sign.isprintable() else rf"\{sign}" if sign in _SPECIAL else sign for sign in part)


def _when(answer: Classification) -> str:
    code = str(answer.reply.code) if answer.reply is not None and answer.reply.code else '"none"'
    return f"when = {{ code = [{code}] }}"


def _name(words: list[str]) -> str:
    named = [word for word in re.findall(r"[a-z]+", " ".join(words).lower()) if len(word) >= _SHORT_WORD][:_NAMED_BY]
    return f"local.{'-'.join(named) or 'new'}"


def _hit(reply: str, command: Command | None, remote_mta: str | None) -> str:
    text = _toml(_ADDRESS.sub("ana@example.org", reply))
    if command is None and remote_mta is None:
        return text
    more = {"command": command, "remote_mta": remote_mta}
    return f"{{ reply = {text}, {', '.join(f'{key} = {_toml(said)}' for key, said in more.items() if said)} }}"


def _toml(text: str) -> str:
    """A TOML string: literal, where it can be."""
    lines = [printable(line) for line in text.splitlines()]
    return f"'{lines[0]}'" if len(lines) == 1 and "'" not in text else json.dumps("\n".join(lines), ensure_ascii=False)
