"""What an output says of its making: in the metadata of a Parquet file, else in a file beside it."""

import msgspec

from bounce_verdict.errors import InputError

KEY, DIGEST_KEY = b"bounces", b"bounces.rules_digest"  # of a Parquet schema's metadata
SUFFIX = ".bounces.json"  # of the file beside one that has no metadata of its own


class Made(msgspec.Struct):
    """How an output was made.

    rules_digest, version: by which rules and program. options: Job.options. source_bytes: the size of what it was made from, null where that
    was not told. columns: those of its columns that are ours. bytes: the output's own size; of Parquet null.
    """

    rules_digest: str
    version: str
    options: str
    source_bytes: int | None
    columns: list[str] = []
    bytes: int | None = None

    def is_as(self, other: "Made") -> bool:
        """Whether `other` would be made the same."""
        mine = (self.rules_digest, self.version, self.options, self.source_bytes)
        return mine == (other.rules_digest, other.version, other.options, other.source_bytes)


def parse_made(raw: bytes) -> Made | None:
    """What was written; None where it is something else."""
    try:
        return msgspec.json.decode(raw, type=Made)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def old_columns(made: Made | None, only_changed: str | None) -> list[str]:
    """The columns of an input that an earlier run has added. Raises InputError where it was not made by the rules that are named."""
    if only_changed is not None and (made is None or made.rules_digest != only_changed):
        said = f"the rules {made.rules_digest}" if made is not None else "none that it names"
        raise InputError("--only-changed", f"the shard was made by {said}, not by {only_changed}")
    return made.columns if made is not None else []
