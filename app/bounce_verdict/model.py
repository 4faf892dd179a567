"""The nouns: every step takes and returns these, and the answer's classes are the answer (msgspec encodes them as they are).

Four groups: closed sets of words, what is read from the wire, what the rulebook holds, what is answered.
Values are slotted, and frozen for the type checker only: freezing at run time costs four times the construction. What passes
between two steps for each reply or mail is a msgspec Struct, made in half the time; what is asked and answered is one too, a record.

Longer than 300 lines: it is the vocabulary of all steps, which name each other's nouns, and a reader looks one up in one place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Literal, Protocol, TypeVar, cast, dataclass_transform, get_args

from msgspec import Struct, defstruct

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make `cls` a value: slotted, compared by content, not to be changed; the contract describes its fields by their docstrings."""
    cls.__pydantic_config__ = {"use_attribute_docstrings": True}  # type: ignore[attr-defined]
    return dataclass(slots=True)(cls)


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make `cls` a value that is a msgspec Struct: made and written as JSON in half the time that a dataclass takes.

    To others it is the dataclass that it is written as: `dataclasses.fields` and `replace` take it, pydantic describes it.
    Nothing in it may lead back to it: the garbage collector does not look at it.
    """
    described: Any = dataclass(slots=True)(cls)
    parts = [(one.name, one.type) if one.default is MISSING else (one.name, one.type, one.default) for one in fields(described)]

    def to_pydantic(_cls: type[object], _source: object, describe: Callable[[type[object]], object]) -> object:
        return describe(described)

    told = {
        "__doc__": cls.__doc__,
        "__dataclass_fields__": described.__dataclass_fields__,
        "__get_pydantic_core_schema__": classmethod(to_pydantic),
    }
    return cast("type[T]", defstruct(cls.__name__, parts, namespace=told, module=cls.__module__, gc=False))


# --- words -----------------------------------------------------------------------------------------------------------

Verdict = Literal["retry", "permanent", "policy", "storage"]
Suppress = Literal["now", "if-repeated", "never"]
Scope = Literal["recipient", "domain", "sender", "message", "host"]
DecidedBy = Literal["rule", "enhanced-status", "command-and-code", "code", "first-digit", "source-category", "nothing"]
Step = Literal["intake", "parse", "context", "rules", "tables", "verdict"]
Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]  # RFC 3464 §2.3.3
ReportKind = Literal["bounce", "delay", "success", "auto-reply", "feedback-report", "not-a-report"]
EventKind = Literal["bounce", "delay", "success", "auto-reply", "complaint", "engagement", "control", "other"]
SkipReason = Literal[
    "no-delivery", "incoming", "address-probe", "told-elsewhere", "header", "no-header", "unreadable", "unknown-format"
]
RecipientSource = Literal[
    "request", "verp", "batv", "srs", "original-recipient", "x-failed-recipients", "x-actual-recipient",
    "final-recipient", "text", "returned-message",
]  # fmt: skip
Command = Literal[
    "CONNECT", "HELO", "EHLO", "LHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "EOD", "BDAT", "RSET", "SEND", "SOML",
    "SAML", "VRFY", "EXPN", "HELP", "NOOP", "QUIT", "TURN", "ETRN", "ATRN", "BURL",
]  # fmt: skip
OriginProof = Literal["verp", "batv"]
SaidBy = Literal["remote", "local"]
Identity = str | int  # a caller's own, echoed as it came
Layer = Literal["local", "provider", "generic", "language", "structure", "not-now", "fallback"]
DoubtKind = Literal[
    "blame", "passing", "receiver", "recipient", "quotation", "quoted", "our-message", "delivery", "contact", "notice",
]  # fmt: skip

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SUPPRESS: tuple[Suppress, ...] = get_args(Suppress)
SCOPES: tuple[Scope, ...] = get_args(Scope)
ACTIONS: tuple[Action, ...] = get_args(Action)
COMMANDS: tuple[Command, ...] = get_args(Command)

# First digits of a reply code (RFC 5321 §4.2.1) and classes of an enhanced status code (RFC 3463 §3.1).
POSITIVE, TRANSIENT, PERMANENT = 2, 4, 5


# --- bounds ----------------------------------------------------------------------------------------------------------


@value
class Limits:
    """What one message or reply may cost. Each is a setting (BOUNCES_…); what is beyond is left unread, with a warning."""

    max_parts: int = 200
    max_depth: int = 20
    max_headers: int = 500
    max_header_bytes: int = 65_536
    max_text: int = 262_144
    max_lines: int = 10_000
    max_line: int = 2_000
    max_recipients: int = 10_000
    max_reply_text: int = 4_096
    max_work: int = 30_000_000

    @property
    def max_report(self) -> int:
        """Characters of a report part that are read: room for `max_recipients` blocks, never less than of another part."""
        return max(self.max_text, _REPORT_BLOCK * self.max_recipients)


_REPORT_BLOCK = 400  # characters of one recipient's block; Postfix and Exim write 200 to 400
DEFAULT_LIMITS = Limits()


# --- what is read ----------------------------------------------------------------------------------------------------


class Headers:
    """A header block: (lower-case name, unfolded value) in order, all valid Unicode. Not to be changed.

    Encoded words (RFC 2047) are decoded in Subject, From, To, Cc, Reply-To, Sender and Content-Description; elsewhere they stay.

    get: the first value of a name (given in lower case), or None.
    """

    __slots__ = ("_first", "fields", "get")

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self.fields = fields
        self._first = dict(reversed(fields))
        self.get: Callable[[str], str | None] = self._first.get  # the readers ask some thirty times for each message

    @property
    def repeats(self) -> bool:
        """Whether any name comes twice."""
        return len(self._first) != len(self.fields)

    def get_all(self, name: str) -> list[str]:
        """Every value of `name`, in order."""
        return [text for key, text in self.fields if key == name] if name in self._first else []


class Opener(Protocol):
    """What reads parts, within its limits and at the expense of the message's budget."""

    def read_text(self, part: "Part") -> str:
        """What `Part.read_text` gives."""

    def read_message(self, part: "Part") -> "OpenedMessage | None":
        """What `Part.read_message` gives."""

    def read_message_headers(self, part: "Part") -> Headers | None:
        """What `Part.read_message_headers` gives where nobody has asked for the message."""


