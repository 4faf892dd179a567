"""Part of step 2: what an automatic reply says of its author: gone until when, or for good, and who took over.

In the usual forms of the languages that the rules know. A day without a year is the first such day from the reply's own date on; a day
that may be read in two ways (02/03) is left unread.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from email.utils import parsedate_to_datetime

from bounce_verdict.model import AutoReply, Notice
from bounce_verdict.pipeline.parse.addresses import address_key, find_addresses

_MAX_READ = 4_000  # characters; what follows is a signature or the mail that was answered
_MAX_YEARS = 2

_LEFT = re.compile(
    r"(?:no longer|not any ?more) (?:with|work(?:s|ing)? (?:at|for|with|here)|employed|part of|at)\b|(?:has|have) left (?:the |our |this )?(?:company|organi[sz]ation|firm|employ|business|team)"
    r"|is no longer (?:available at|an employee)|left the company"
    r"|nicht mehr (?:bei|f[üu]r|in (?:unserem|diesem)|im unternehmen|t[äa]tig|besch[äa]ftigt)|(?:unternehmen|firma) verlassen|ausgeschieden"
    r"|ne (?:fait|fais|travaille|travaillons) plus|n'est plus (?:en poste|parmi nous|employ)|a quitt[ée] (?:la soci[ée]t[ée]|l'entreprise|l'organisation|ses fonctions)|(?:j'ai|ai) quitt[ée]"
    r"|ya no (?:trabaj|form|pertene)|ha dejado (?:la empresa|de trabajar)|non lavor[ao] pi[ùu]|non fa pi[ùu] parte|ha lasciato (?:l'azienda|la societ[àa])"
    r"|n[ãa]o (?:trabalh\w+|faz) mais|j[áa] n[ãa]o trabalha|deixou a empresa|niet (?:meer|langer) (?:werkzaam|in dienst|bij)|werkt niet (?:meer|langer)|uit dienst"
    r"|jobbar inte (?:l[äa]ngre|kvar)|har slutat|arbejder ikke l[æa]ngere|er fratr[åa]dt|jobber ikke lenger|ei (?:ole en[äa][äa]|en[äa][äa] ty[öo]skentele)|ei ty[öo]skentele en[äa][äa]"
    r"|nie pracuje ju[żz]|ju[żz] nie pracuj|ji[žz] (?:zde )?nepracuj|u[žz] (?:zde )?nepracuj|m[áa]r nem dolgoz|nu mai lucreaz|δεν εργάζ\w+ (?:πλέον|πια)|δεν εργάζεται πλέον"
    r"|(?:больше|более) не работа|уволил|більше не працю|вече не работ|art[ıi]k (?:\w+ ){0,4}çal[ıi][şs]m[ıi]yor|i[şs]ten ayr[ıi]l|退職(?:いたし|致し|し)|已(?:经)?离职|已離職|不再(?:任职|就職|在)|퇴사|퇴직"
    r"|لم (?:أعد|يعد) (?:أعمل|يعمل)|כבר לא עובד|sudah tidak (?:lagi )?bekerja|tidak lagi bekerja|không còn làm việc|ไม่ได้ทำงาน.{0,20}แล้ว",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"(?:e-?mail )?address (?:has|is) (?:changed|no longer)|new (?:e-?mail )?address|neue (?:e-?mail-?)?adresse|nouvelle adresse|nueva direcci[óo]n|nuovo indirizzo|novo (?:e-?mail|endere[çc]o)|nieuw(?:e)? (?:e-?mail)?adres"
    r"|ny (?:e-?post|mail)adress?e?|nowy adres|nov[áa] adresa|новый адрес|нова адреса|新しい(?:メール)?アドレス|新(?:的)?邮箱",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:until|till|through|back|return(?:ing)?|resume|bis|zur[üu]ck|wieder|ab dem|jusqu'au|retour|reviendrai|hasta|vuelvo|regres\w+|fino al?|torner[òo]|rientr\w+|at[ée]|retorn\w+|volto|tot|terug|tillbaka|till och med|t\.?o\.?m"
    r"|tilbage|tilbake|til og med|saakka|asti|palaan|do dnia|do|wracam|zp[ěe]t|vissza|p[âa]n[ăa]|până|μέχρι|έως|επιστρ\w+|до|по|вернусь|kadar|dönece\w+|sampai|kembali|đến)\b|まで|から|復帰|直到|至|返回|까지|עד|حتى|จนถึง",
    re.IGNORECASE,
)
_MONTHS = (
    "jan|ene|gen|янв|січ|led|sty|ιαν", "feb|fév|fev|feb|фев|лют|úno|lut|φεβ", "mar|mär|maa|mrt|мар|бер|bře|μαρ|mar", "apr|avr|abr|апр|кві|dub|kwi|απρ",
    "may|mai|mei|maj|mag|máj|май|мая|тра|kvě|μαΐ|μαϊ", "jun|juin|giu|июн|чер|červn|cze|ιουν|juni", "jul|juil|lug|июл|лип|červe|lip|ιουλ", "aug|aoû|aou|ago|авг|сер|srp|sie|αυγ",
    "sep|set|сен|вер|září|wrz|σεπ", "oct|okt|out|ott|окт|жов|říj|paź|οκτ", "nov|noi|ноя|лис|lis|νοε", "dec|dez|déc|dic|дек|гру|pro|gru|δεκ",
)  # fmt: skip
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_EASTERN = re.compile(r"(?:(20\d\d)\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号]")
_NUMBERS = re.compile(r"\b(\d{1,2})([./-])\s?(\d{1,2})(?:\2\s?(20\d\d|\d\d))?(?![\d.:])")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s{1,3}(?:de |of )?([^\W\d_]{3,12})\.?,?(?:\s{1,3}(?:de )?(20\d\d))?"
)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,12})\.?\s{1,3}(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s{1,3}(20\d\d))?")
_NEAR = 60  # characters between the word and the day


def read_absence(notice: Notice) -> AutoReply | None:
    """What the automatic reply says; None where it says neither when its author is back nor that he has left."""
    text = _own_words(notice.text)
    left, moved = _LEFT.search(text), _MOVED.search(text)
    until = None if left is not None else _until(text, _sent(notice))
    successor = _successor(notice, text[(left or moved).end() :]) if left is not None or moved is not None else None  # type: ignore[union-attr]
    if left is None and until is None and successor is None:
        return None
    said = [until[1] if until else None, left.group() if left else None, successor]
    return AutoReply(
        until[0].isoformat() if until else None, left is not None, successor, [" ".join(words.split()) for words in said if words]
    )


def _own_words(text: str) -> str:
    """Without what is quoted of the mail that was answered."""
    return "\n".join(line for line in text[:_MAX_READ].split("\n") if not line.startswith((">", "|")))


def _successor(notice: Notice, text: str) -> str | None:
    """The first address behind the sentence that is neither the author's nor ours."""
    own = {address_key(each) for name in ("from", "to", "reply-to") for each in find_addresses(notice.header(name)[:1_000])}
    named = (address for line in text.split("\n") for address in find_addresses(line))
    return next((address for address in named if address_key(address) not in own), None)


