"""bounce_verdict in a program of one's own: `Classifier`, which loads the rules, and `classify`, for one reply by the shipped rules.

Nothing of the environment is read: folders and limits are arguments.
"""

import os
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bounce_verdict.model import DEFAULT_LIMITS, Action, Classification, Limits, MessageInput, ReplyInput, Report
from bounce_verdict.pipeline import NO_RETURN_PATHS, Pipeline
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command
from bounce_verdict.rulebook.files import read_files, rules_folder, without_local
from bounce_verdict.rulebook.load import load_files

Folder = str | os.PathLike[str]

_LOADING = threading.Lock()


class Classifier:
    """Classifies replies and messages. Loading takes a second or two; any number of threads may use it after that.

    rules: a folder of rules, by default those that the package carries. local_rules: a folder of your own rules, which come first; none
    are read where it is not given. limits: what one reply or message may cost. return_paths: how yours are written and signed.
    own_domains: your domains, which a reply may name.
    Raises RulebookError, with file and line, where the rules cannot be used.
    """

    def __init__(
        self,
        rules: Folder | None = None,
        *,
        local_rules: Folder | None = None,
        limits: Limits = DEFAULT_LIMITS,
        return_paths: ReturnPaths = NO_RETURN_PATHS,
        own_domains: Sequence[str] = (),
    ) -> None:
        folder = rules_folder(Path(rules) if rules is not None else None)
        files = without_local(read_files(folder)) if local_rules is None else read_files(folder, Path(local_rules))
        self._pipeline = Pipeline(load_files(files), limits, return_paths=return_paths, own_domains=own_domains)

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
        sender: str | None = None,
        sending_ip: str | None = None,
        sending_host: str | None = None,
    ) -> Classification:
        """The answer for one reply of an SMTP server, all its lines in one text.

        command: the command that it answers, as SMTP or a program calls it ("RCPT", "rcpt to", "end of DATA"). remote_mta: the server.
        action: what the report that quotes it says of the recipient. sender, sending_ip, sending_host: who you are, the envelope sender and
        the host that sent: a reply that names these refuses you, not the recipient. Raises UnknownCommand.
        """
        known = resolve_command(command, self._pipeline.book.commands) if command else None
        return self._pipeline.reply(
            ReplyInput(reply, known, remote_mta, recipient, action, None, sender, sending_ip, sending_host)
        )

    def message(
        self,
        raw: bytes,
        *,
        envelope_to: str | None = None,
        envelope_from: str | None = None,
        sender: str | None = None,
        sending_ip: str | None = None,
        sending_host: str | None = None,
    ) -> Report:
        """The answer for one raw message: a classification for each recipient that it reports, none where it is no report.

        envelope_to, envelope_from: the addresses by which the message arrived, where you know them. sender, sending_ip, sending_host: who
        you are, as for a reply.
        """
        given = MessageInput(raw, envelope_to, envelope_from, None, time.time(), sender, sending_ip, sending_host)
        return self._pipeline.message(given)


def classify(
    reply: str,
    *,
    command: str | None = None,
    remote_mta: str | None = None,
    recipient: str | None = None,
    sender: str | None = None,
    sending_ip: str | None = None,
    sending_host: str | None = None,
) -> Classification:
    """The answer for one reply by the shipped rules, which are loaded by the first call. Arguments as in `Classifier.reply`."""
    with _LOADING:
        classifier = _shipped()
    return classifier.reply(
        reply,
        command=command,
        remote_mta=remote_mta,
        recipient=recipient,
        sender=sender,
        sending_ip=sending_ip,
        sending_host=sending_host,
    )


@cache
def _shipped() -> Classifier:
    return Classifier()