class Part(Struct, eq=False):
    """One leaf of a message. What its `read_…` methods give is made, and paid for, when first asked for.

    content_type: lower-case type/subtype, text/plain where none is declared (RFC 2045 §5.2).
    container: the content type of the multipart around it, "" for a message that has no parts.
    raw: the body as it came, still in its transfer encoding.
    is_cut: whether the text, once read, holds less than the part does.
    """

    content_type: str
    parameters: Mapping[str, str]
    headers: Headers
    raw: bytes
    container: str
    depth: int
    opener: Opener
    is_cut: bool = False
    _text: str | None = None
    _message: "OpenedMessage | Literal[False] | None" = False

    def read_text(self) -> str:
        """The body decoded: transfer encoding and charset undone, line ends "\\n", at most `Limits.max_text` characters.

        Of a report part as many as `Limits.max_report`.
        """
        if self._text is None:
            self._text = self.opener.read_text(self)
        return self._text

    def read_message(self) -> "OpenedMessage | None":
        """The message inside message/rfc822, message/global and the two header-only types; None for any other part."""
        if self._message is False:
            self._message = self.opener.read_message(self)
        return self._message

    def read_message_headers(self) -> Headers | None:
        """The enclosed message's headers, or None: without the rest where the splitter can, for most readers ask nothing else.

        Encoded words are then decoded in address fields alone.
        """
        if self._message is False:
            return self.opener.read_message_headers(self)
        return self._message.headers if self._message is not None else None


class OpenedMessage(Struct):
    """A message, split: its header block and its leaves in order (multiparts dissolved, enclosed messages kept as leaves)."""

    headers: Headers
    content_type: str
    parameters: Mapping[str, str]
    parts: Sequence[Part]


