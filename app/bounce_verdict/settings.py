"""Settings: what an operator may choose, by command-line flag, BOUNCES_* variable or the TOML file that BOUNCES_CONFIG names.

A variable that begins with BOUNCES_, or a key of the file, that is none of them is refused: a limit misspelt would silently
not be one.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import DEFAULT_LIMITS, Limits, value

if TYPE_CHECKING:
    from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths

PREFIX = "BOUNCES_"
CONFIG = PREFIX + "CONFIG"

Source = Literal["flag", "environment", "file", "default"]


class Settings(BaseSettings):
    """Every setting with its default. Sizes are bytes unless they say characters; times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8000, ge=0, le=65_535)
    """The port to listen on; 0 takes any free one."""
    rules: Path | None = None
    """The folder of the rules; by default those that the program carries."""
    local_rules: Path | None = None
    """A folder of the operator's own rules, read in place of `local/` in the rules' folder."""
    watch_rules: bool = True
    """Whether changed rules are noticed without being told; SIGHUP and POST /v1/admin/reload bring them in any case."""
    own_domains: str | None = None
    """Domains that you send from, separated by spaces or commas: a reply that names one as its cause is about you."""
    state_dir: Path | None = None
    """Where state and compiled rules are kept, so that the next start is quick; by default a temporary and the user's cache folder."""
    workers: int = Field(default=1, ge=1, le=1_000)
    """Processes that answer; one for each processor makes sense."""
    drain_seconds: float = Field(default=20, ge=0)
    """How long requests under way may still take once the service is told to stop."""

    keys: SecretStr | None = None
    """Who may call: name:scopes:sha256 of each key, as `bounces key new` prints them, separated by spaces."""
    keys_file: Path | None = None
    """A file of such keys, one a line; those in `keys` are valid too."""
    allow_anonymous: bool = False
    """Listen on an address beyond this machine without any key: whoever reaches it may classify."""
    webhook_keys: SecretStr | None = None
    """What webhooks are signed with: source:key of each, separated by spaces; for ses source:TopicArn. Several of a source hold at once."""
    webhook_keys_file: Path | None = None
    """A file of such keys, one a line; those in `webhook_keys` are valid too."""
    webhook_url: str | None = None
    """Where senders reach /v1/webhooks, for Mandrill, which signs it: https://hooks.example.org/v1/webhooks."""
    webhook_max_age: int = Field(default=86_400, ge=1)
    """How old a signed event may be, where its source does not demand less; events that are sent again come late."""
    webhooks_unsigned: bool = False
    """Take webhooks of sources without a key, from this machine itself alone: for trying out."""
    sns_certificates: Path | None = None
    """A folder of SNS's certificates, each under the name that it has at Amazon."""
    sns_fetch: bool = False
    """Whether SNS's certificates may be fetched and its subscriptions be confirmed; the service makes no other requests."""
    webhooks_to: str | None = None
    """Where webhooks are put instead of being answered: nats://host:4222/subject of a JetStream stream (docs/streams.md)."""
    nats_url: str = "nats://127.0.0.1:4222"
    """The broker of `work`, `ship` and `lmtp`: nats:// or tls://, several separated by commas."""
    nats_credentials: Path | None = None
    """A broker's .creds file, which says who we are there."""
    nats_password_file: Path | None = None
    """A file that holds user:password for the broker."""
    nats_ca: Path | None = None
    """The certificates that the broker's is trusted by, in place of the system's."""
    nats_certificate: Path | None = None
    """Our own certificate for the broker."""
    nats_key: Path | None = None
    """The key of that certificate, where the file does not hold it."""
    docs: bool = True
    """Whether / and /docs, the pages for people, are served."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged; from `warning` on there is no line for each request."""

    verp_templates: str | None = None
    """How your return paths are written, separated by spaces: `bounces+{id}-{local}={domain}@{host}`; fields are also {mac} and {token}."""
    verp_keys_file: Path | None = None
    """A file of the keys that sign them, one a line: whichever verifies proves that the mail was yours."""
    batv_keys_file: Path | None = None
    """A file of the keys that sign prvs= tags (BATV), one a line."""

    max_body: int = Field(default=10_485_760, ge=1)
    """A request's body, as sent and decompressed. An NDJSON batch is bounded by the next three instead."""
    max_batch_body: int = Field(default=1_073_741_824, ge=1)
    """An NDJSON batch in all, decompressed."""
    max_expansion: int = Field(default=250, ge=1)
    """How many times larger than sent a compressed NDJSON batch may become, its first megabyte aside."""
    max_batch_line: int = Field(default=10_485_760, ge=1)
    """One line of an NDJSON batch."""
    max_batch_items: int = Field(default=10_000, ge=1)
    """Items of a batch that is a JSON array."""
    drain_timeout: float = Field(default=30, gt=0)
    """How long a batch's client may take nothing of what is written to it before it is cut off."""
    max_spool: int = Field(default=268_435_456, ge=0)
    """Answers that clients of batches have not read yet, kept in the state folder by one worker; one batch may have half of it. 0: none."""
    receive_timeout: float = Field(default=30, gt=0)
    """How long a request's head may take, the body of any but a batch bring nothing, and a client take nothing of its answer."""
    max_connections: int = Field(default=1_000, ge=1)
    """Connections of one worker; requests on any beyond them are refused with 503."""
    max_lag: float = Field(default=0.2, gt=0)
    """How late a worker's event loop may run before it refuses new requests with 503."""
    max_inline: int = Field(default=262_144, ge=0)
    """A larger message is read in a process of its own, so that replies need not wait for it."""
    readers: int = Field(default=1, ge=0, le=100)
    """Such processes of one worker; one is started with it, each other when it is first needed. They answer a share of batches, too. 0: none."""
    max_large: int = Field(default=16, ge=1)
    """Bodies and batch lines beyond `max_inline` that one worker holds at once; more are refused with 503."""

    max_parts: int = Field(default=DEFAULT_LIMITS.max_parts, ge=1)
    """Parts read of a message."""
    max_depth: int = Field(default=DEFAULT_LIMITS.max_depth, ge=1, le=100)
    """Multiparts and messages opened inside one another."""
    max_headers: int = Field(default=DEFAULT_LIMITS.max_headers, ge=1)
    """Fields read of a header block."""
    max_header_bytes: int = Field(default=DEFAULT_LIMITS.max_header_bytes, ge=1)
    """Size read of a header block."""
    max_text: int = Field(default=DEFAULT_LIMITS.max_text, ge=1)
    """Characters read of a part's text."""
    max_lines: int = Field(default=DEFAULT_LIMITS.max_lines, ge=1)
    """Lines read of a message's human text."""
    max_line: int = Field(default=DEFAULT_LIMITS.max_line, ge=1, le=10_000)
    """Characters read of a line."""
    max_recipients: int = Field(default=DEFAULT_LIMITS.max_recipients, ge=1)
    """Recipients answered of a report."""
    max_reply_text: int = Field(default=DEFAULT_LIMITS.max_reply_text, ge=1)
    """Size read of a reply's text."""
    max_work: int = Field(default=DEFAULT_LIMITS.max_work, ge=1)
    """Work that one message may cost, about one for each look at a character, half of it kept for judging."""

    def our_domains(self) -> tuple[str, ...]:
        """`own_domains`, one by one, in lower case."""
        return tuple(name.strip(".").lower() for name in (self.own_domains or "").replace(",", " ").split())

    def limits(self) -> Limits:
        """The settings that bound the reading of one message or reply."""
        return Limits(**{field.name: getattr(self, field.name) for field in fields(Limits)})

    def key_lines(self, name: Literal["keys", "webhook_keys"]) -> Iterator[tuple[str, str]]:
        """Each key that the setting of this name holds, or a line of its file, with its place. Raises SettingsError, which quotes none."""
        given: SecretStr | None = getattr(self, name)
        file: Path | None = getattr(self, f"{name}_file")
        for key in given.get_secret_value().split() if given is not None else ():
            yield f"{PREFIX}{name.upper()}", key
        try:
            lines = file.read_text(encoding="utf-8").splitlines() if file is not None else []
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{PREFIX}{name.upper()}_FILE: {file} cannot be read") from None
        for number, line in enumerate(lines, start=1):
            if (bare := line.strip()) and not bare.startswith("#"):
                yield f"{file}:{number}", bare

    def return_paths(self) -> "ReturnPaths":
        """The settings that say how return paths are written and signed, and their keys as they are now. Raises SettingsError."""
        # Not above: the parent of the workers reads settings, and should not hold the pipeline and its engines.
        from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths, template_pattern  # noqa: PLC0415

        templates = (self.verp_templates or "").split()
        for template in templates:
            try:
                template_pattern(template)
            except ValueError as error:
                raise SettingsError(f"{PREFIX}VERP_TEMPLATES: {template} {error}") from None
        return ReturnPaths(
            templates, _read_keys("verp_keys_file", self.verp_keys_file), _read_keys("batv_keys_file", self.batv_keys_file)
        )


