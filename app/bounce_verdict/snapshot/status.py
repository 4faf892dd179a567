"""How the rules of a service stand: one small file, written when they are checked and looked at by every worker."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from bounce_verdict.contract.service_answers import RuleFolder
from bounce_verdict.private_files import NotPrivateError, read_private, write_private

FILE = "rules.json"
MAX_FAULTS = 50  # told of one check
_MAX_MESSAGE = 500  # characters


class Fault(Struct):
    """What is wrong with the rules, and where. `line` counts from 1; 0 means the file as a whole."""

    path: str
    line: int
    message: str

    @property
    def place(self) -> str:
        """file:line."""
        return f"{self.path}:{self.line}"


class RulesStatus(Struct):
    """What came of the last check, and which rules are in use since.

    started: of time.monotonic(), which all processes of a machine share. faults: why the rules on disk are not in use.
    snapshot: the name of the file in the same folder; digest, rules and folders tell of it.
    """

    started: float
    result: Literal["ok", "unchanged", "failed"]
    snapshot: str = ""
    digest: str = ""
    rules: int = 0
    folders: list[RuleFolder] = []
    faults: list[Fault] = []


def read_status(folder: Path) -> RulesStatus | None:
    """The status in a service's own folder; None where there is none that can be trusted and read."""
    try:
        return msgspec.json.decode(read_private(folder / FILE), type=RulesStatus)
    except (OSError, NotPrivateError, msgspec.MsgspecError):
        return None


def write_status(folder: Path, status: RulesStatus) -> None:
    """Write it there; over the old one where the disk has no room for a new file. Raises OSError, NotPrivateError."""
    status.faults = [Fault(one.path, one.line, one.message[:_MAX_MESSAGE]) for one in status.faults[:MAX_FAULTS]]
    encoded = msgspec.json.encode(status)
    try:
        write_private(folder / FILE, encoded)
    except OSError:
        descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:  # a reader of half of it takes it for none, and looks again
            file.write(encoded)
            file.truncate()


def failed(folder: Path, started: float, faults: list[Fault]) -> RulesStatus:
    """The status where rules cannot be used: those before stay in use."""
    before = read_status(folder) or RulesStatus(started, "failed")
    return msgspec.structs.replace(before, started=started, result="failed", faults=faults)


def first_fault(faults: Sequence[Fault]) -> str:
    """The faults in one line: the first whole, of the others the number."""
    more = f" (and {len(faults) - 1} more; `bounces rules check` lists them)" if len(faults) > 1 else ""
    return f"{faults[0].place}: {faults[0].message}{more}"