class Sender(Struct):
    """Who wrote a message, as far as its own words tell.

    is_mailer: a mail system. is_personal: a person, who answers or forwards.
    may_report: whether author and envelope are those of a mailer's notice. Without that no text makes a report: people, lists,
    ticket systems and log summaries quote bounces to the letter, and come from an address of their own.
    is_other: it has an author and an envelope of its own, neither a mailer's: not even a report's form makes it one.
    has_null_path: it came with the null reverse-path of notifications (RFC 5321 §4.5.5), or a mailer's in its place.
    says_undelivered: its subject speaks of mail that was not delivered, in any of the languages that mailers use.
    is_plain: a mailer is its author by name, and the envelope is not one that a person who writes by this name would have.
    """

    is_mailer: bool
    is_personal: bool
    may_report: bool
    is_other: bool
    has_null_path: bool
    says_undelivered: bool
    is_plain: bool


class Notice(Struct):
    """What layout readers see of a bounce: the human text ahead of the returned message, and the returned message's headers.

    text: all human parts joined, HTML as text, line ends "\\n", lines cut to `Limits.max_line`.
    returned: headers of the message that came back; an empty block where none did.
    forwarded: the notice inside, where this message only carries one; None where it speaks for itself.
    ahead: the parts ahead of the returned message: whatever stands behind it may be that message's own, by a guessed boundary.
    undeclared: their texts in which a report may stand under a wrong type, each up to where a copy begins; and whether they are cut.
    """

    message: OpenedMessage
    text: str
    lines: Sequence[str]
    returned: Headers
    sender: Sender
    forwarded: "Notice | None" = None
    ahead: Sequence[Part] = ()
    undeclared: Sequence[tuple[str, bool]] = ()

    def header(self, name: str) -> str:
        """The bounce's own header `name` (lower case), "" where absent."""
        return self.message.headers.get(name) or ""


@record
class Reply:
    """What a server answered (RFC 5321 §4.2)."""

    __pydantic_config__: ClassVar = {"use_attribute_docstrings": True}

    code: int | None
    """The reply code."""
    enhanced_status: str | None
    """The enhanced status code (RFC 2034)."""
    command: Command | None
    """The command that was answered."""
    text: str
    """The words alone: codes removed per line, folds and white space collapsed, NFC, at most 4 KB."""


class ParsedReply(Struct):
    """A reply line read. `reply` is the server's own; `inner` is the reply that it passes on, innermost last.

    command, remote_mta: what the text says of them ("host x[…] said: … (in reply to RCPT TO command)").
    retry_after: seconds, where the server states them. forward_path: the address a 251 or 551 offers (RFC 5321 §3.4).
    expired: the words say that the sender gave up after trying for long.
    surprises: what a reader should know, one sentence each (a code of no table, two codes that disagree).
    """

    reply: Reply
    inner: Sequence[Reply] = ()
    command: Command | None = None
    remote_mta: str | None = None
    retry_after: int | None = None
    forward_path: str | None = None
    expired: bool = False
    surprises: Sequence[str] = ()


class RecipientStatus(Struct):
    """What a report says of one recipient (RFC 3464 §2.3), from its report part, its text, or both.

    diagnostic_code: without its type; diagnostic_type: lower-case type ("smtp", "x-postfix", "unknown"), None where absent.
    reply: the line to judge, the most exact that was found; None where only status or action is known.
    said_by: "remote" where the reply is the remote server's own, "local" where the reporting MTA's words.
    command: the command that `reply` answers, None where the message does not tell.
    status_decides: false where the program writes `status` whatever happened, so that it must not stand in for an enhanced code.
    complaint: the feedback type where this recipient complained about the message and nothing failed (RFC 5965 §7.3).
    read_by: the reader that found it ("dsn", "postfix", …), several joined by "+".
    cautions: why this must not stop the address at once, one sentence each: `suppress` is then "if-repeated" at most.
    doubt: the same, from the notice's own words.
    sentences: what else of the notice's text may say why, in order: judged where neither reply nor status says anything.
    """

    recipient: str | None = None
    recipient_source: RecipientSource | None = None
    original_recipient: str | None = None
    final_recipient: str | None = None
    action: Action | None = None
    status: str | None = None
    remote_mta: str | None = None
    diagnostic_code: str | None = None
    diagnostic_type: str | None = None
    last_attempt_date: str | None = None
    will_retry_until: str | None = None
    reply: str | None = None
    said_by: SaidBy | None = None
    command: Command | None = None
    status_decides: bool = True
    complaint: str | None = None
    read_by: str = ""
    cautions: Sequence[str] = ()
    sentences: Sequence[str] = ()
    doubt: "Evidence | None" = None