def _read_keys(name: str, path: Path | None) -> list[bytes]:
    """The keys of a file, one a line, without empty lines. Raises SettingsError, which quotes none."""
    if path is None:
        return []
    try:
        keys = [line.strip() for line in path.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise SettingsError(f"{PREFIX}{name.upper()}: {path} cannot be read: {error.strerror}") from None
    if not keys:
        raise SettingsError(f"{PREFIX}{name.upper()}: {path} holds no key")
    return keys


@value
class Chosen:
    """One setting: what it is, and where that comes from. A secret's text is not told."""

    name: str
    text: str
    source: Source


def load_settings(config: Path | None = None, **given: object) -> Settings:
    """The settings: `given` (command-line flags; None is not given), the environment, the file, then the defaults.

    config: the file, else BOUNCES_CONFIG's. Raises SettingsError naming the flag, the variable, or the file and its key.
    """
    return _load(config, given)[0]


def chosen_settings(config: Path | None = None, **given: object) -> list[Chosen]:
    """Every setting, in the order in which Settings lists them. Raises as load_settings does."""
    settings, sources = _load(config, given)
    return [Chosen(name, _text(getattr(settings, name)), sources.get(name, "default")) for name in Settings.model_fields]


def _load(config: Path | None, given: Mapping[str, object]) -> tuple[Settings, dict[str, Source]]:
    _refuse_unknown(os.environ)
    path = config or (Path(os.environ[CONFIG]) if os.environ.get(CONFIG) else None)
    file = _read(path) if path is not None else {}
    flags = {name: choice for name, choice in given.items() if choice is not None}
    variables = {name.upper() for name, text in os.environ.items() if text}
    sources: dict[str, Source] = dict.fromkeys(file, "file")
    sources |= {name: "environment" for name in Settings.model_fields if PREFIX + name.upper() in variables}
    sources |= dict.fromkeys(flags, "flag")
    settled = {name: choice for name, choice in file.items() if sources[name] == "file"}
    try:
        return Settings(**settled, **flags), sources  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"][:1])
        places = {"file": f"{path}: {name}", "flag": f"--{name.replace('_', '-')}"}
        raise SettingsError(f"{places.get(sources.get(name, ''), PREFIX + name.upper())}: {first['msg']}") from None


def _read(path: Path) -> dict[str, Any]:
    """The file's settings. Raises SettingsError."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} ({CONFIG}): cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} ({CONFIG}): is not TOML: {error}") from None
    for name in found:
        if name not in Settings.model_fields:
            raise SettingsError(f"{path}: {name}: there is no such setting{_likely(name, Settings.model_fields)}")
    return found


def _refuse_unknown(environment: Iterable[str]) -> None:
    known = {CONFIG, *(PREFIX + name.upper() for name in Settings.model_fields)}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(f"{name}: there is no such setting{_likely(name.upper(), known)}")


def _likely(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _text(choice: object) -> str:
    if choice is None:
        return "-"
    if isinstance(choice, bool):
        return "1" if choice else "0"
    return "(hidden)" if isinstance(choice, SecretStr) else str(choice)
