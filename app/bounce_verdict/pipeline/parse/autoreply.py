"""Part of step 2: automatic replies (RFC 3834): the mail arrived, and a machine answers for the person.

Out of office, vacation, acknowledgements and challenges. Only asked for messages in which no report and no layout was
found: many real bounces carry `Auto-Submitted: auto-replied` (Postfix, Exim).
"""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address

# Fields that only responders set. X-Auto-Response-Suppress is none of them: Exchange writes it into any mail.
_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply", "x-autoreply-domain")
_SUBJECT = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated)?[- ]?(?:reply|response|answer|responder)|^\s{0,3}auto(?:reply)?\s{0,2}:|autoreply|vacation"
    r"|away from (?:my|the) (?:mail|desk|office)|on (?:annual |maternity |parental )?(?:leave|holidays?)\b|i am away"
    r"|abwesen(?:d|heit)|automatische (?:antwort|r[üu]ckmeldung|rea[ck]tion)|nicht im b[üu]ro|im urlaub"
    r"|r[ée]ponse automatique|absen(?:t|ce) du bureau|en cong[ée]|message d'absence"
    r"|risposta automatica|fuori (?:ufficio|sede)|respuesta autom[áa]tica|fuera de (?:la )?oficina|resposta autom[áa]tica|aus[êe]ncia"
    r"|automatisch (?:antwoord|bericht)|afwezig|autosvar|automatiskt svar|fr[åa]nvaro|frav[æe]r|automaattinen vastaus|poissa"
    r"|automatyczna odpowied|nieobecn|automatick[áa] odpov|automatikus v[áa]lasz|otomatik yan[ıi]t|automatiska? atbilde"
    r"|автоответ|автоматический ответ|отсутств|自動(?:返信|応答)|不在|自动(?:回复|答复)|自動回覆|자동 ?(?:회신|응답)|부재",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"(?:this is an?|an) auto(?:matic|mated|matically generated)? (?:e-?mail |mail )?(?:reply|response|answer|message in reply)"
    r"|\b(?:i am|i'm|i will be|am currently) (?:currently )?(?:out of (?:the )?office|away|on (?:vacation|holiday|leave))"
    r"|thank you for (?:your|you|contacting) .{0,30}(?:e-?mail|mail|message)|will (?:respond|reply|get back)"
    r"|bin (?:ich )?(?:derzeit |zur zeit )?(?:nicht im (?:b[üu]ro|haus)|im urlaub|abwesend)|je suis (?:actuellement )?(?:absent|en cong)"
    r"|(?:estoy|estar[ée]) (?:fuera|ausente)|sono (?:assente|fuori ufficio)|automatische antwort",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"add yourself to my|guest list|confirm (?:that )?you(?:'re| are)? (?:a )?(?:human|person|real)|verify (?:that )?you(?:'re| are) (?:a )?(?:human|person|real)"
    r"|(?:sender|your) (?:address )?(?:is |was )?not (?:yet )?(?:pre-?)?approved|spam ?arrest|challenge.{0,10}response|waitlisted|spamblocker"
    r"|reply to this (?:message|e-?mail) (?:to|so that).{0,60}(?:deliver|whitelist|approved)",
    re.IGNORECASE,
)
_MAX_SEARCHED = 2_000


def read_auto_reply(notice: Notice) -> list[RecipientStatus]:
    """The one who answers, as a recipient without a reply; [] where the message is no automatic reply."""
    if notice.sender.is_mailer and not _is_challenge(notice):
        return []
    if not (_declared(notice) or (_answers(notice) if notice.sender.is_personal else _says_so(notice))):
        return []
    address = clean_address(notice.header("from"))
    return [RecipientStatus(address)]


def _declared(notice: Notice) -> bool:
    """RFC 3834 §5 and the fields in use before it."""
    submitted = notice.header("auto-submitted").strip().lower()
    if submitted.startswith("auto-replied") or "vacation" in submitted:
        return True
    precedence = (notice.header("precedence") + notice.header("x-precedence")).lower()
    if "auto_reply" in precedence or "auto-reply" in precedence:
        return True
    return any(notice.message.headers.get(name) is not None for name in _FIELDS)


def _answers(notice: Notice) -> bool:
    """Whether a machine wrote "Re: …": people have an envelope sender, and write of holidays too."""
    return _is_challenge(notice) or (notice.sender.has_null_path and _is_absent(notice))


def _says_so(notice: Notice) -> bool:
    """In the subject; or in words of absence or of a challenge, where the envelope or the precedence is a machine's."""
    if _SUBJECT.search(notice.header("subject")[:500]) is not None:
        return True
    machine = notice.sender.has_null_path or notice.header("precedence").strip().lower() in {"bulk", "junk"}
    return _is_challenge(notice) or (machine and _is_absent(notice))


def _is_absent(notice: Notice) -> bool:
    return notice.message.headers.get("list-id") is None and _BODY.search(notice.text[:_MAX_SEARCHED]) is not None


def _is_challenge(notice: Notice) -> bool:
    return _CHALLENGE.search(notice.text[:_MAX_SEARCHED].replace("\n", " ")) is not None and not notice.message.headers.get(
        "list-id"
    )
