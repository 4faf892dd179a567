"""A pattern that is tried only where a literal stands: every text that it matches has to hold the literal, or matches are lost.

Found are all GuardedPatterns of the step, and all that is written beside a pattern: `"x" in line and PATTERN.match(line)`,
`PATTERN.sub("", line) if "x" in line else line`.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.pipeline import parse
from bounce_verdict.pipeline.parse.reply.guarded_pattern import GuardedPattern

METHODS = {"match", "search", "fullmatch", "finditer", "sub"}


class Guard(NamedTuple):
    """Where it stands, the pattern, and the literals of which one is asked for, in lower case or as they are."""

    place: str
    pattern: re.Pattern[str]
    signs: Sequence[str]
    lower: bool


def all_guards() -> Iterator[Guard]:
    for found in pkgutil.walk_packages(parse.__path__, f"{parse.__name__}."):
        module = importlib.import_module(found.name)
        for name, one in vars(module).items():
            if isinstance(one, GuardedPattern):
                yield Guard(f"{found.name}.{name}", one.pattern, one.signs, lower=True)
        yield from guards_beside_patterns(module)


def guards_beside_patterns(module: ModuleType) -> Iterator[Guard]:
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))):
        match node:
            case ast.IfExp(test, body, _):
                guarded = [(test, body)]
            case ast.BoolOp(ast.And(), values):
                guarded = list(combinations(values, 2))
            case _:
                continue
        for question, then in guarded:
            signs, lower = literals_in(question)
            for pattern in patterns_in(then, module) if signs else ():
                yield Guard(f"{module.__name__}:{then.lineno}", pattern, signs, lower)


def literals_in(question: ast.expr) -> tuple[list[str], bool]:
    """The literals of `"a" in text` or `"a" in text or "b" in text`, and whether the text is in lower case."""
    match question:
        case ast.Compare(ast.Constant(str(sign)), [ast.In()], [text]):
            return [sign], "lower" in ast.unparse(text)
        case ast.BoolOp(ast.Or(), values):
            found = [literals_in(value) for value in values]
            if all(signs for signs, _ in found):
                return [sign for signs, _ in found for sign in signs], any(lower for _, lower in found)
    return [], False


def patterns_in(then: ast.expr, module: ModuleType) -> Iterator[re.Pattern[str]]:
    for node in ast.walk(then):
        match node:
            case ast.Call(ast.Attribute(ast.Name(name), method)) if method in METHODS:
                if isinstance(pattern := getattr(module, name, None), re.Pattern):
                    yield pattern


GUARDS = list(all_guards())


def test_the_guards_are_found() -> None:
    assert len(GUARDS) > 15
    assert any("Giving up on " in guard.signs for guard in GUARDS)
    assert any("throttled" in guard.signs for guard in GUARDS)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.place.removeprefix("bounce_verdict.pipeline.parse."))
def test_what_the_pattern_matches_holds_a_sign(guard: Guard) -> None:
    @settings(max_examples=80, deadline=None, database=None)
    @given(st.from_regex(guard.pattern, alphabet=st.characters(codec="ascii")))
    def check(text: str) -> None:
        found = guard.pattern.search(text)
        assert found is not None
        assert any(sign in (text.lower() if guard.lower else text) for sign in guard.signs), found[0]

    check()
