"""Step 1, a message → its sender: who wrote it, as far as its own words tell: a mail server, or anybody else.

A notification has the null reverse-path (RFC 5321 §4.5.5) and a mailer's From. Whatever has neither is none, whatever it quotes:
people, lists, ticket systems and log summaries all quote bounces, in more ways and languages than could be listed. What a
machine answers in somebody's name has the null path too, but says that it answers (RFC 3834).
"""

import re

from bounce_verdict.model import OpenedMessage, Sender
from bounce_verdict.pipeline.caching import cache_texts

_MAILER = re.compile(
    r"mailer[-_. ]?daemon|post[-_]?master|mail[-_. ]?delivery|delivery[-_. ]?(?:sub)?system|mdaemon|system administrator"
    r"|maildelivery|mail administrator|mail system|mail router|mailsweeper|interscan|mailmarshal|mail server|mailadm\b"
    r"|microsoft outlook|bounce[-_. ]?(?:daemon|handler)|no-reply@sns\.amazonaws\.",
    re.IGNORECASE,
)
_UNDELIVERED = re.compile(
    r"undeliver|returned (?:mail|to sender)|returning message|delivery (?:status|failure|failed|notification|has failed|problem|report|error)"
    r"|failure notice|failed (?:mail|delivery)|mail (?:system )?(?:error|failure)|mail delivery|not (?:be )?delivered|delivery.{0,30}failed"
    r"|could ?n[o']t.{0,20}deliver|unable to deliver|failed to deliver|nondeliverable|non[- ]?delivery|non[- ]?remis|non[- ]d[ée]livr|[ée]chec de (?:la )?remise"
    r"|unzustellbar|zustellung (?:fehlgeschlagen|nicht m[öo]glich)|nicht zugestellt|fehler bei der|mancat[ao] (?:consegna|recapito)|no se (?:ha podido|puede|pudo) entregar"
    r"|n[ãa]o (?:foi )?(?:poss[íi]vel )?entreg|niet (?:bezorgd|afgeleverd)|не доставлено|недоставлен|配信不能|配送不能|退信|送信エラー|メールエラー|エラーメール|不達"
    r"|系统退|退回|无法(?:投递|送达)|投递失败|無法(?:投遞|傳送|送達)|送信でき|配信でき|届けられ|リターンメール|non distribu|n'a pas (?:pu )?[êe]t|no entregad|no (?:ha sido|fue) entregad"
    r"|mislukt|ikke (?:leveret|levert)|kunde inte (?:levereras|skickas)|ej levere|niedostarcz|nie dostarcz|nedoru[čc]|kézbesíthetetlen|iletilem|teslim edilem|не доставлен|не удалось доставить|не може бути доставлен|반송|전송 실패"
    r"|errore (?:di|nella) (?:consegna|recapito)|(?:consegna|recapito) (?:fallit[ao]|non riuscit[ao])|messaggio non (?:consegnato|recapitato)|(?:erreur|[ée]chec) (?:de|d'|lors de) ?(?:la )?(?:distribution|livraison|envoi|remise)"
    r"|retour(?:n[ée])? [àa] l.exp[ée]diteur|(?:error|fallo) (?:de|en la|al) entrega|entrega fallida|(?:correo|mensaje) (?:devuelto|no entregado)|(?:falha|erro) (?:na|de|no) (?:entrega|envio)|zustell(?:ungs)?fehler|nicht zustellbar"
    r"|zur[üu]ck (?:an|zum) absender|onbestelbaar|bezorgfout|(?:zwrot|błąd dostarcz)\w{0,8} (?:wiadomo|poczt)|(?:ошибка|сбой|помилка) (?:при )?доставк|недоставк|возвра(?:т|щен\w{0,4}) (?:письм|почт|сообщ)|nelze doru[čc]it|nepodařilo doru[čc]it|vrácen\w{0,3} (?:zpráv|pošt)"
    r"|gönderilemedi|iletilmedi|δεν παραδόθηκε|αποτυχία παράδοσης|לא נמסר|تعذر (?:تسليم|التسليم)|فشل (?:تسليم|التسليم)|không (?:thể )?(?:gửi|chuyển)|ส่งไม่สำเร็จ|ไม่สามารถส่ง|gagal (?:ter|di)?kirim|tidak terkirim|epäonnistui|ei voitu toimittaa"
    r"|kunne ikke lever|leveransfel|kunde ej levereras|nelivrat|livrar\w{0,3} (?:eșuat|nereușit)|недоставен|visszaküld|配信(?:不可|失敗|エラー)|送信(?:不可|失敗)|届きません|(?:발송|배달|전달) ?실패|전송되지|(?:投递|发送)(?:失败|不成功)|(?:投遞|寄送|傳送)失敗|未(?:能)?送达|未(?:能)?送達|退件"
    r"|impossibile (?:recapitare|consegnare)|mensagem (?:n[ãa]o|devolvida)|delayed mail|delayed \d|message delayed|warning: (?:could not send|message)|rejected (?:mail|message)|message rejected",
    re.IGNORECASE,
)
# The machines that answer in a person's name begin the subject so, and repeat the subject that they answer behind it.
_RESPONDER = re.compile(
    r"\s{0,5}\[?(?:auto(?:matic|mated|matisch|matische|matiskt|matick[áa]|matikus|maattinen)?[- ]?(?:reply|response|antwort|antwoord|bericht|svar|odpov[ěe][ďd]|v[áa]lasz|vastaus)"
    r"|out of (?:the )?office|abwesenheits\w{0,10}|r[ée]ponse automatique|absence du bureau|respuesta autom[áa]tica|risposta automatica|resposta autom[áa]tica"
    r"|fuera de la oficina|fuori sede|odpowied[źz] automatyczna|otomatik yan[ıi]t|автоматический ответ|автоответ|автовідповідь|自動応答|自動返信|不在通知|自动(?:回复|答复)|자동 ?(?:회신|응답))\]?\s{0,2}[:：\]]",
    re.IGNORECASE,
)
# What a ticket system, a forum or a chat puts ahead of the subject that it hands on.
_HANDED_ON = re.compile(
    r"\s{0,5}(?:\[[^\]]{1,80}\]|(?-i:[A-Z][A-Z0-9]{1,9}-\d{1,7})\b|(?:ticket|request|case|incident|issue)\b|we(?: have|'ve)? received|thank(?:s| you) for|new (?:message|comment|reply|post)\b)"
    r"|.{1,60}\b(?:sent|posted) (?:you )?an? (?:message|reply|comment)",
    re.IGNORECASE,
)
# Lists of mail that a filter or a list holds back; they quote its subjects and words.
_SUMMARY = re.compile(
    r"quarant[aäie]|cuarentena|karant[eé]n|карантин|隔離|隔离|격리|\bheld (?:e-?mails?|messages?)|(?:messages?|e-?mails?|posts?) (?:on hold|held|waiting|awaiting)"
    r"|spam (?:digest|summary|report|notification)|\bdigest\b|moderat(?:or|ion)|zur[üu]ckgehalten|(?:daily|weekly|tägliche|wöchentliche)\w{0,2} (?:summary|report|zusammenfassung|bericht)",
    re.IGNORECASE,
)
_MACHINE = re.compile(r"\b(?:no-?reply|admin|administrator)@", re.IGNORECASE)
_CLIENTS = ("user-agent", "x-mailer", "in-reply-to", "thread-index")  # a person's mail client writes these
_INVOKED_FOR_BOUNCE = " invoked for bounce)"  # qmail-send, in its Received field
_NO_PERSON = re.compile(r"(?:mailer[-_. ]?daemon|post_master|mdaemon)@", re.IGNORECASE)
_VIA = re.compile(r"\b(?:via|über|par)\b", re.IGNORECASE)  # how RT, Zammad and lists name whose mail they hand on
_CERTIFIED = "posta-certificata@"  # the author of PEC's receipts, and of the envelopes of ordinary certified mail, which have no X-Ricevuta
_PROGRAMS = ("Microsoft CDO", "<SMTP32")  # X-Mailer of Windows programs that write mail, and of IMail's own notices
_REPORT = "multipart/report"
_ANSWER = re.compile(r"\s{0,5}(?:re|fw|fwd|aw|wg|sv|vs|tr|rif|i|enc|rv|antw|odp|ynt)(?:\[\d{1,3}\])?\s{0,2}[:：]", re.IGNORECASE)


