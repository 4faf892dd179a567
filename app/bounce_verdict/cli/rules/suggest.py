"""`bounces rules suggest`: for texts that no rule decided, what those say that are written most alike. Never an answer."""

import sys
from typing import Annotated

import typer

from bounce_verdict.cli.bulk.run import INTERRUPTED, NOTHING_DONE, SOME_UNREAD, Unread, count_files
from bounce_verdict.cli.bulk.tally import template_of
from bounce_verdict.cli.bulk.workers import processors
from bounce_verdict.cli.inputs.chunk import Position
from bounce_verdict.cli.inputs.folders import find_files
from bounce_verdict.cli.inputs.selection import ColumnOption, FilesArgument, FormatOption, JobsOption, select
from bounce_verdict.cli.loading import load_pipeline
from bounce_verdict.cli.options import JsonOption, LocalOption, RulesOption, named_files
from bounce_verdict.cli.output.counting import count_of
from bounce_verdict.cli.output.printing import VERDICT_STYLES, say, write_json

NEAREST = 3  # rules that are shown for each text


def suggest_command(
    files: FilesArgument = None,
    format: FormatOption = None,  # noqa: A002  # as the option is called
    column: ColumnOption = None,
    top: Annotated[int, typer.Option(min=1, help="How many of the texts, the most frequent first.")] = 10,
    as_json: JsonOption = False,  # noqa: FBT002
    jobs: JobsOption = None,
    rules: RulesOption = None,
    local: LocalOption = None,
) -> None:
    """Show for the texts that no rule decided the rules whose hits are written most alike: proposals for a person, never answers.

    It compares letters and knows no meaning. Write the rule with `bounces rules new`.
    """
    from bounce_verdict.cli.rules.nearest import NearestHits  # noqa: PLC0415  # needs the extra `suggest`

    found, unread, loaded = find_files(named_files(files)), Unread(), load_pipeline(rules=rules, local_rules=local)
    known = NearestHits([(template_of(hit.reply), rule, hit.reply) for rule in loaded.pipeline.book.rules for hit in rule.hits])
    reading = select(found, format, column, None, Position(), loaded.max_body, unread)
    summary = count_files(reading, loaded, jobs or processors())
    if summary is None:
        sys.exit(INTERRUPTED)
    if unread.count and not summary.answers and not summary.problems:
        sys.exit(NOTHING_DONE)
    for text, count in summary.undecided[:top]:
        nearest = known.nearest(text, NEAREST)
        if as_json:
            rows = [
                {"similarity": one.similarity, "verdict": one.rule.verdict, "reason": one.rule.reason, "rule": one.rule.id,
                 "source": one.rule.source, "hit": one.hit}
                for one in nearest
            ]  # fmt: skip
            write_json({"text": text, "recipients": count, "nearest": rows})
            continue
        say((f"{count_of(count, 'recipient')}: ", "bold"), text)
        for one in nearest:
            verdict = (one.rule.verdict or "none", VERDICT_STYLES[one.rule.verdict])
            say(f"  {one.similarity:.2f} ", verdict, f" {one.rule.reason}: {one.rule.id} ({one.rule.source})")
            say(f"       {one.hit}")
    if not as_json:
        more = len(summary.undecided) - top
        say(f"and {more:,} more texts: --top shows more") if more > 0 else None
        say("Proposals for a person to judge, never answers." if summary.undecided else "A rule decided every text.")
    sys.exit(SOME_UNREAD if summary.problems or unread.count else 0)