@record
class AutoReply:
    """What an automatic reply says of its author."""

    __pydantic_config__: ClassVar = {"use_attribute_docstrings": True}

    absent_until: str | None = None
    """The day of return as the text gives it, ISO 8601."""
    left: bool = False
    """Whether the author has left: works there no more."""
    successor: str | None = None
    """The address to write to instead."""
    evidence: Sequence[str] = ()
    """The words that say so, in the order of the fields."""


@record
class ToMatch:
    """What to look up among the mails you sent: together with the recipient, for each of these may be known to a forger."""

    __pydantic_config__: ClassVar = {"use_attribute_docstrings": True}

    message_id: str | None = None
    """The returned message's Message-ID, as the report gives it. One of a whole mailing is known to every subscriber."""
    verp: str | None = None
    """The recipient, or the opaque token, that the address carries at which the report arrived."""
    original_envelope_id: str | None = None
    """ENVID of the mail that was sent (RFC 3461 §4.4)."""


@record
class Origin:
    """What ties a report to a mail of yours. Anybody can mail a forged one to a return path."""

    __pydantic_config__: ClassVar = {"use_attribute_docstrings": True}

    to_match: ToMatch
    """What to look up before acting on `suppress: now`."""
    proof: OriginProof | None = None
    """`verp`: the HMAC of the envelope address verifies, for the recipient it carries and nobody else. `batv`: its tag does: a mail was sent, never to whom."""


@record
class MessageFacts:
    """What a report says of itself and of the message it is about; null where it does not say."""

    message_id: str | None = None
    """The report's own Message-ID."""
    envelope_to: str | None = None
    """The address that the report arrived at, as you said."""
    envelope_from: str | None = None
    """The report's envelope sender, as you said or by its Return-Path; of a bounce it is empty (RFC 5321 §4.5.5)."""
    verp: str | None = None
    """The recipient, or the opaque token, that `envelope_to` carries."""
    reporting_mta: str | None = None
    """Who reports (RFC 3464 §2.2.2)."""
    original_envelope_id: str | None = None
    """The id that you gave the transfer with ENVID (RFC 3464 §2.2.1)."""
    arrival_date: str | None = None
    """When the message came to who reports (RFC 3464 §2.2.5)."""
    original_message_id: str | None = None
    """The Message-ID of the returned message, or the one that the report answers."""
    original_from: str | None = None
    """The author's address of the returned message."""
    list_id: str | None = None
    """The List-Id of the returned message, or of the report (RFC 2919)."""
    feedback_type: str | None = None
    """Of a feedback report: what it is about (RFC 5965 §3.1)."""
    source_ip: str | None = None
    """Of a feedback report: the host that sent the message (RFC 5965 §3.2)."""
    feedback_id: str | None = None
    """The Feedback-ID of the returned message, as Gmail uses it."""
    cfbl_feedback_id: str | None = None
    """The CFBL-Feedback-ID of the returned message (RFC 9477)."""


class ReadMessage(Struct):
    """What the readers found in one message. text: what the notice says to people."""

    kind: ReportKind
    message: MessageFacts
    origin: Origin
    recipients: Sequence[RecipientStatus] = ()
    auto_reply: "AutoReply | None" = None
    text: str = ""


