"""The pipeline of a worker: loaded once for a process, and only where it is the very one that the run asks for."""

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from bounce_verdict import __version__
from bounce_verdict.archive.job import Job, Sending
from bounce_verdict.errors import BounceError, RulebookError
from bounce_verdict.model import Limits
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.private_files import user_cache_folder
from bounce_verdict.rulebook.files import SourceFile, digest, read_files, rules_folder
from bounce_verdict.settings import Settings, load_settings
from bounce_verdict.snapshot.file import compiled_rules

_LOADING = threading.Lock()


def pipeline_of(job: Job) -> Pipeline:
    """The job's pipeline. Raises RulebookError where this machine has other rules, or another version of the program."""
    given = msgspec.json.encode((job.rules_digest, job.version, job.rules, job.local_rules, job.limits, job.own_domains))
    with _LOADING:
        return _load(given, job.verp_templates)


def check(job: Job) -> str:
    """Nothing where this process can do the job, else why not."""
    try:
        pipeline_of(job)
    except BounceError as error:
        return str(error)
    return ""


def make_job(
    settings: Settings,
    rules: Path | None,
    local_rules: Path | None,
    columns: Mapping[str, str],
    sending: Sending,
    only_changed: str | None,
) -> Job:
    """The job by the settings of this machine, where its rules and limits are those that count. Raises RulebookError.

    rules, local_rules: folders that every worker reads too; where they are None, each reads those of its own settings.
    """
    return Job(
        rules_digest=digest(_files(settings)),
        version=__version__,
        rules=_absolute(rules),
        local_rules=_absolute(local_rules),
        limits=settings.limits(),
        max_body=settings.max_body,
        own_domains=settings.our_domains(),
        verp_templates=tuple((settings.verp_templates or "").split()),
        columns=columns,
        sending=sending,
        only_changed=only_changed,
    )


def _absolute(folder: Path | None) -> str | None:
    return str(folder.absolute()) if folder is not None else None


def _files(settings: Settings) -> list[SourceFile]:
    return read_files(rules_folder(settings.rules), settings.local_rules)


@lru_cache(maxsize=1)
def _load(given: bytes, templates: tuple[str, ...]) -> Pipeline:
    kind = tuple[str, str, str | None, str | None, Limits, tuple[str, ...]]
    wanted, version, rules, local_rules, limits, domains = msgspec.json.decode(given, type=kind)
    if version != __version__:
        raise RulebookError("rules", 0, f"a worker has version {__version__} of the program, the run was started by {version}")
    settings = load_settings(rules=rules and Path(rules), local_rules=local_rules and Path(local_rules))
    files = _files(settings)
    if digest(files) != wanted:
        where = rules_folder(settings.rules)
        raise RulebookError(
            "rules",
            0,
            f"a worker has {digest(files)} in {where}, the run was started with {wanted}: give every machine the same rules",
        )
    found = compiled_rules(files, user_cache_folder())
    return Pipeline(found.book, limits, found.compiled, return_paths=ReturnPaths(templates), own_domains=domains)
