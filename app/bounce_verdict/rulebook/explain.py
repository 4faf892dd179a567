"""Why a reply is judged as it is: every rule that was asked, in order, and what held. For people who write rules."""

from collections.abc import Sequence
from itertools import groupby

from bounce_verdict.model import Classification, Context, Reply, ReplyInput, Rulebook, value
from bounce_verdict.pipeline.decide.rules import Tried
from bounce_verdict.rulebook.rule_runner import Trial


@value
class Near:
    """A rule that came near: its pattern was found, or its conditions held and ask for more than a reply code. `words`: what was found."""

    tried: Tried
    words: str | None


@value
class Group:
    """The rules of one layer or provider, in the order in which they were asked; `others` counts those that did not come near."""

    name: str
    near: Sequence[Near]
    others: int


@value
class Asked:
    """One text and what was asked of it. A reply that quotes another is two texts, the innermost first."""

    reply: Reply
    groups: Sequence[Group]


@value
class Explained:
    """The answer, what is known around the reply, and every rule that was asked."""

    answer: Classification
    context: Context
    asked: Sequence[Asked]


def explain_reply(book: Rulebook, given: ReplyInput) -> Explained:
    """How `book` judges `given`. Raises RulebookError where a pattern does not compile."""
    trial = Trial(book)
    walk = trial.walk(given)
    asked = []
    for i, reply in enumerate(walk.texts):
        groups = []
        for name, members in groupby(trial.tried(walk, i), key=_group_name):
            tried = list(members)
            near = [Near(one, trial.words(walk, one, i) if one.pattern else None) for one in tried if _came_near(one)]
            groups.append(Group(name, near, len(tried) - len(near)))
        asked.append(Asked(reply, groups))
    return Explained(trial.classifier.reply(given), walk.context, asked)


def _group_name(tried: Tried) -> str:
    return tried.rule.owner if tried.rule.layer == "provider" else tried.rule.layer


def _came_near(tried: Tried) -> bool:
    """A reply code alone brings no rule near: every second rule asks for 4yz or 5yz."""
    conditions = (tried.code, tried.enhanced, tried.command)
    return tried.pattern is True or (False not in conditions and (tried.pattern is None or tried.enhanced is True))