@record
class ReplyInput:
    """A reply to judge, as a caller gives it. `reply` is any text; `action` is RFC 3464's, of the report it came from.

    sender, sending_ip, sending_host: who we are, the envelope sender and the host that sent, where the caller says.
    """

    reply: str
    command: Command | None = None
    remote_mta: str | None = None
    recipient: str | None = None
    action: Action | None = None
    id: Identity | None = None
    sender: str | None = None
    sending_ip: str | None = None
    sending_host: str | None = None


@value
class MessageInput:
    """A raw message to read, with the envelope it arrived by where the caller knows it.

    seconds: since 1970, by the caller's clock: the day of a BATV tag is compared with it.
    sender, sending_ip, sending_host: who we are, whom the reported replies may name; as in ReplyInput.
    """

    raw: bytes
    envelope_to: str | None = None
    envelope_from: str | None = None
    id: Identity | None = None
    seconds: float | None = None
    sender: str | None = None
    sending_ip: str | None = None
    sending_host: str | None = None


class Context(Struct):
    """Around one reply: which command it answers, whose server spoke, which providers may have refused (at most three)."""

    command: Command | None
    command_from: Literal["request", "report", "text"] | None
    remote_mta: str | None
    recipient: str | None
    providers: tuple[str, ...] = ()


# --- what the rulebook holds -----------------------------------------------------------------------------------------


@value
class When:
    """A rule's conditions on the codes. Empty means any; None as a member means absent. Keys are AND, members are OR.

    codes: reply codes; classes: first digits ("4yz" is 4). enhanced: (class, subject, detail), None as a wildcard.
    enhanced_absent: the condition "none" was listed.
    """

    codes: frozenset[int | None] = frozenset()
    classes: frozenset[int] = frozenset()
    enhanced: tuple[tuple[int | None, int | None, int | None], ...] = ()
    enhanced_absent: bool = False
    commands: frozenset[str | None] = frozenset()


@value
class Example:
    """A hit or a miss: a reply with what is known around it."""

    reply: str
    """The reply."""
    command: Command | None = None
    """The command it answers."""
    remote_mta: str | None = None
    """Who sent it."""
    recipient: str | None = None
    """Whom it is about."""


@value
class Rule:
    """One rule as written. `source` is file:line of its `[[rule]]`; `owner` is its provider or language, "" for the rest."""

    id: str
    verdict: Verdict | None
    reason: str
    reference: str
    source: str
    layer: Layer
    owner: str = ""
    match: str | None = None
    when: When | None = None
    explain: str | None = None
    transient: bool | None = None
    suppress: Suppress | None = None
    scope: Scope | None = None
    retry_after: int | None = None
    hits: Sequence[Example] = ()
    misses: Sequence[Example] = ()
    overrides: str | None = None
    because: str | None = None


@value
class Provider:
    """A receiving organisation or the filter it uses: how its servers, its domains and its texts are recognised."""

    name: str
    source: str
    hosts: Sequence[str] = ()
    domains: Sequence[str] = ()
    tokens: Sequence[str] = ()
    reference: str | None = None


@value
class Reason:
    """One reason of the closed list, and what follows from it where no rule says otherwise."""

    name: str
    """The reason, as answers give it."""
    verdict: Verdict | None
    """The verdict that goes with it."""
    scope: Scope | None
    """What that is about."""
    suppress: Suppress
    """What to do with the address."""
    explanation: str
    """One sentence for a person."""
    at_4yz: Verdict | None = None
    """The verdict under a 4yz reply, where it differs: "user unknown" is then retry."""
    at_5yz: Verdict | None = None
    """The verdict under a 5yz reply, where it differs."""
    explanation_4yz: str | None = None
    """What is so under a 4yz reply, where it differs."""
    explanation_delayed: str | None = None
    """What is so while the sending server is still trying, where it differs."""


