"""What a run asks of every worker, and what a worker says of one shard: these are what is sent between machines."""

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from bounce_verdict.model import Limits, value

Kind = Literal["parquet", "ndjson", "csv", "mbox"]


@value
class Sending:
    """Who we are, where the caller says and a row does not: the envelope sender, the host that sent."""

    sender: str | None = None
    sending_ip: str | None = None
    sending_host: str | None = None


@value
class Job:
    """What is the same for all shards.

    rules, local_rules: folders on the worker's machine, None for its own. rules_digest, version: what the worker must have.
    columns: which column holds which field, "" for none, where the names do not tell. only_changed: the digest of the rules that made
    the source; only rows that these rules answer otherwise are written.
    """

    rules_digest: str
    version: str
    rules: str | None
    local_rules: str | None
    limits: Limits
    max_body: int
    own_domains: tuple[str, ...]
    verp_templates: tuple[str, ...]
    columns: Mapping[str, str]
    sending: Sending
    only_changed: str | None = None

    def options(self) -> str:
        """A digest of all that decides what a shard becomes, beside its content, the rules and the program."""
        told = (self.limits, self.max_body, self.own_domains, self.verp_templates, sorted(self.columns.items()))
        encoded = msgspec.json.encode((*told, self.sending, self.only_changed))
        return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


@value
class Shard:
    """A file to judge and the file that it becomes. size: its bytes, None where the place does not tell."""

    source: str
    target: str
    kind: Kind
    size: int | None


@value
class Outcome:
    """What became of a shard. why: of a failed one. rows: read; written: rows; errors: among these, those that could not be judged."""

    shard: Shard
    state: Literal["written", "skipped", "failed"]
    rows: int = 0
    written: int = 0
    errors: int = 0
    why: str = ""
