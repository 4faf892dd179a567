"""bounce_verdict in a program of one's own: `Classifier`, which loads the rules, and `classify`, for one reply by the shipped rules.

Of the environment only the user's cache folder is read, where compiled rules are kept: other folders and limits are arguments.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from bounce_verdict.errors import InputError
from bounce_verdict.model import (
    DEFAULT_LIMITS,
    Action,
    Classification,
    Event,
    Identity,
    Limits,
    LogEvents,
    MessageInput,
    ReplyInput,
    Report,
    Skipped,
)
from bounce_verdict.pipeline import NO_RETURN_PATHS, Pipeline
from bounce_verdict.pipeline.client_exceptions import Refused, read_error
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.private_files import user_cache_folder
from bounce_verdict.rulebook.files import read_files, rules_folder, without_local
from bounce_verdict.snapshot.file import compiled_rules

Folder = str | os.PathLike[str]

_LOADING = threading.Lock()


class Classifier:
    """Classifies replies, messages and webhooks. Any number of threads may use one.

    Loading takes 0.2 s; once for a set of rules, when they have to be compiled, some seconds. What was compiled is kept in the
    user's cache folder, where there is one that can be written.

    rules: a folder of rules, by default those that the package carries. local_rules: a folder of your own rules, which come first; none
    are read where it is not given. keep_compiled: whether compiled rules may be kept on disk. limits: what one reply or message may
    cost. return_paths: how yours are written and signed. own_domains: your domains, which a reply may name.
    Raises RulebookError, with file and line, where the rules cannot be used.
    """

    def __init__(
        self,
        rules: Folder | None = None,
        *,
        local_rules: Folder | None = None,
        keep_compiled: bool = True,
        limits: Limits = DEFAULT_LIMITS,
        return_paths: ReturnPaths = NO_RETURN_PATHS,
        own_domains: Sequence[str] = (),
    ) -> None:
        folder = rules_folder(Path(rules) if rules is not None else None)
        files = without_local(read_files(folder)) if local_rules is None else read_files(folder, Path(local_rules))
        loaded = compiled_rules(files, user_cache_folder() if keep_compiled else None)
        domains = tuple(name.strip(".").lower() for name in own_domains)
        self._pipeline = Pipeline(loaded.book, limits, loaded.compiled, return_paths=return_paths, own_domains=domains)

    @property
    def rules_digest(self) -> str:
        """Which rules these are, as every answer says too: an answer with another digest may be worth asking for again."""
        return self._pipeline.book.digest

    def reply(
        self,
        reply: str,
        *,
        command: str | None = None,
        remote_mta: str | None = None,
        recipient: str | None = None,
        action: Action | None = None,
        id: Identity | None = None,  # noqa: A002  # as in the answer
        sender: str | None = None,
        sending_ip: str | None = None,
        sending_host: str | None = None,
    ) -> Classification:
        """The answer for one reply of an SMTP server, all its lines in one text.

        command: the command that it answers, as SMTP or a program calls it ("RCPT", "rcpt to", "end of DATA"). remote_mta: the server.
        action: what the report that quotes it says of the recipient. id: your own, echoed. sender, sending_ip, sending_host: who you
        are, the envelope sender and the host that sent: a reply that names these refuses you, not the recipient.
        Raises InputError for a command that nobody uses.
        """
        known = resolve_command(command, self._pipeline.book.commands) if command else None
        return self._pipeline.reply(ReplyInput(reply, known, remote_mta, recipient, action, id, sender, sending_ip, sending_host))

    def error(
        self,
        error: Exception | Refused,
        *,
        remote_mta: str | None = None,
        recipient: str | None = None,
        sender: str | None = None,
        sending_ip: str | None = None,
        sending_host: str | None = None,
    ) -> list[Classification]:
        """The answers for what smtplib or aiosmtplib raised, or for the refused recipients that smtplib's sendmail returned.

        One for each recipient that was refused, one for any other exception. recipient, sender: used where the exception names none;
        the rest as in `reply`. Raises InputError for an exception of another kind.
        """
        return [
            self._pipeline.reply(
                ReplyInput(
                    one.reply,
                    one.command,
                    remote_mta,
                    one.recipient or recipient,
                    None,
                    None,
                    one.sender or sender,
                    sending_ip,
                    sending_host,
                )
            )
            for one in read_error(error)
        ]

    def message(
        self,
        raw: bytes,
        *,
        envelope_to: str | None = None,
        envelope_from: str | None = None,
        id: Identity | None = None,  # noqa: A002  # as in the answer
        sender: str | None = None,
        sending_ip: str | None = None,
        sending_host: str | None = None,
    ) -> Report:
        """The answer for one raw message: a classification for each recipient that it reports, none where it is no report.

        envelope_to, envelope_from: the addresses by which the message arrived, where you know them. id: your own, echoed.
        sender, sending_ip, sending_host: who you are, as for a reply.
        """
        given = MessageInput(raw, envelope_to, envelope_from, id, time.time(), sender, sending_ip, sending_host)
        return self._pipeline.message(given)

    def event(self, source: str, payload: object, content_type: str = "") -> Sequence[Event]:
        """The events of a webhook request, judged. Nothing is verified: prove the request's signature first.

        source: the mail service, as in docs/webhooks.md. payload: the body as it came, bytes or str, or its JSON decoded already.
        content_type: the request's, needed for multipart/form-data alone. Raises InputError for an unknown source or a body that
        cannot be read.
        """
        from bounce_verdict.webhooks import SOURCES  # noqa: PLC0415  # 22 readers, which most programs need not load
        from bounce_verdict.webhooks.answer import answer_events  # noqa: PLC0415
        from bounce_verdict.webhooks.payload import decode  # noqa: PLC0415

        if source not in SOURCES:
            raise InputError("source", f"must be one of {', '.join(SOURCES)}")
        if isinstance(payload, str):
            payload = payload.encode("utf-8", "replace")
        if isinstance(payload, bytes):
            payload = decode(payload, content_type)
        return answer_events(self._pipeline, source, payload).events

    def log_line(self, line: str, format: str | None = None) -> LogEvents | Skipped:  # noqa: A002
        """The answer for a line of a mail log, or for several that belong together: the deliveries it tells of, or why it tells of none.

        format: the program that wrote it ("postfix", "exim" …, see docs/maillogs.md), where the line does not tell. Raises InputError.
        """
        from bounce_verdict.maillogs import answer_log  # noqa: PLC0415  # half of the import's time, which replies need not pay

        return answer_log(self._pipeline, line, format)

    def log(self, lines: Iterable[str], format: str | None = None) -> Iterator[Event | Skipped]:  # noqa: A002
        """What each line of a mail log tells, while it is read: `for found in classifier.log(open("mail.log", errors="replace"))`.

        Memory stays flat however long the log is. format: as in `log_line`. Raises InputError at once.
        """
        from bounce_verdict.maillogs import answer_lines  # noqa: PLC0415  # as above

        return answer_lines(self._pipeline, lines, format)


def classify(
    reply: str | Exception,
    *,
    command: str | None = None,
    remote_mta: str | None = None,
    recipient: str | None = None,
    sender: str | None = None,
    sending_ip: str | None = None,
    sending_host: str | None = None,
) -> Classification:
    """The answer for one reply by the shipped rules, which are loaded by the first call. Arguments as in `Classifier.reply`.

    Also for an exception of smtplib or aiosmtplib that holds one reply, which says its command itself. Raises InputError where it
    holds several: `classify_error` answers each.
    """
    if isinstance(reply, str):
        return _shipped().reply(
            reply,
            command=command,
            remote_mta=remote_mta,
            recipient=recipient,
            sender=sender,
            sending_ip=sending_ip,
            sending_host=sending_host,
        )
    answers = classify_error(
        reply, remote_mta=remote_mta, recipient=recipient, sender=sender, sending_ip=sending_ip, sending_host=sending_host
    )
    if len(answers) != 1:
        raise InputError("reply", f"the exception refuses {len(answers)} recipients; classify_error answers for each of them")
    return answers[0]


def classify_error(
    error: Exception | Refused,
    *,
    remote_mta: str | None = None,
    recipient: str | None = None,
    sender: str | None = None,
    sending_ip: str | None = None,
    sending_host: str | None = None,
) -> list[Classification]:
    """The answers for what smtplib or aiosmtplib raised or refused, by the shipped rules. As `Classifier.error`."""
    return _shipped().error(
        error, remote_mta=remote_mta, recipient=recipient, sender=sender, sending_ip=sending_ip, sending_host=sending_host
    )


def _shipped() -> Classifier:
    with _LOADING:
        return _load_shipped()


@cache
def _load_shipped() -> Classifier:
    return Classifier()