@value
class ReplyCode:
    """A reply code at a command, or at any (`command` null), as the RFCs define it and as we judge it."""

    code: int
    """The reply code."""
    command: Command | None
    """The command it answers; null where the row holds for any."""
    meaning: str
    """The RFC's words in short."""
    verdict: Verdict | None
    """What the code alone decides there; null for success."""
    reason: str
    """The reason beside it."""
    reference: str
    """RFC section."""
    status: str
    """Whether the RFC that lists it is current."""
    scope: Scope | None = None
    """What the verdict is about, where it is not what the reason says."""


@value
class EnhancedCode:
    """An enhanced status code of the IANA registry (RFC 5248), as we judge it."""

    code: str
    """The code, with X for its class."""
    meaning: str
    """The registry's words."""
    classes: Sequence[int]
    """The classes that it is used with."""
    basic_codes: str
    """The reply codes that the registry gives beside it."""
    verdict_4: Verdict | None
    """What it decides at 4yz; null where it says too little."""
    verdict_5: Verdict | None
    """What it decides at 5yz; null where it says too little."""
    reason: str
    """The reason beside it."""
    specific: bool
    """Whether it decides ahead of the reply code."""
    suppress_now: bool
    """Whether it alone may stop an address, at class 5."""
    reference: str
    """RFC section."""


@value
class KnownBlocklist:
    """A public blocklist that replies name: `pattern` finds it in a text. `source` is file:line of its `[[blocklist]]`."""

    name: str
    zone: str
    pattern: str
    url: str
    source: str = "rules/blocklists.toml:0"


@value
class Doubt:
    """A `[[doubt]]`: words that hold `suppress: now` back, or that lift such a doubt; `kind` says what they are looked for in.

    because: why `now` is held back, where that is not the kind's own sentence. hits, misses: texts that hold them, and that do not.
    """

    id: str
    kind: DoubtKind
    match: str
    source: str
    because: str | None = None
    hits: Sequence[str] = ()
    misses: Sequence[str] = ()


@value
class Rulebook:
    """Everything under rules/, read and checked. `rules` stand in the order of precedence within their layer.

    roles: local parts of addresses that are asked for help, lower case.
    """

    digest: str
    rules: Sequence[Rule]
    providers: Mapping[str, Provider]
    reasons: Mapping[str, Reason]
    blocklists: Sequence[KnownBlocklist]
    reply_codes: Sequence[ReplyCode]
    enhanced_codes: Mapping[str, EnhancedCode]
    commands: Mapping[str, Command]
    doubts: Sequence[Doubt] = ()
    roles: Sequence[str] = ()


# --- what is answered ------------------------------------------------------------------------------------------------

_DOCS = {"use_attribute_docstrings": True}


@record
class Evidence:
    """One step's finding. Offsets are code points of the named field."""

    __pydantic_config__: ClassVar = _DOCS

    step: Step
    """The step that found it."""
    found: str
    """What was found: a rule's id, a code with its meaning, a disagreement."""
    verdict: Verdict | None = None
    """The verdict it speaks for; null where it only informs."""
    source: str | None = None
    """Where the knowledge comes from: file:line of a rule, or an RFC section."""
    field: str | None = None
    """The field of this answer that it was found in."""
    start: int | None = None
    """First code point of the finding in that field."""
    end: int | None = None
    """One past its last code point."""


@record
class RuleHit:
    """The rule that decided."""

    __pydantic_config__: ClassVar = _DOCS

    id: str
    """The rule's id; GET /v1/rules/{id} shows it whole."""
    source: str
    """File and line of the rule."""
    matched: str | None
    """The words of reply.text that it matched; null for a rule on codes alone."""
    reference: str
    """The documentation, RFC section or program source that the rule rests on."""


@record
class Blocklist:
    """A blocklist that the reply names."""

    __pydantic_config__: ClassVar = _DOCS

    name: str
    """The list's name."""
    zone: str
    """Its DNS zone; the operator's domain where the list has none."""
    url: str
    """Where to look an address up, or ask for removal."""


