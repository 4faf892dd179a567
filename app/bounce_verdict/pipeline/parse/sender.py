"""Part of step 2: who wrote a message, as far as its own words tell: a mail server, a machine, or a person.

A report is believed by its form (RFC 6522); text alone only where the message comes from a mailer. Anyone can quote a
bounce, and a person's mail must never become one.
"""

import re

from bounce_verdict.model import Notice
from bounce_verdict.pipeline.caching import cache_short

_MAILER = re.compile(
    r"mailer[-_. ]?daemon|post[-_]?master|mail[-_. ]?delivery|delivery[-_. ]?(?:sub)?system|mdaemon|system administrator"
    r"|maildelivery|mail administrator|mail system|mail router|mailsweeper|interscan|mailmarshal|mail server|mailadm\b"
    r"|microsoft outlook|bounce[-_. ]?(?:daemon|handler)",
    re.IGNORECASE,
)
_UNDELIVERED = re.compile(
    r"undeliver|returned (?:mail|to sender)|returning message|delivery (?:status|failure|failed|notification|has failed|problem|report|error)"
    r"|failure notice|failed (?:mail|delivery)|mail (?:system )?(?:error|failure)|mail delivery|not (?:be )?delivered|delivery.{0,30}failed"
    r"|could ?n[o']t.{0,20}deliver|unable to deliver|nondeliverable|non[- ]?delivery|non[- ]?remis|non[- ]d[ée]livr|[ée]chec de (?:la )?remise"
    r"|unzustellbar|nicht zugestellt|fehler bei der|mancat[ao] (?:consegna|recapito)|no se (?:ha podido|puede|pudo) entregar"
    r"|n[ãa]o (?:foi )?(?:poss[íi]vel )?entreg|niet (?:bezorgd|afgeleverd)|не доставлено|недоставлен|配信不能|配送不能|退信|送信エラー|メールエラー|エラーメール|不達"
    r"|delayed mail|delayed \d|message delayed|warning: (?:could not send|message)|rejected (?:mail|message)|message rejected",
    re.IGNORECASE,
)
_CLIENTS = ("user-agent", "x-mailer", "in-reply-to", "thread-index")  # a person's mail client writes these
_PROGRAMS = ("Microsoft CDO", "<SMTP32")  # X-Mailer of Windows programs that write mail, and of IMail's own notices
_ANSWER = re.compile(r"\s{0,5}(?:re|fw|fwd|aw|wg|sv|vs|tr|rif|i|enc|rv|antw|odp|ynt)(?:\[\d{1,3}\])?\s{0,2}[:：]", re.IGNORECASE)


def is_mailer(notice: Notice) -> bool:
    """Whether the message says that a mail system wrote it: by its From, or by a null sender and its subject together.

    An envelope sender that is no mailer's outweighs a mere display name, and a subject: a notification has the null
    reverse-path (RFC 5321 §4.5.5), phishing and parcel services an address of their own.
    """
    sender = notice.header("from")[:1_000]
    if (sender and not sender.strip(" <>")) or _names_mailer(sender.rpartition("<")[2]):
        return True
    if _has_sender(notice):
        return False
    if _names_mailer(sender):
        return True
    return says_undelivered(notice) and (has_null_sender(notice) or "auto-" in notice.header("auto-submitted").lower())


@cache_short(100)  # asked several times of each notice, and most come from the same few mailers
def _names_mailer(text: str) -> bool:
    return _MAILER.search(text) is not None


def may_report(notice: Notice) -> bool:
    """Whether anything beside the text speaks for a report: who wrote it, its envelope, its subject.

    Worms and forwarded texts look like Sendmail's bounces to the letter, and come from a person's address.
    """
    if notice.message.content_type == "multipart/report" or notice.message.headers.get("x-failed-recipients") is not None:
        return True
    machine = notice.header("auto-submitted").strip().lower() not in {"", "no"}
    if machine or has_null_sender(notice) or is_mailer(notice):
        return True
    return says_undelivered(notice) and not _has_client(notice)


def says_undelivered(notice: Notice) -> bool:
    """Whether the subject speaks of mail that was not delivered, in any of the languages that mailers use."""
    return _UNDELIVERED.search(notice.header("subject")[:500]) is not None


def has_null_sender(notice: Notice) -> bool:
    """Whether it came with the null reverse-path of notifications (RFC 5321 §4.5.5), or a mailer's in its place."""
    path = notice.header("return-path").strip().lower()
    return path.startswith("<>") or "mailer-daemon" in path


def _has_sender(notice: Notice) -> bool:
    """Whether it came with an envelope sender, and that is no mailer's."""
    path = notice.header("return-path")[:1_000].strip()
    return "@" in path and not _names_mailer(path)


def is_personal(notice: Notice) -> bool:
    """Whether a person answers or forwards: a subject that says so, and no mailer, or a postmaster at a mail client."""
    return _ANSWER.match(notice.header("subject")[:500]) is not None and (not is_mailer(notice) or _has_client(notice))


def _has_client(notice: Notice) -> bool:
    told = (notice.message.headers.get(name) for name in _CLIENTS)
    return any(name is not None and not name.startswith(_PROGRAMS) for name in told)