def read_sender(message: OpenedMessage) -> Sender:
    """Who wrote the message."""
    get = message.headers.get
    subject = (get("subject") or "")[:500]
    author = (get("from") or "")[:1_000]
    path = (get("return-path") or "")[:1_000].strip()
    lower_path = path.lower()
    submitted = (get("auto-submitted") or "").strip().lower()
    says_undelivered = _says_undelivered(subject)
    is_summary = not says_undelivered and _SUMMARY.search(subject) is not None
    has_null_path = lower_path.startswith("<>") or "mailer-daemon" in lower_path
    answers = _ANSWER.match(subject) is not None
    is_report = is_report_form(message)
    responds = _responds(message, subject, submitted)
    is_of_qmail = _is_of_qmail(message)
    speaks = says_undelivered or is_of_qmail
    is_post = message.headers.get("list-id") is not None and not (
        has_null_path and _names_machine(author)
    )  # a mailer's notice to a list
    # keeps the null path
    writes_anew = not (answers or responds or is_post)
    is_absence = _RESPONDER.match(subject) is not None
    is_passed_on = answers and "@" in path and not has_null_path
    is_receipt = _is_certified_receipt(message, author)
    is_others_path = "@" in path and not _names_mailer(path)
    is_mailer = is_receipt or (
        not (is_summary or is_absence or is_passed_on)
        and _is_mailer(author, path, speaks=speaks and has_null_path and writes_anew)
    )
    is_other = not is_mailer and is_others_path and not _is_list_program(message)
    return Sender(
        is_mailer=is_mailer,
        is_personal=answers and not (is_mailer and _answers_as_mailer(message, author, has_null_path=has_null_path)),
        may_report=is_mailer
        or (
            not is_other
            and (
                is_report
                or (has_null_path and writes_anew and not is_summary)
                or (says_undelivered and _names_machine(author) and not responds)
                or _is_list_program(message)
            )
        ),
        is_other=is_other,
        has_null_path=has_null_path,
        says_undelivered=says_undelivered,
        is_plain=is_receipt or is_of_qmail or (_is_by_name(author) and not (is_others_path and _may_be_person(author))),
    )


