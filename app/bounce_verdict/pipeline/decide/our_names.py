"""Part of step 6: replies that name us, the sender, as what they refuse. They say nothing of the recipient, whatever code stands beside it."""

from collections.abc import Iterator, Sequence

from bounce_verdict.model import ReplyInput

_IN_NAME = frozenset(".-_")


def our_names(given: ReplyInput, own_domains: Sequence[str]) -> tuple[str, ...]:
    """What may name us in a reply, in lower case: the envelope sender and its domain, the address and name of our host, our domains.

    What the recipient has too is left out: it would name him.
    """
    if given.sender is None and given.sending_ip is None and given.sending_host is None and not own_domains:
        return ()
    recipient = (given.recipient or "").strip(" <>").lower()
    names = [name for name in _names(given, own_domains) if name and not _is_the_recipients(name, recipient)]
    return tuple(dict.fromkeys(names))


def place_of_name(name: str, words: str) -> int:
    """Where `name`, in lower case, stands in the text as a word of its own, or as the domain or a part of a longer name; -1 for nowhere."""
    lower, at = words.lower(), -1
    while (at := lower.find(name, at + 1)) >= 0:
        before, after = lower[at - 1 : at], lower[at + len(name) :][:2]
        begins = not (before.isalnum() or before in _IN_NAME) or (before == "." and not name[:1].isdigit())
        if begins and not (after[:1].isalnum() or (after[:1] in _IN_NAME and after[1:].isalnum())):
            return at
    return -1


def _names(given: ReplyInput, own_domains: Sequence[str]) -> Iterator[str]:
    sender = (given.sender or "").strip(" <>").lower()
    yield from (sender, sender.rpartition("@")[2])
    yield (given.sending_ip or "").strip(" []").lower()
    yield (given.sending_host or "").strip(" .").lower()
    yield from own_domains


def _is_the_recipients(name: str, recipient: str) -> bool:
    if not recipient:
        return False
    domain = recipient.rpartition("@")[2]
    return name == recipient or ("@" not in name and (domain == name or domain.endswith("." + name)))
