"""The shape of the rules files, by file; what outside text must look like to become ours. Unknown keys are errors."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, StringConstraints, Tag, model_validator

from bounce_verdict.model import Command, DoubtKind, Scope, Suppress, Verdict

CODE = r"^(?:[1-5]yz|none)$"
ENHANCED = r"^(?:[245X]\.(?:\d{1,3}|X)\.(?:\d{1,3}|X)|none)$"

Text = Annotated[str, StringConstraints(min_length=1)]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$", max_length=253)]
EnhancedCondition = Annotated[str, StringConstraints(pattern=ENHANCED)]
VerdictOrNone = Literal[Verdict, "none"]
CommandOrNone = Literal[Command, "none"]


def _by_kind(entry: object) -> str:
    """Names the branch of a union, so that an error speaks of the branch that was meant."""
    return "text" if isinstance(entry, str) else "other"


CodeCondition = Annotated[
    Annotated[int, Field(ge=100, le=999), Tag("other")] | Annotated[str, StringConstraints(pattern=CODE), Tag("text")],
    Discriminator(_by_kind),
]


class Strict(BaseModel):
    """Nothing is converted, nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class WhenEntry(Strict):
    """Conditions on the codes: keys are AND, members are OR, "none" stands for absent."""

    code: Annotated[list[CodeCondition], Field(min_length=1)] | None = None
    """Reply codes: 550, "4yz", "5yz", "none"."""
    enhanced: Annotated[list[EnhancedCondition], Field(min_length=1)] | None = None
    """Enhanced status codes: "4.7.28", "X.2.2", "5.7.X", "none"."""
    command: Annotated[list[CommandOrNone], Field(min_length=1)] | None = None
    """SMTP commands in capitals (EOD is the reply to the end of the data), or "none"."""

    @model_validator(mode="after")
    def _not_empty(self) -> "WhenEntry":
        if self.code is None and self.enhanced is None and self.command is None:
            raise ValueError("`when` needs at least one of code, enhanced, command")
        return self


class ExampleEntry(Strict):
    """A hit or miss with what is known around the reply."""

    reply: Text
    """The reply as the server sent it, codes and all."""
    command: Command | None = None
    """The command that it answers."""
    remote_mta: Text | None = None
    """The server that sent it."""
    recipient: Text | None = None
    """The address that it is about."""


ExampleOrText = Annotated[Annotated[Text, Tag("text")] | Annotated[ExampleEntry, Tag("other")], Discriminator(_by_kind)]


class RuleEntry(Strict):
    """One [[rule]]."""

    id: RuleId
    """Unique among all rules; in a provider's file it begins with the provider's name."""
    when: WhenEntry | None = None
    """Conditions on the codes."""
    match: Text | None = None
    """A pattern, searched case-insensitively in the text after the codes. At most 500 characters; no lookaround."""
    verdict: VerdictOrNone
    """What kind of thing went wrong; "none" only with a reason that has no verdict."""
    reason: Text
    """One of rules/reasons.toml."""
    explain: Text | None = None
    """One sentence for a person, where the reason's own says too little."""
    reference: Text
    """URL of the documentation, RFC section, or the program and source that writes the text."""
    transient: bool | None = None
    """Set only where documentation contradicts the reply code's class."""
    suppress: Suppress | None = None
    """Where it differs from the reason's."""
    scope: Scope | None = None
    """Where it differs from the reason's."""
    retry_after: Annotated[int, Field(ge=0, le=2_592_000)] | None = None
    """Seconds, where the documentation states them."""
    hits: Annotated[list[ExampleOrText], Field(min_length=1)]
    """Replies that this rule decides."""
    misses: Annotated[list[ExampleOrText], Field(min_length=1)]
    """Replies that come near and that this rule must not decide."""

    @model_validator(mode="after")
    def _has_condition(self) -> "RuleEntry":
        if self.when is None and self.match is None:
            raise ValueError("a rule needs `when`, `match` or both")
        return self


class LocalRuleEntry(RuleEntry):
    """One [[rule]] of the operator's own, which may remove a shipped one."""

    overrides: RuleId | None = None
    """Id of the shipped rule that this one removes."""
    because: Text | None = None
    """Why; required with `overrides`."""

    @model_validator(mode="after")
    def _says_why(self) -> "LocalRuleEntry":
        if (self.overrides is None) != (self.because is None):
            raise ValueError("`overrides` and `because` go together")
        return self


class DisableEntry(Strict):
    """One [[rule]] of the operator's own that only switches a shipped rule off."""

    disable: RuleId
    """Id of the shipped rule that is switched off."""
    because: Text
    """Why."""


def _by_purpose(entry: object) -> str:
    return "disabling" if isinstance(entry, dict) and "disable" in entry else "other"