def is_report_form(message: OpenedMessage) -> bool:
    """Whether a message has a report's form (RFC 6522 §3), by itself or as a list sends it on, with its footer as another part."""
    if message.content_type != "multipart/mixed":
        return message.content_type == _REPORT
    around = [part.container for part in message.parts[:2]]
    return around[:1] == [_REPORT] or around == ["multipart/alternative", _REPORT]


def _answers_as_mailer(message: OpenedMessage, author: str, *, has_null_path: bool) -> bool:
    """Whether it is a mailer's notice though it answers: Apache James's mailets write "Re:" and In-Reply-To, to the null path.

    A postmaster may be a person, whoever writes as mailer-daemon is none.
    """
    if not _has_client(message):
        return True
    others = all(message.headers.get(name) is None for name in _CLIENTS if name != "in-reply-to")
    return others and (has_null_path or _NO_PERSON.search(author) is not None)


def _is_of_qmail(message: OpenedMessage) -> bool:
    """Whether qmail-send began it as a bounce, whoever its From names."""
    return any(_INVOKED_FOR_BOUNCE in field for field in message.headers.get_all("received")[-3:])


def _is_certified_receipt(message: OpenedMessage, author: str) -> bool:
    """Whether it is a receipt of PEC, Italian certified mail: these come from an address of the provider, not from the null path."""
    return message.headers.get("x-ricevuta") is not None and _CERTIFIED in author.lower()


def _responds(message: OpenedMessage, subject: str, submitted: str) -> bool:
    """Whether a machine says that it answers in somebody's name (RFC 3834 §5), or a mail client or ticket system names itself."""
    if submitted.startswith("auto-replied") or _has_client(message):
        return True
    return _RESPONDER.match(subject) is not None or _HANDED_ON.match(subject) is not None


def _is_list_program(message: OpenedMessage) -> bool:
    """Whether fml, a list's program, writes for itself: in a post it counts."""
    return message.headers.get("x-mlserver") is not None and message.headers.get("x-ml-count") is None


def _is_mailer(author: str, path: str, *, speaks: bool) -> bool:
    """Whether a mail system wrote it: by its From, or where it `speaks` as one, by a null path and its subject together.

    An envelope sender that is no mailer's outweighs a mere display name, and a subject: a notification has the null
    reverse-path (RFC 5321 §4.5.5), phishing and parcel services an address of their own.
    """
    if _has_mailers_address(author):
        return True
    if "@" in path and not _names_mailer(path):
        return False
    return speaks or _is_by_name(author)


def _has_mailers_address(author: str) -> bool:
    return bool(author and not author.strip(" <>")) or _names_mailer(author.rpartition("<")[2])


def _is_by_name(author: str) -> bool:
    """Whether a mailer is its author, and nobody who hands on what one wrote: "Mail Delivery System via Helpdesk"."""
    return (_has_mailers_address(author) or _names_mailer(author)) and _VIA.search(author) is None


def _may_be_person(author: str) -> bool:
    """Whether a person may write by the address: as postmaster, but not as mailer-daemon."""
    return _NO_PERSON.search(author) is None and not _names_machine(author)


@cache_texts(100)
def _names_machine(author: str) -> bool:
    """Whether it writes by the name of a role that no person has."""
    return _MACHINE.search(author) is not None


@cache_texts(100)  # most come from the same few mailers
def _names_mailer(text: str) -> bool:
    return _MAILER.search(text) is not None


@cache_texts(100)  # nearly all have one of a few subjects
def _says_undelivered(subject: str) -> bool:
    return _UNDELIVERED.search(subject) is not None


def _has_client(message: OpenedMessage) -> bool:
    """Whether a person's mail client wrote it."""
    written = (message.headers.get(name) for name in _CLIENTS)
    return any(name is not None and not name.startswith(_PROGRAMS) for name in written)