def _sent(notice: Notice) -> date | None:
    try:
        return parsedate_to_datetime(notice.header("date")[:120]).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _until(text: str, sent: date | None) -> tuple[date, str] | None:
    """The last day that stands near a word of absence, and the words."""
    found: list[tuple[date, str]] = []
    for word in _UNTIL.finditer(text):
        ahead, behind = text[max(word.start() - _NEAR, 0) : word.start()], text[word.end() : word.end() + _NEAR]
        near = next(_days(behind, sent), None) or (
            next(iter([*_days(ahead, sent)][-1:]), None) if not word.group().isascii() else None
        )
        if near is not None:
            found.append((near[0], f"{word.group()} {near[1]}"))
    kept = [one for one in found if sent is None or sent <= one[0] <= sent + timedelta(days=366 * _MAX_YEARS)]
    return max(kept) if kept else None


def _days(text: str, sent: date | None) -> Iterator[tuple[date, str]]:
    """The days that a text names, each with its words."""
    for pattern, order in ((_ISO, "ymd"), (_EASTERN, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy"), (_NUMBERS, "?")):
        for found in pattern.finditer(text):
            groups = found.groups()
            month: int | None
            if order == "?":
                numbers = _in_order(int(groups[0]), groups[1], int(groups[2]))
                if numbers is None:
                    continue
                day, month, year = *numbers, groups[3]
            else:
                parts = dict(zip(order, groups, strict=True))
                day, month, year = int(parts["d"]), _month(parts["m"]), parts["y"]
            if (made := _day(day, month, year, sent)) is not None:
                yield made, found.group().strip()


def _in_order(first: int, sign: str, second: int) -> tuple[int, int] | None:
    """(day, month): a point parts them in this order, a slash in either."""
    if sign == "." or first > 12 or first == second:  # noqa: PLR2004  # months of a year
        return first, second
    return (second, first) if second > 12 else None  # noqa: PLR2004


def _month(word: str) -> int | None:
    if word.isdigit():
        return int(word)
    lower = word.lower()
    return next((number for number, names in enumerate(_MONTHS, 1) for name in names.split("|") if lower.startswith(name)), None)


def _day(day: int, month: int | None, year: str | None, sent: date | None) -> date | None:
    """The day, the first from `sent` on where no year stands; None where there is no such day."""
    if month is None or (year is None and sent is None):
        return None
    try:
        if year is not None:
            return date(int(year) if len(year) > 2 else 2_000 + int(year), month, day)  # noqa: PLR2004  # 26 is 2026
        this = date(sent.year, month, day)  # type: ignore[union-attr]  # asked above
        return this if this >= sent else this.replace(year=this.year + 1)  # type: ignore[operator]
    except ValueError:
        return None
