"""A run on a Dask cluster: the one whose scheduler is named, or one of this machine's processors for as long as the run takes."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

try:
    from distributed import Client, LocalCluster, as_completed
    from distributed.security import Security
except ModuleNotFoundError as error:
    from bounce_verdict.extras import with_extra

    raise with_extra(error) from None

import dask.config  # distributed brings it, and is what an extra of ours names

from bounce_verdict.archive.job import Job, Outcome, Shard
from bounce_verdict.archive.loading import check
from bounce_verdict.archive.shard import answer_shard
from bounce_verdict.errors import InputError

_AHEAD = 2  # shards under way for each thread of the cluster
_SECONDS = 30  # in which a scheduler has to answer
_NO_ROUTES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


@contextmanager
def cluster(scheduler: str | None, jobs: int, tell: Callable[[str], None]) -> Iterator[Client]:
    """A client of the scheduler at that address, or of `jobs` processes of this machine. Raises InputError where there is none.

    tell: is told what the operator should know.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told shard by shard
    if scheduler is None:
        with dask.config.set(_NO_ROUTES), _local(jobs) as here, Client(here) as client:
            yield client
        return
    if scheduler.startswith("tcp://") and not scheduler.startswith(("tcp://127.", "tcp://localhost", "tcp://[::1]")):
        tell(
            "tcp:// is not encrypted and asks nobody who he is, and whoever reaches a Dask port runs code there: use tls://, or a private network"
        )
    try:
        client = Client(scheduler, timeout=_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise InputError("--scheduler", f"does not answer: {type(error).__name__}") from None
    with client:
        yield client


def _local(jobs: int) -> LocalCluster:
    """Processes that only this run can reach: they ask for a certificate that was made for it, and show nothing over HTTP."""
    return LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        security=Security.temporary(),
        silence_logs=logging.CRITICAL,
    )


def run(client: Client, job: Job, shards: Sequence[Shard]) -> Iterator[Outcome]:
    """What became of each shard, as they are done. Raises InputError where no worker is there, or one has other rules or another version."""
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
    except TimeoutError:
        raise InputError("--scheduler", "has no worker") from None
    for worker, why in client.run(check, job, on_error="return").items():
        if why:
            told = (
                why
                if isinstance(why, str)
                else f"{type(why).__name__}; is the same version installed there, with its extra `archive`?"
            )
            raise InputError("--scheduler", f"worker {worker}: {told}")
    waiting = iter(shards)
    ahead = max(1, sum(client.nthreads().values())) * _AHEAD
    given = {client.submit(answer_shard, job, shard, pure=False): shard for shard in islice(waiting, ahead)}
    done = as_completed(given)
    for future in done:
        shard = given.pop(future)
        if future.status == "finished":
            yield future.result()
        else:
            yield Outcome(
                shard,
                "failed",
                why=f"was given up: {type(future.exception()).__name__}, for instance since its worker died again and again",
            )
        future.release()
        for shard in islice(waiting, 1):
            new = client.submit(answer_shard, job, shard, pure=False)
            given[new] = shard
            done.add(new)
