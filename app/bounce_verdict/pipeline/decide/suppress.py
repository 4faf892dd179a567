"""Part of step 6: when `suppress: now` may stand. It unsubscribes people, so it is earned, never the rule.

It needs a rule, or an enhanced code that may stop an address by itself, that is shown to speak of this recipient or its domain. Each
condition below is a case in which that is not shown; the first that holds makes it `if-repeated`, and says so in the evidence.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from bounce_verdict.pipeline.decide.decider import Decision, ScannedReply
from bounce_verdict.pipeline.decide.our_names import place_of_name
from bounce_verdict.pipeline.decide.quotation import AFTER_DATA, AFTER_MESSAGE, may_be_quoted, quoted_at
from bounce_verdict.pipeline.decide.tables import NO_RECIPIENT_YET
from bounce_verdict.pipeline.match.identifiers import without_identifiers
from bounce_verdict.pipeline.match.re2_search import searcher

# For the matcher: words without these blame nobody but the recipient.
BLAME_SIGNALS: tuple[str, ...] = (
    (
        r"\b(sender|originator|return.path|reverse.path|envelope from|mail from|from address|from domain)\b.*"
        r"\b(rejected|refused|denied|blocked|banned|disallowed|not (allowed|permitted|authori[sz]ed|accepted|welcome|found|exist)|unknown|invalid|unverified|verif|contains)"
    ),
    r"\byour (sending )?(ip|ips|host|server|mail ?server|domain|network|client|isp|reputation|spf|dkim|dmarc|sender)\b",
    r"\b(spam|junk|virus|malware|phish|unsolicited|unauthenticated|reputation)",
    r"\b(black|block|deny).?list|\b(rbl|dnsbl)s?\b|\bblocked (using|by)\b",
    r"\b(spf|dkim|dmarc|helo|ehlo|rdns|reverse dns|ptr)\b",
    r"\b(content|attachment)s?\b.*\b(reject|refus|block|not (allowed|accepted|permitted)|filter|prohibit)|\b(content|policy) (filter|reject|violat|reason|restrict)",
    r"\bfor policy reasons|\bviolat(es|ion|ed)\b",
    r"\byour (own|bounce|return|smtp|login|api|outgoing|outbound)\b|\byou are not\b|\b(outgoing|outbound)\b|\bsending (is |was )?(not|disabled|blocked|suspended|denied|prohibited)\b",
    (
        r"\b(external|outside|foreign|anonymous|unlisted|unauthori[sz]ed|certain|unknown) (senders?|sources?)\b|\boutside (of )?(the|our|this) (organi[sz]ation|company|network|domain)\b"
        r"|\bnon-?members?\b|\bauthenticat"
    ),
    # the same in other languages: a word for the sender, for something of his, for a list, for spam
    (
        r"absender|exp(é|e)dit(eur|or)|(é|e)metteur|remitente|mittent|remetente|afzender|nadawc|отправител|відправник|подател|"
        r"odes(í|i)latel|avs(ä|a)ndar|a[fv]sender|l(ä|a)hett(ä|a)j|felad(ó|o)|αποστολ|gönder(en|ici)|pengirim|người gửi|ผู้ส่ง|"
        r"送信者|送信元|差出人|发件人|發件人|寄件|发送者|發送者|발신자|보낸 ?사람|שולח|المرسل"
    ),
    (
        r"\b(ihre?[mnrs]?|votre|vos|vuestr[ao]|vostr[ao]|uw|jouw|twoj\w*|din|ditt) (\S+ )?(e-?mail-?)?"
        r"(adress|server|domain|dom(ä|ae)ne|ip\b|netz|serveur|domaine|r(é|e)seau|servidor|dominio|indirizzo|rete|adres|domein|domen|serwer)|"
        r"\b(su|tu|sua|seu|suo|tuo|tua) (\S+ )?(ip\b|servidor|server|dominio|dom(í|i)nio|direcci(ó|o)n ip|endere(ç|c)o ip|indirizzo ip)|"
        r"(ваш|вашего|вашему|вашим|ваша|ваше) (\S+ )?(ip|адрес|сервер|домен|хост)|您的(ip|服务器|伺服器|域名|网络|地址)|あなた(の|から)|귀하의"
    ),
    (
        r"liste noire|lista n(egra|era)|(sperr|block)liste|schwarzen liste|zwarte lijst|czarn(ej|a|ą) li(ś|s)|ч(ё|е)рн(ый|ом|ого) спис|"
        r"黑名单|黑名單|ブラックリスト|블랙리스트|спам|スパム|迷惑メール|垃圾(邮件|郵件|信)|스팸"
    ),
)
# Words of what will pass: the server could not look the recipient up, or says that it is so for now.
PASSING_SIGNALS: tuple[str, ...] = (
    (
        r"\btemporar(y|il\w+)\b|\b(in progress|outage|migration)\b|\b(under|during|for|in) maintenance\b|\bmaintenance (window|mode|work)\b"
        r"|\btime-?outs?\b|\btimed out\b|\bshutting down\b|\boverload|\bwill (be )?retr(y|ied)\b"
    ),
    r"\b(re-?try|try( \w+)?|resend|come back|send( \w+)?) (again )?later\b|\b(at|for) (this|the) (time|moment)\b|\bfor now\b",
    (
        r"\b(ldap|directory|database|db|(my|postgre|ms)?sql|postgres|back-?end|lookup (server|service))\b[^.;]*"
        r"\b(down|offline|errors?|fail(s|ed|ure|ing)?|(not |un)(available|reachable|responding)|refused|timed? ?out|busy|lost|broken|locked|sync\w*)\b"
    ),
    (
        r"vor(ü|ue)bergehend|nicht (ü|ue)?(ber)?(ge)?pr(ü|ue)f\w+|tempor(ä|ae)r|zeitweilig|zurzeit|momentan\b|sp(ä|ae)ter (noch ?mal|noch einmal|erneut|wieder)|temporaire|pour le moment|plus tard"
        r"|temporal(mente)?\b|(más|mas) tarde|(de|en este) momento|temporane[ao]|più tardi|tempor(á|a)ri[ao]|mais tarde|tijdelijk|tillf(ä|a)llig|midlertidig"
        r"|tymczasow|dočasn|geçici|daha sonra|временн|позже|тимчасов|пізніше|προσωριν|一時的|しばらく|後ほど|暂时|暫時|稍后|稍後|일시적|나중에"
    ),
)
_blames, _passes = (
    searcher("(?i)" + "|".join(f"(?:{pattern})" for pattern in signals)) for signals in (BLAME_SIGNALS, PASSING_SIGNALS)
)

_ADDRESS = re.compile(r"[\w.+=%/!#$&*^{}~-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}+")
# Whom to ask for help, not whom the reply is about.
ROLES = frozenset(
    {
        "postmaster",
        "hostmaster",
        "abuse",
        "support",
        "helpdesk",
        "help",
        "admin",
        "administrator",
        "mailer-daemon",
        "noc",
        "security",
    }
)
_CONTACT = re.compile(
    r"(?:contact|e-?mail|mailto|write|report|ask|questions?|help|support|notify|send (?:mail |e-?mail )?to)\W{1,3}(?:(?:us|the|to|at|via|by|for|is)\W{1,2}){0,3}$",
    re.IGNORECASE,
)


_OF_SENDER = (".1.7", ".1.8")  # the sender's mailbox, the sender's system (RFC 3463 §3.2)
_OWN_FAULT = ".3.5"  # system incorrectly configured (RFC 3463 §3.4)
_MISCONFIGURED = re.compile(
    r"\bmis-?configur|\bconfig(?:uration)? (?:error|problem|fault)|(?:incorrectly|wrongly|badly|not properly) configured|\bby config",
    re.IGNORECASE,
)


class Claim(Struct):
    """What would stop an address, and all that tells whether it may.

    words: the whole answered text. start, end: where what decided stands in it, None where that is a code, or unknown.
    may_quote, may_blame, may_pass: a text holds one of QUOTATION_SIGNALS, of BLAME_SIGNALS, of PASSING_SIGNALS.
    """

    decision: Decision
    scanned: ScannedReply
    words: str
    start: int | None
    end: int | None
    may_quote: bool
    may_blame: bool
    may_pass: bool


def held_back(claim: Claim) -> str | None:
    """Why `now` may not stand, one line for the evidence; None where it is earned."""
    for condition, why in _CONDITIONS:
        if condition(claim):
            return f"`now` is held back: {why}"
    return None


def _is_relaying(claim: Claim) -> bool:
    return claim.decision.reason == "relay-denied"


def _is_by_code_alone(claim: Claim) -> bool:
    return claim.decision.decided_by not in ("rule", "enhanced-status")


def _is_before_recipient(claim: Claim) -> bool:
    return claim.scanned.context.command in NO_RECIPIENT_YET


def _is_of_the_message(claim: Claim) -> bool:
    """At the end of the data a reply is about the message, or quotes it, but for LMTP (RFC 2033 §4.2) and a receiver that names whom it means."""
    if claim.scanned.context.command not in AFTER_DATA or _is_lmtp(claim):
        return False
    return not (_is_receivers_own(claim.decision) and _names_whom_it_means(claim))


def _is_quoted(claim: Claim) -> bool:
    if not claim.may_quote or claim.start is None or claim.end is None or claim.scanned.context.command not in AFTER_MESSAGE:
        return False
    if quoted_at(claim.words, claim.start, claim.end) is not None:
        return True
    return not _is_receivers_own(claim.decision) and may_be_quoted(claim.words, claim.start)


def _blames_another(claim: Claim) -> bool:
    if (claim.scanned.status.status or "").endswith(_OF_SENDER):
        return True
    return claim.may_blame and any(_blames(without_identifiers(reply.text)) for reply in claim.scanned.texts)


def _may_pass(claim: Claim) -> bool:
    return claim.may_pass and any(_passes(without_identifiers(reply.text)) for reply in claim.scanned.texts)


def _blames_the_receiver(claim: Claim) -> bool:
    if any(reply.enhanced_status and reply.enhanced_status.endswith(_OWN_FAULT) for reply in claim.scanned.texts):
        return True
    return "onfig" in claim.words and _MISCONFIGURED.search(claim.words) is not None


def _names_another(claim: Claim) -> bool:
    """Where the recipient has moved to is nobody else (RFC 5321 §3.4)."""
    if "@" not in claim.words or claim.decision.reason == "mailbox-moved" or claim.scanned.parsed.forward_path is not None:
        return False
    return names_another(claim.words, addresses_of(claim.scanned))


_CONDITIONS: Sequence[tuple[Callable[[Claim], bool], str]] = (
    (_is_relaying, "relaying is denied, and the recipient's server may only be misconfigured"),
    (_is_by_code_alone, "only the reply code speaks"),
    (_is_before_recipient, "no recipient had been named yet"),
    (_is_of_the_message, "at the end of the data the words may be our message's"),
    (_is_quoted, "the words may be our message's"),
    (_blames_another, "the text blames the sender, the message or a policy"),
    (_may_pass, "the text says that it is so for now, or that the receiver could not look"),
    (_blames_the_receiver, "the receiver's own system is at fault"),
    (_names_another, "the text names another address"),
)


def addresses_of(scanned: ScannedReply) -> list[str]:
    """The recipient's addresses, as far as they are known, in lower case."""
    status = scanned.status
    known = (scanned.given.recipient, status.original_recipient, status.final_recipient)
    return [address.strip(" <>").lower() for address in known if address]


