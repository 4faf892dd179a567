"""What is answered about the service itself: whether it lives and can classify, which rules it has, what a check of rules found."""

from collections.abc import Sequence
from typing import Literal

from bounce_verdict.model import Classification, value
from bounce_verdict.rulebook.findings import Finding


@value
class RuleFolder:
    """A folder that rules were read from."""

    path: str
    """Where it is."""
    rules: int
    """How many rules it holds."""


@value
class Alive:
    """The process answers."""

    status: Literal["alive"]
    """Always alive; a process that is not does not answer."""


@value
class Ready:
    """The service can classify."""

    status: Literal["ready"]
    """Always ready: without rules the service does not start."""
    rules: Literal["current", "stale"]
    """Whether the rules are those on disk; stale where those cannot be used, so that the last good ones answer."""
    rules_fault: str | None
    """file:line of what keeps the rules on disk from being used; null where they are in use."""
    rules_fault_detail: str | None
    """What is wrong there."""
    rule_folders: Sequence[RuleFolder]
    """The folders that the rules in use were read from."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    storage_fault: str | None
    """What is wrong with the state folder, without which the service goes on; null where nothing is."""
    version: str
    """The program's version."""


@value
class Reloaded:
    """The rules on disk are in use, in every worker."""

    result: Literal["ok", "unchanged"]
    """Whether they were others than before."""
    rules: int
    """How many rules there are."""
    rules_digest: str
    """sha256 of the rules."""
    version: str
    """The program's version."""


@value
class Judgement:
    """One reply judged twice."""

    before: Classification
    """By the rules in force."""
    after: Classification | None
    """By the rules with the file; null where they cannot be loaded."""


@value
class RulesChecked:
    """What a check found."""

    findings: Sequence[Finding]
    """What is wrong or worth knowing, each with file and line; without an error among them the file may be saved."""
    replies: Sequence[Judgement]
    """The replies that were sent along, in order."""