@record
class Classification:
    """The answer for one recipient."""

    __pydantic_config__: ClassVar = _DOCS

    id: Identity | None
    """The caller's own id, echoed."""
    verdict: Verdict | None
    """What kind of thing went wrong; null where nothing failed or nothing tells what did."""
    reason: str
    """One of the closed list at GET /v1/reasons."""
    transient: bool | None
    """True for a 4yz, false for a 5yz reply; null where nothing tells."""
    suppress: Suppress
    """What to do with the address: stop at once, count it, or keep it."""
    scope: Scope | None
    """What the verdict is about."""
    retry_after: int | None
    """Seconds, where the server states them."""
    explanation: str
    """One sentence for a person."""
    decided_by: DecidedBy
    """The step that decided."""
    provider: str | None
    """The receiving organisation or its filter, where known."""
    recipient: str | None
    """The address the sender used."""
    recipient_source: RecipientSource | None
    """Where that address comes from."""
    original_recipient: str | None
    """Original-Recipient as reported (RFC 3464 §2.3.1)."""
    final_recipient: str | None
    """Final-Recipient as reported (RFC 3464 §2.3.2)."""
    action: Action | None
    """Action as reported (RFC 3464 §2.3.3)."""
    status: str | None
    """Status as reported (RFC 3464 §2.3.4); for a bare reply its own enhanced code."""
    remote_mta: str | None
    """The server that refused, as reported or given."""
    diagnostic_code: str | None
    """The diagnostic text as reported, without its type (RFC 3464 §2.3.6)."""
    last_attempt_date: str | None
    """ISO 8601."""
    will_retry_until: str | None
    """ISO 8601."""
    forward_path: str | None
    """The new address that a 251 or 551 reply offers."""
    blocklist: Blocklist | None
    """The blocklist that the text names."""
    reply: Reply | None
    """The server's reply, taken apart; null where the report holds none."""
    rule: RuleHit | None
    """The rule that decided, if one did."""
    evidence: Sequence[Evidence]
    """Every step's finding, the deciding one first."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@record
class Report:
    """The answer for one message."""

    __pydantic_config__: ClassVar = _DOCS

    id: Identity | None
    """The caller's own id, echoed."""
    kind: ReportKind
    """What the message is."""
    message: MessageFacts
    """What it says of itself and of the message it is about."""
    origin: Origin
    """Whether it is proven to answer a mail of yours, and what to match where it is not."""
    auto_reply: AutoReply | None
    """What an automatic reply says of its author; null for anything else, and where it says neither."""
    recipients: Sequence[Classification]
    """One per recipient, in the report's order."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""
    warnings: Sequence[str]
    """What was left unread or cannot be trusted, one sentence each."""


@record
class Event:
    """One event of a webhook request or a mail log."""

    __pydantic_config__: ClassVar = _DOCS

    event_id: str | None
    """What doubles are known by: the source's own id, or one made of the event, the same when it is delivered again; null for a line of a log."""
    event_type: str | None
    """The source's own name for the event."""
    kind: EventKind
    """What the event is."""
    occurred_at: str | None
    """When it happened (RFC 3339, UTC); null where the source does not say it with a zone."""
    message_id: str | None
    """The message it is about, by the source's own id for it."""
    tags: Sequence[str]
    """The message's tags or categories, as given."""
    metadata: Mapping[str, Any]
    """What the sender attached to the message, as given."""
    recipients: Sequence[Classification]
    """One for each address; none where the event names none."""
    source_category: str | None
    """The source's own word for what happened."""
    warnings: Sequence[str]
    """What of the event could not be read, the field first."""
    queue_id: str | None = None
    """Of a log: the message's id in the queue that logged it; null where the line does not tell."""


@record
class LogEvents:
    """The answer for a piece of a mail log that tells of deliveries."""

    __pydantic_config__: ClassVar = _DOCS

    format: str
    """The format that it was read in."""
    events: Sequence[Event]
    """One for each line that tells of a delivery, in their order."""
    skipped: int
    """How many other lines tell of none."""


@record
class Skipped:
    """Why a piece of a mail log has no event."""

    __pydantic_config__: ClassVar = _DOCS

    reason: SkipReason
    """Why, in a word."""
    explanation: str
    """The same for a person."""
