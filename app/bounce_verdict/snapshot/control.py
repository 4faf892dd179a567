"""What the parent of the workers, their template, the workers, and the maker of snapshots say to each other: one JSON object a line.

Light on purpose: the parent holds neither the engine nor the web framework.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from bounce_verdict.model import value
from bounce_verdict.settings import Settings

LONGEST = 1_048_576  # bytes of a line


class Fault(Struct):
    """What is wrong with the rules, and where. `line` counts from 1; 0 means the file as a whole."""

    path: str
    line: int
    message: str

    @property
    def place(self) -> str:
        """file:line."""
        return f"{self.path}:{self.line}"


@value
class Start:
    """What a process is started with, pickled on its stdin: settings hold secrets, so neither arguments nor environment.

    control, listening, snapshot: descriptors that it inherits, -1 for one that it does not use.
    """

    settings: Settings
    control: int
    listening: int
    snapshot: int


class Task(Struct):
    """What the maker of snapshots is asked: the rules' folders, where to write, and the snapshot in use."""

    rules: str | None
    local: str | None
    state: str
    current: str | None = None


class Made(Struct):
    """Its answer: a snapshot, or what is wrong with the rules."""

    digest: str = ""
    path: str = ""
    rules: int = 0
    warnings: int = 0
    faults: list[Fault] = []


class RulesState(Struct, tag="rules"):
    """To every worker: whether the rules on disk are those in use; `result` of a reload, for the one worker that counts it."""

    stale: Fault | None = None
    result: Literal["ok", "unchanged", "failed"] | None = None


class Drain(Struct, tag="drain"):
    """To a worker: take no more connections, answer what is under way, end. whole: the service ends, not this worker alone."""

    whole: bool
    seconds: float


class ReloadAnswer(Struct, tag="reloaded"):
    """To the worker that asked for a reload. result `refused`: none was tried, `detail` says why."""

    number: int
    result: Literal["ok", "unchanged", "failed", "refused"]
    digest: str
    rules: int = 0
    detail: str = ""
    faults: list[Fault] = []


class Ready(Struct, tag="ready"):
    """From a worker: it answers."""


class Failed(Struct, tag="failed"):
    """From a worker: it cannot start, for a reason that an operator can mend."""

    message: str


class Left(Struct, tag="left"):
    """From a worker that was told to drain: it takes no more connections."""


class Alive(Struct, tag="alive"):
    """From a worker, every few seconds: its event loop turns."""


class ReloadAsked(Struct, tag="reload"):
    """From a worker: a caller asked for a reload; `number` goes with the answer."""

    number: int


class Born(Struct, tag="born"):
    """From the template: the worker that was asked for, by its process id; -1 where there could be none."""

    pid: int


class Gone(Struct, tag="gone"):
    """From the template: a worker has ended, with this exit code, negative for a signal."""

    pid: int
    code: int


ToWorker = RulesState | Drain | ReloadAnswer
ToParent = Ready | Failed | Left | Alive | ReloadAsked
FromTemplate = Born | Gone

_to_worker = msgspec.json.Decoder(ToWorker)
_to_parent = msgspec.json.Decoder(ToParent)
_from_template = msgspec.json.Decoder(FromTemplate)


def encode_line(message: Struct) -> bytes:
    """One message as a line."""
    return msgspec.json.encode(message) + b"\n"


def worker_hears(line: bytes) -> ToWorker:
    """A line from the parent."""
    told: ToWorker = _to_worker.decode(line)
    return told


def parent_hears(line: bytes) -> ToParent:
    """A line from a worker."""
    told: ToParent = _to_parent.decode(line)
    return told


def template_says(line: bytes) -> FromTemplate:
    """A line from the template."""
    told: FromTemplate = _from_template.decode(line)
    return told


def first_fault(faults: Sequence[Fault]) -> str:
    """The faults in one line: the first whole, of the others the number."""
    more = f" (and {len(faults) - 1} more; `bounces rules check` lists them)" if len(faults) > 1 else ""
    return f"{faults[0].place}: {faults[0].message}{more}"
