"""`bounces archive`: years of bounces judged on a Dask cluster, shard by shard."""

import sys
from collections.abc import Sequence
from typing import Annotated, get_args

import typer

from bounce_verdict.archive.columns import FIELDS
from bounce_verdict.archive.job import Kind, Outcome, Sending
from bounce_verdict.cli.bulk.run import NOTHING_DONE, SOME_UNREAD
from bounce_verdict.cli.bulk.workers import processors
from bounce_verdict.cli.options import LocalOption, RulesOption
from bounce_verdict.cli.output.counting import count_of
from bounce_verdict.errors import InputError
from bounce_verdict.settings import load_settings


def archive_command(
    source: Annotated[
        str, typer.Argument(metavar="SRC", help="A file, a folder, a pattern in quotation marks, or an fsspec URL.")
    ],
    target: Annotated[str, typer.Argument(metavar="DST", help="The folder or URL for the outputs, of the inputs' names.")],
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The Dask scheduler, as in tls://scheduler:8786; else this machine's processors."),
    ] = None,
    format: Annotated[  # noqa: A002  # as the option is called
        str | None,
        typer.Option(
            metavar="KIND", help="What the files are, where their names do not tell: " + ", ".join(get_args(Kind)) + "."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[FIELD=]NAME", help="The column that holds the reply, or that FIELD; `FIELD=` for none. May be repeated."
        ),
    ] = None,
    only_changed: Annotated[
        str | None,
        typer.Option(
            metavar="DIGEST", help="SRC was made by the rules of this digest: write only rows that are answered otherwise now."
        ),
    ] = None,
    sender: Annotated[str | None, typer.Option(help="Your envelope sender, where a row does not tell.")] = None,
    sending_ip: Annotated[str | None, typer.Option(help="The address of the host that sent.")] = None,
    sending_host: Annotated[str | None, typer.Option(help="The name of the host that sent.")] = None,
    rules: RulesOption = None,
    local: LocalOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Without --scheduler: processes that classify; by default one for each processor."),
    ] = None,
) -> None:
    """Classify an archive: Parquet, NDJSON, CSV, mboxes; for each input an output with its columns and the verdicts.

    Outputs that are done are left alone, so that the same command goes on where it stopped. docs/scale.md says how. Exit code 0 where every
    row was judged, 1 where something could not be, 2 where nothing could be done.
    """
    kind = next((one for one in get_args(Kind) if one == format), None)
    if format is not None and kind is None:
        raise InputError("--format", f"must be one of {', '.join(get_args(Kind))}")
    columns, sending = _columns(column), Sending(sender, sending_ip, sending_host)
    from bounce_verdict.archive.cluster import cluster, run  # noqa: PLC0415  # needs the extra `archive`
    from bounce_verdict.archive.loading import make_job  # noqa: PLC0415  # as above
    from bounce_verdict.archive.places import find_shards, remove_unfinished  # noqa: PLC0415  # as above

    job = make_job(load_settings(rules=rules, local_rules=local), rules, local, columns, sending, only_changed)
    shards, unknown = find_shards(source, target, kind)
    for name in unknown:
        tell(f"{name}: its name does not tell what it is; --format does")
    remove_unfinished(target)
    if not shards:
        tell("there is nothing to judge")
        sys.exit(NOTHING_DONE)
    tally = Tally(len(shards), len(unknown))
    with cluster(scheduler, jobs or min(processors(), len(shards)), tell) as client:
        for outcome in run(client, job, shards):
            tally.add(outcome)
    remove_unfinished(target)  # of workers that died
    tell(f"{tally}; rules {job.rules_digest}")
    sys.exit(SOME_UNREAD if tally.failed or tally.errors else 0)


class Tally:
    """Counts what became of shards, and says on stderr which failed; on a terminal also how far the run is."""

    def __init__(self, shards: int, unknown: int) -> None:
        self.failed, self.errors = unknown, 0
        self._shards, self._skipped, self._rows, self._written = shards, 0, 0, 0
        self._done = 0

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self._done += 1
        self._skipped += outcome.state == "skipped"
        self.failed += outcome.state == "failed"
        self.errors += outcome.errors
        self._rows += outcome.rows
        self._written += outcome.written
        if outcome.state == "failed":
            tell(f"{outcome.shard.source}: {outcome.why}")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._done:,} of {self._shards:,} shards, {self._rows:,} rows\r")

    def __str__(self) -> str:
        judged = self._done - self._skipped
        return (
            f"{count_of(judged, 'shard')} judged, {self._skipped:,} done before, {self.failed:,} failed; "
            f"{count_of(self._rows, 'row')} read, {self._written:,} written, {self.errors:,} of them without an answer"
        )


def tell(words: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"bounces: {words}\n")


def _columns(given: Sequence[str] | None) -> dict[str, str]:
    """Which column holds which field, as it was given. Raises InputError."""
    found: dict[str, str] = {}
    for one in given or ():
        field, sign, name = one.partition("=")
        field, name = (field, name) if sign and field in FIELDS else ("reply", one)
        if field in found:
            raise InputError("--column", f"says twice where {field} stands")
        found[field] = name
    return found
