"""`bounces rules check`, `bounces rules diff` and `bounces explain`: the rules, for those who write them."""

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bounce_verdict.cli.show import print_change, print_explained, print_finding, say, write_json
from bounce_verdict.errors import InputError, NotPrivateError
from bounce_verdict.model import Action, Command, MessageInput, ReplyInput, value
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.context import resolve_command
from bounce_verdict.private_files import private_folder
from bounce_verdict.response import encode, indented
from bounce_verdict.rulebook.diff import compare
from bounce_verdict.rulebook.explain import explain_reply
from bounce_verdict.rulebook.findings import Finding
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import load_rulebook, rules_folder
from bounce_verdict.rulebook.schema import editor_schema
from bounce_verdict.settings import Settings, load_settings
from bounce_verdict.snapshot.make import check_by

rules_app = typer.Typer(help="Check the rules, or see what a change of them would change.", no_args_is_help=True)

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="The rules' folder; else BOUNCES_RULES, else those that the program carries.")
]
LocalOption = Annotated[
    Path | None, typer.Option("--local", help="Your own rules' folder; else BOUNCES_LOCAL_RULES, else local/ beside the others.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@rules_app.command("check")
def check_command(rules: RulesOption = None, local: LocalOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002
    """Try every rule on its own hits and misses, and look for what is wrong. Exit code 1 where there are errors."""
    settings = load_settings(rules=rules, local_rules=local)
    findings = _findings(settings)
    counts = Counter(finding.level for finding in findings)
    for finding in findings:
        if as_json:
            write_json(finding)
        else:
            print_finding(finding)
    if not as_json:
        say(f"{counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes")
    raise typer.Exit(1 if counts["error"] else 0)


def _findings(settings: Settings) -> list[Finding]:
    """What there is to find, with the help of BOUNCES_STATE_DIR where that is set and can be used."""
    folder, local = rules_folder(settings.rules), settings.local_rules
    if settings.state_dir is not None:
        with contextlib.suppress(OSError, NotPrivateError):
            return check_by(private_folder(settings.state_dir), folder, local)
    return check(folder, local)


@rules_app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(help="A rules' folder.")],
    new: Annotated[Path, typer.Argument(help="The changed one.")],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Replies, one a line or as NDJSON objects, or *.eml messages; - is stdin."),
    ],
    every: Annotated[bool, typer.Option("--all", help="Also where only reason, transient, suppress or scope change.")] = False,  # noqa: FBT002
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print every verdict that a change of the rules would alter."""
    before, after = Pipeline(load_rulebook(old)), Pipeline(load_rulebook(new))
    judged, altered = 0, Counter[str]()
    for change in compare(before, after, _read_all(files, after.book.commands)):
        judged += 1
        if change is None or not (every or change.alters_verdict):
            continue
        altered[f"{change.before.verdict or 'null'} to {change.after.verdict or 'null'}"] += 1
        if as_json:
            write_json(change)
        else:
            print_change(change)
    if not as_json:
        parts = "".join(f", {count} {name}" for name, count in altered.most_common())
        say(f"{altered.total()} of {judged} answers change{parts}")


@rules_app.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of a file of rules, as rules/schema.json holds it."""
    sys.stdout.write(indented(encode(editor_schema())))


def explain(
    text: Annotated[str, typer.Argument(help="The reply.")],
    command: Annotated[str | None, typer.Option(help="The command that was answered.")] = None,
    remote_mta: Annotated[str | None, typer.Option(help="The server that answered.")] = None,
    recipient: Annotated[str | None, typer.Option(help="The recipient's address.")] = None,
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Show why a reply is judged as it is: its codes, what is known around it, every rule tried, and the verdict."""
    settings = load_settings(rules=rules, local_rules=local)
    book = load_rulebook(rules_folder(settings.rules), settings.local_rules)
    known = resolve_command(command, book.commands) if command else None
    print_explained(explain_reply(book, ReplyInput(text, known, remote_mta, recipient)))


@value
class ReplyLine:
    """A reply as a line of NDJSON gives it; keys as in POST /v1/classify/reply."""

    reply: str
    command: str | None = None
    remote_mta: str | None = None
    recipient: str | None = None
    action: Action | None = None
    id: str | None = None


def _read_all(files: list[str], commands: Mapping[str, Command]) -> Iterator[tuple[str, ReplyInput | MessageInput]]:
    """Every reply and message with where it stands. Raises InputError for a file that cannot be read, or a line that is no reply."""
    for name in files:
        try:
            raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise InputError(name, f"cannot be read: {error.strerror}") from None
        if name.lower().endswith(".eml"):
            yield name, MessageInput(raw)
            continue
        for number, line in enumerate(raw.splitlines(), 1):
            if line.strip():
                yield f"{name}:{number}", _reply(f"{name}:{number}", line, commands)


def _reply(where: str, line: bytes, commands: Mapping[str, Command]) -> ReplyInput:
    if not line.lstrip().startswith(b"{"):
        return ReplyInput(line.decode("utf-8", "replace"))
    try:
        given = msgspec.json.decode(line, type=ReplyLine)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(where, f"is no reply object: {error}") from None
    command = resolve_command(given.command, commands) if given.command else None
    return ReplyInput(given.reply, command, given.remote_mta, given.recipient, given.action, given.id)
