"""Reply lines that nobody has seen: our own texts, each time with other addresses, networks, ids, and now and then a slip.

Codes, hosts and the words that rules look for stay as they are in most lines, so that a line costs what such a line costs.
"""

import random
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from string import ascii_lowercase, ascii_uppercase, digits

from bounce_verdict.model import MessageInput, ReplyInput, Rulebook
from bounce_verdict.pipeline import Pipeline

SEED = 5321
_SLIPS = 4  # one line of so many has two letters of a word exchanged
_WRAPPED = 3  # of refusals one in so many stands in the words that Postfix 3.7 puts around a reply
_LOCAL = re.compile(r"[\w.+=-]{1,64}(?=@)")
_NETWORK = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
_NUMBER = re.compile(r"\b\d{5,}\b")
_QUEUE_ID = re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{10,}\b")
_WORD = re.compile(r"[a-z]{5,}")
_AROUND = "host mx1.ridge.example[203.0.113.9] said: {} (in reply to RCPT TO command)"


class Lines:
    """An endless supply of replies; none comes twice. The same seed gives the same ones."""

    def __init__(self, seeds: Sequence[ReplyInput], seed: int = SEED) -> None:
        self._random = random.Random(seed)  # noqa: S311  # not for secrets
        self.seeds = list(seeds)
        self._given: set[str] = set()
        self._at = len(self.seeds)

    def take(self, count: int) -> list[ReplyInput]:
        """The next `count`: every text once before any comes again."""
        return list(islice(self._fresh(), count))

    def take_often(self, count: int) -> list[ReplyInput]:
        """The next `count` as traffic has them: the text of rank n comes 1/n times as often as the first (Zipf), each time other."""
        weights = [1 / rank for rank in range(1, len(self.seeds) + 1)]
        return [self._changed(seed) for seed in self._random.choices(self.seeds, weights, k=count)]

    def _fresh(self) -> Iterable[ReplyInput]:
        while True:
            if self._at >= len(self.seeds):
                self._random.shuffle(self.seeds)
                self._at = 0
            seed = self.seeds[self._at]
            self._at += 1
            yield self._changed(seed)

    def _changed(self, seed: ReplyInput) -> ReplyInput:
        text = vary(seed.reply, self._random)
        while text in self._given:
            text = f"{vary(seed.reply, self._random)} {_alike('k7si1x', self._random)}"
        self._given.add(text)
        if self._random.randrange(_WRAPPED) == 0 and seed.command in {None, "RCPT"} and text[:1] in "45":
            text = vary(_AROUND, self._random).format(text)
        recipient = f"{_name(self._random)}@{seed.recipient.rpartition('@')[2]}" if seed.recipient else None
        return ReplyInput(text, seed.command, seed.remote_mta, recipient, seed.action)


def wave(seeds: Sequence[ReplyInput], count: int, templates: int = 40, seed: int = SEED) -> list[ReplyInput]:
    """What a campaign gets back when it is refused: few texts, each for many recipients, whose names stand in some of them."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    chosen = chance.sample(list(seeds), templates)
    found = []
    for number in range(count):
        one = chance.choice(chosen)
        text = _LOCAL.sub(lambda _: _name(chance), one.reply)
        recipient = f"{_name(chance)}@{(one.recipient or '@example.org').rpartition('@')[2]}"
        found.append(ReplyInput(text, one.command, one.remote_mta, recipient, one.action, str(number)))
    return found


def seeds(book: Rulebook, pipeline: Pipeline, mails: Iterable[bytes]) -> list[ReplyInput]:
    """Every text that a rule takes for a hit, and every diagnostic that our mails hold, with what is known around it."""
    found = [
        ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient or "ana@example.org")
        for rule in book.rules
        for hit in rule.hits
    ]
    for raw in mails:
        found += [
            ReplyInput(one.diagnostic_code, one.reply.command, one.remote_mta, one.recipient, one.action)
            for one in pipeline.message(MessageInput(raw)).recipients
            if one.diagnostic_code and one.reply is not None
        ]
    return found


def vary(text: str, chance: random.Random) -> str:
    """`text` with other names, networks, numbers and ids in it."""
    text = _LOCAL.sub(lambda _: _name(chance), text)
    text = _NETWORK.sub(lambda _: f"203.0.113.{chance.randrange(256)}", text)
    text = _NUMBER.sub(lambda found: _alike(found[0], chance), text)
    text = _QUEUE_ID.sub(lambda found: _alike(found[0], chance), text)
    return _slip(text, chance) if chance.randrange(_SLIPS) == 0 else text


def _name(chance: random.Random) -> str:
    return f"{''.join(chance.choices(ascii_lowercase, k=chance.randrange(3, 9)))}{chance.randrange(1_000)}"


def _alike(text: str, chance: random.Random) -> str:
    """Other letters for the letters, other digits for the digits."""
    return "".join(chance.choice(_kind(one)) for one in text)


def _kind(one: str) -> str:
    return next((kind for kind in (digits, ascii_lowercase, ascii_uppercase) if one in kind), one)


def _slip(text: str, chance: random.Random) -> str:
    words = list(_WORD.finditer(text))
    if not words:
        return text
    at = chance.choice(words).start() + 1
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