LocalEntry = Annotated[
    Annotated[LocalRuleEntry, Tag("other")] | Annotated[DisableEntry, Tag("disabling")], Discriminator(_by_purpose)
]


class DoubtEntry(Strict):
    """One [[doubt]]: words that hold `suppress: now` back."""

    id: RuleId
    """Unique among all doubts; it begins with the kind."""
    kind: DoubtKind
    """What the words tell, and so what they are looked for in; rules/README.md lists the kinds."""
    match: Text
    """A pattern as in a rule."""
    because: Text | None = None
    """Why `now` is held back, where the kind's own sentence does not say it."""
    hits: Annotated[list[Text], Field(min_length=1)]
    """Replies (of kind notice: texts of a notice) that hold the words."""
    misses: Annotated[list[Text], Field(min_length=1)]
    """Those that come near and do not."""


class DoubtsFile(Strict):
    """doubts.toml."""

    roles: list[Text] = []
    """Local parts of addresses that are asked for help, lower case: they are nobody else's than the receiver's."""
    doubt: list[DoubtEntry] = []
    """The doubts; of several in one text the first is told."""


class RulesFile(Strict):
    """generic.toml, structure.toml, not-now.toml, fallback.toml and the files of languages/."""

    rule: list[RuleEntry] = []
    """The rules, in the order in which they are tried."""


class LocalFile(Strict):
    """A file of local/."""

    rule: list[LocalEntry] = []
    """The rules, in the order in which they are tried, ahead of all shipped ones; and shipped rules that are switched off."""
    doubt: list[DoubtEntry] = []
    """Further words that hold `suppress: now` back."""


class ProviderFile(Strict):
    """A file of providers/."""

    hosts: list[HostName] = []
    """Remote MTAs that are this provider, by suffix, lower case."""
    domains: list[HostName] = []
    """Recipient domains that are this provider, lower case."""
    tokens: list[Text] = []
    """Patterns of texts that only this provider writes."""
    reference: Text | None = None
    """Where the provider documents its replies."""
    rule: list[RuleEntry] = []
    """The rules, in the order in which they are tried."""


class ReasonEntry(Strict):
    """One table of reasons.toml."""

    verdict: VerdictOrNone = "none"
    at_4yz: Verdict | None = None
    at_5yz: Verdict | None = None
    scope: Scope | None = None
    suppress: Suppress
    explanation: Text
    explanation_4yz: Text | None = None
    explanation_delayed: Text | None = None


class ReasonsFile(RootModel[dict[RuleId, ReasonEntry]]):
    """reasons.toml: one table a reason."""


class CodeEntry(Strict):
    """One [[code]] of codes.toml."""

    code: Annotated[int, Field(ge=100, le=999)]
    commands: Annotated[list[Literal[Command, "*"]], Field(min_length=1)]
    meaning: Text
    verdict: VerdictOrNone = "none"
    reason: Text
    reference: Text
    status: Literal["current", "obsolete", "historical", "experimental", "nonstandard", "registry-only", "draft"]
    scope: Scope | None = None


class CodesFile(Strict):
    """codes.toml."""

    code: list[CodeEntry] = []


class EnhancedEntry(Strict):
    """One [[enhanced]] of enhanced.toml."""

    code: Annotated[str, StringConstraints(pattern=r"^X\.\d{1,3}\.\d{1,3}$")]
    meaning: Text
    classes: list[Literal[2, 4, 5]]
    basic_codes: str = ""
    verdict_4: VerdictOrNone = "none"
    verdict_5: VerdictOrNone = "none"
    reason: Text
    specific: bool
    suppress_now: bool = False
    reference: Text


class EnhancedFile(Strict):
    """enhanced.toml."""

    enhanced: list[EnhancedEntry] = []


class CommandsFile(Strict):
    """commands.toml: names in use elsewhere, lower case, → command."""

    commands: dict[str, Command] = {}


class BlocklistEntry(Strict):
    """One [[blocklist]] of blocklists.toml."""

    name: Text
    zone: Text
    pattern: Text
    url: Text


class BlocklistsFile(Strict):
    """blocklists.toml."""

    blocklist: list[BlocklistEntry] = []


def editor_schema() -> dict[str, object]:
    """JSON Schema of any file that holds rules (rules/schema.json), for editors: providers' keys and local keys included."""
    local, provider, doubts = LocalFile.model_json_schema(), ProviderFile.model_json_schema(), DoubtsFile.model_json_schema()
    properties = {**provider["properties"], **doubts["properties"], "rule": local["properties"]["rule"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of rules",
        "description": "rules/providers/*.toml, languages/*.toml, local/*.toml, generic.toml, structure.toml, not-now.toml, "
        "fallback.toml, doubts.toml. hosts, domains and tokens belong to providers/ alone; a rule's overrides, disable and because to "
        "local/ alone; doubt to doubts.toml and local/, roles to doubts.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": local["$defs"],
    }