def _is_receivers_own(decision: Decision) -> bool:
    return decision.rule is not None and decision.rule.layer in ("local", "provider")


def _names_whom_it_means(claim: Claim) -> bool:
    """Whether the text holds the recipient's address; where nobody told us that, the only address that it holds is his."""
    if addresses := addresses_of(claim.scanned):
        return names_recipient(claim.words, addresses)
    return len({found[0].lower() for found in _ADDRESS.finditer(claim.words)}) == 1


def _is_lmtp(claim: Claim) -> bool:
    """Whether the client's words ahead of the reply, or the report, call it LMTP's."""
    given = claim.scanned.given
    ahead = given.reply[: max(0, given.reply.find(claim.words))]
    return claim.scanned.status.diagnostic_type == "lmtp" or "lmtp" in f"{ahead} {given.remote_mta or ''}".lower()


def names_recipient(words: str, addresses: Sequence[str]) -> bool:
    """Whether the text holds one of the addresses."""
    return any(place_of_name(address, words) >= 0 for address in addresses)


def names_another(words: str, addresses: Sequence[str]) -> bool:
    """Whether the text names an address and it is another's than the recipient's; whom to ask for help does not count."""
    if not addresses or names_recipient(words, addresses):
        return False
    for found in _ADDRESS.finditer(words):
        local, _, domain = found[0].lower().rpartition("@")
        if local.strip(".") in ROLES or _CONTACT.search(words, max(0, found.start() - 40), found.start()):
            continue
        if not any(_is_same_person(local, domain, address) for address in addresses):
            return True
    return False


def _is_same_person(local: str, domain: str, address: str) -> bool:
    """A recipient as its own server may write it: without the part behind a plus sign, and at a host of its domain."""
    own_local, _, own_domain = address.rpartition("@")
    if local.partition("+")[0] != own_local.partition("+")[0]:
        return False
    return domain == own_domain or domain.endswith("." + own_domain) or own_domain.endswith("." + domain)
