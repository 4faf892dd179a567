"""`bounces rules check`, `diff`, `list` and `schema`."""

import contextlib
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.cli.inputs.replies import read_replies
from bounce_verdict.cli.options import JsonOption, LocalOption, RulesOption
from bounce_verdict.cli.output.counting import count_of
from bounce_verdict.cli.output.printing import print_change, print_finding, say, write_json
from bounce_verdict.cli.output.tables import Format, write_table
from bounce_verdict.errors import RulebookError
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.private_files import NotPrivateError, private_folder
from bounce_verdict.response import encode, indented
from bounce_verdict.rulebook.diff import compare
from bounce_verdict.rulebook.files import folders_read, read_files
from bounce_verdict.rulebook.findings import Finding
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import build_rulebook, load_rulebook, rules_folder
from bounce_verdict.rulebook.schema import editor_schema
from bounce_verdict.settings import Settings, load_settings
from bounce_verdict.snapshot.make import check_by


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
        _print_folders(settings)
        say(", ".join(count_of(counts[level], level) for level in ("error", "warning", "note")))
    raise typer.Exit(1 if counts["error"] else 0)


def _print_folders(settings: Settings) -> None:
    """Which folders were read, and how many rules of each; nothing where they cannot be, which is a finding."""
    folder, local = rules_folder(settings.rules), settings.local_rules
    with contextlib.suppress(RulebookError):
        for one in folders_read(folder, local, build_rulebook(read_files(folder, local)).book.rules):
            say(str(one))


def _findings(settings: Settings) -> list[Finding]:
    """What there is to find, with the help of BOUNCES_STATE_DIR where that is set and can be used."""
    folder, local = rules_folder(settings.rules), settings.local_rules
    if settings.state_dir is not None:
        with contextlib.suppress(OSError, NotPrivateError):
            return check_by(private_folder(settings.state_dir), folder, local)
    return check(folder, local)


def diff_command(
    old: Annotated[Path, typer.Argument(help="A rules' folder.")],
    new: Annotated[Path, typer.Argument(help="The changed one.")],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Replies, one a line or as NDJSON objects, or *.eml messages; - is stdin."),
    ],
    old_local: Annotated[Path | None, typer.Option(help="Your own rules beside OLD; else OLD/local.")] = None,
    new_local: Annotated[Path | None, typer.Option(help="Your own rules beside NEW; else NEW/local.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also where only reason, transient, suppress or scope change.")] = False,  # noqa: FBT002
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print every verdict that a change of the rules would alter."""
    before, after = Pipeline(load_rulebook(old, old_local)), Pipeline(load_rulebook(new, new_local))
    judged, altered = 0, Counter[str]()
    for change in compare(before, after, read_replies(files, after.book.commands)):
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


def list_command(
    to: Annotated[Format, typer.Option(help="CSV with a head, or one JSON object a line.")] = Format.JSONL,
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Print every rule in the order in which they are tried: id, verdict, reason, reference, source, hits."""
    settings = load_settings(rules=rules, local_rules=local)
    book = load_rulebook(rules_folder(settings.rules), settings.local_rules)
    told = (
        {
            "id": one.id,
            "verdict": one.verdict,
            "reason": one.reason,
            "reference": one.reference,
            "source": one.source,
            "hits": [hit.reply for hit in one.hits] if to is Format.JSONL else "\n".join(hit.reply for hit in one.hits),
        }
        for one in book.rules
    )
    write_table(told, to)


def schema_command() -> None:
    """Print the JSON Schema of a file of rules, as rules/schema.json holds it."""
    sys.stdout.write(indented(encode(editor_schema())))
