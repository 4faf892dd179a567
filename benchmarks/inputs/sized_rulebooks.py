"""Rulebooks of any size: a part of our own, or our own and copies of them with other letters in their words."""

import random
import re
from dataclasses import fields
from string import ascii_lowercase
from typing import get_args

from benchmarks.inputs.sample_replies import SEED
from bounce_verdict.model import Layer, Rule, Rulebook

_VOWELS = "aeiouy"
_CONSONANTS = "".join(sorted(set(ascii_lowercase) - set(_VOWELS)))
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|\{[\d,]*\}|\(\?[a-z:]+|[a-z]{3,}|[^\W\d_a-zA-Z]{2,}", re.IGNORECASE)


def sized(book: Rulebook, count: int) -> Rulebook:
    """`book` with `count` rules: every n-th of its own, or all of them with as many changed copies as are missing."""
    if count <= len(book.rules):
        step = len(book.rules) / count
        return _with(book, [book.rules[int(i * step)] for i in range(count)])
    rules = list(book.rules)
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    worded = [rule for rule in book.rules if rule.match is not None and _changed(rule.match, chance) != rule.match]
    while len(rules) < count:
        number, source = divmod(len(rules), len(worded))
        rules.append(_copy(worded[source], f"copy-{number}", chance))
    return _with(book, sorted(rules, key=_order))


def _with(book: Rulebook, rules: list[Rule]) -> Rulebook:
    parts = {field.name: getattr(book, field.name) for field in fields(Rulebook)}
    return Rulebook(**{**parts, "rules": rules})


def _copy(rule: Rule, name: str, chance: random.Random) -> Rule:
    parts = {field.name: getattr(rule, field.name) for field in fields(Rule)}
    return Rule(**{**parts, "id": f"{rule.id}.{name}", "match": _changed(rule.match or "", chance), "hits": (), "misses": ()})


def _order(rule: Rule) -> int:
    return get_args(Layer).index(rule.layer)


def _changed(pattern: str, chance: random.Random) -> str:
    """The pattern with one letter of each of its words replaced by another of its kind; escapes and sets stay."""
    return _PIECE.sub(lambda piece: _word(piece[0], chance) if piece[0][0] not in "\\[{(" else piece[0], pattern)


def _word(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    letter = word[at].lower()
    if letter in ascii_lowercase:
        other = chance.choice(_VOWELS if letter in _VOWELS else _CONSONANTS)
    else:
        other = chr(ord(letter) + 1) if chr(ord(letter) + 1).isalpha() else letter
    return word[:at] + other + word[at + 1 :]
