"""A stranger's rules file checked in a child process: one pattern of 3.8 KB can cost the engine 5 s and 350 MB.

The child limits its own processor time and memory before it reads anything, so that the worst file costs only itself.
"""

import resource
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from bounce_verdict.errors import InputError, RulebookError
from bounce_verdict.model import Classification, ReplyInput, value
from bounce_verdict.rulebook.files import read_files, with_file
from bounce_verdict.rulebook.findings import Finding, from_error
from bounce_verdict.rulebook.lint import check_one

MAX_BYTES = 256 * 1024
MAX_RULES = 500
CPU_SECONDS = 20
MEMORY_BYTES = 1536 * 1024 * 1024
WALL_SECONDS = 60
UNNAMED = "rules/local/checked.toml"

_TOO_DEAR = (
    f"checking it takes more than {CPU_SECONDS} s or {MEMORY_BYTES >> 20} MB: most likely a pattern is too dear to compile"
)
_ONE_AT_A_TIME = threading.Lock()


@value
class Checked:
    """What a check found in the file, what it breaks in others, and the replies sent along as these rules would judge them.

    replies: one for each, None where the rules cannot be loaded.
    """

    findings: Sequence[Finding]
    replies: Sequence[Classification | None] = ()


@value
class Task:
    """What the child is to do. `folder` and `local` as in load_rulebook."""

    text: str
    path: str
    folder: str
    local: str | None
    replies: Sequence[ReplyInput]


def check_text(
    text: str, path: str | None, folder: Path, local: Path | None = None, replies: Sequence[ReplyInput] = ()
) -> Checked:
    """Findings for a rules file as it would stand at `path` (by default among the operator's own) beside those in `folder`.

    Blocks, one check at a time, at most a minute. Raises InputError over 256 KB; whatever else is wrong is a finding.
    """
    path = _encodable(path or UNNAMED)
    text = _encodable(text)
    if len(text.encode()) > MAX_BYTES:
        raise InputError("file", f"has more than {MAX_BYTES} bytes", f"max_rules_file {MAX_BYTES}")
    replies = [replace(reply, reply=_encodable(reply.reply)) for reply in replies]
    task = Task(text, path, str(folder), str(local) if local else None, replies)
    with _ONE_AT_A_TIME:
        return _run(task) or Checked([Finding(path, 0, "error", _why_not())], [None] * len(replies))


def _why_not() -> str:
    """Why a check did not come to its end: the file, or a limit that this service itself was started with."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit >= MEMORY_BYTES:
        return _TOO_DEAR
    return f"a check may need {MEMORY_BYTES >> 20} MB of memory, and this service is limited to {limit >> 20} MB (ulimit -v)"


def _encodable(text: str) -> str:
    """JSON may hold half a surrogate pair, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _run(task: Task) -> Checked | None:
    """The child's answer, None where it hit a limit."""
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "bounce_verdict.rulebook.sandbox"],  # -P: nothing from the working directory
            input=msgspec.json.encode(task),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if child.returncode != 0:
        return None
    return msgspec.json.decode(child.stdout, type=Checked)


def main() -> None:
    """The child: limit itself, read a task from stdin, write what it found to stdout."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    memory = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(_check(task)))


def _check(task: Task) -> Checked:
    try:
        files = read_files(Path(task.folder), Path(task.local) if task.local else None)
        files = with_file(files, task.path, task.text.encode())
    except RulebookError as error:
        return Checked([from_error(error)], [None] * len(task.replies))
    if task.text.count("[[rule]]") + task.text.count("[[doubt]]") > MAX_RULES:
        finding = Finding(task.path, 0, "error", f"holds more than {MAX_RULES} rules and doubts")
        return Checked([finding], [None] * len(task.replies))
    findings, pipeline = check_one(files, task.path)
    return Checked(findings, [pipeline.reply(reply) if pipeline else None for reply in task.replies])


if __name__ == "__main__":
    main()
