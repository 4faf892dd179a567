"""`bounces work`: a worker on a stream of items."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bounce_verdict.errors import InputError
from bounce_verdict.logs import finish_logging, start_logging
from bounce_verdict.response import encode, indented
from bounce_verdict.settings import load_settings
from bounce_verdict.stream.connection import broker_of
from bounce_verdict.stream.names import ANSWERS, DEAD, DURABLE, ITEMS, PARTITIONS, Subjects, check_subject
from bounce_verdict.stream.streams import DUPLICATE_SECONDS, Plan


def work_command(
    nats: Annotated[str | None, typer.Option(help="The broker, nats:// or tls://; else BOUNCES_NATS_URL.")] = None,
    items: Annotated[str, typer.Option(help="The subject that items are taken from.")] = ITEMS,
    answers: Annotated[str, typer.Option(help="The subject that answers go to, one level below it.")] = ANSWERS,
    dead: Annotated[str, typer.Option(help="The subject of what has no answer.")] = DEAD,
    durable: Annotated[str, typer.Option(help="The consumer that all workers share.")] = DURABLE,
    partitions: Annotated[
        int, typer.Option(min=0, max=1_000, help="Subjects of answers, by the recipient's domain; 0: one for each domain.")
    ] = PARTITIONS,
    prefetch: Annotated[int, typer.Option(min=1, max=256, help="Messages that a worker has in hand at once.")] = 16,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Answers that one message may hold.")] = 1_000,
    short: Annotated[bool, typer.Option("--short", help="Answer as detail=short does.")] = False,  # noqa: FBT002  # as typer takes it
    max_deliveries: Annotated[
        int, typer.Option(min=1, max=1_000, help="Deliveries before an item is judged in a process of its own, which it may end.")
    ] = 6,
    create: Annotated[bool, typer.Option("--create", help="Make the streams and the consumer that are missing.")] = False,  # noqa: FBT002
    duplicates: Annotated[
        float, typer.Option(min=1, help="With --create: seconds in which a message is known again.")
    ] = DUPLICATE_SECONDS,
    host: Annotated[str, typer.Option(help="Where /livez, /readyz and /metrics are; no key is asked for there.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Their port; 0 takes any free one.")] = 8001,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings; else BOUNCES_CONFIG's.")] = None,
    asyncapi: Annotated[bool, typer.Option("--asyncapi", help="Print the AsyncAPI document, and end.")] = False,  # noqa: FBT002
) -> None:
    """Take items from NATS JetStream, publish their answers, and acknowledge each once its answers are stored (docs/streams.md).

    SIGTERM lets what is in hand end; SIGHUP has the rules read anew. Needs the extra `stream`.
    """
    if asyncapi:
        from bounce_verdict.stream.worker.document import asyncapi_document  # noqa: PLC0415  # needs the extra

        sys.stdout.write(indented(encode(asyncapi_document())))
        return
    import nats as _  # noqa: PLC0415, F401  # needs the extra; that of the service, which is loaded too, comes with it

    from bounce_verdict.stream.worker.run import Work, work  # noqa: PLC0415

    if "." in durable or not durable.isprintable() or " " in durable:
        raise InputError("--durable", "must have no dots and no spaces")
    settings = load_settings(config)
    subjects = Subjects(
        check_subject("--items", items), check_subject("--answers", answers), check_subject("--dead", dead), partitions
    )
    plan = Plan(subjects, durable, duplicates)
    start_logging(settings.log_level)
    try:
        work(settings, Work(broker_of(settings, nats), plan, prefetch, batch, max_deliveries, short, create, host, port))
    finally:
        finish_logging()
