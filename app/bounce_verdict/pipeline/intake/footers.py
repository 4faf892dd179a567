"""Part of step 1: what a list or a virus scanner puts below a text on its way. It is none of the notice's words.

Known by its mark (a signature's `-- `, a list's ruler) and by what it says. In doubt it stays.
"""

import re

_MAX_LINES = 12  # of one
_MAX_FOOTERS = 3
_SIGNATURE = "--"  # the lines come without white space at their ends
_RULER = re.compile(r"_{10,}|-{20,}|={20,}|\*{20,}")
_OF_LIST = re.compile(
    r"unsubscri|mailing[- ]list|listinfo|opt[- ]?out|\babmeld|abbestell|austrag|d[ée]sabonn|d[ée]sinscri|darse de baja|cancelar (?:la |su )?suscripci"
    r"|disiscri|cancellar.{0,20}iscrizione|afmelden|uitschrijven|descadastr|cancelar (?:a |sua )?(?:inscri|assinatura)|avregistrer|avanmäl|afmeld|wypis"
    r"|отписа|відписа|退订|退訂|配信停止|購読解除|수신 ?거부",
    re.IGNORECASE,
)
_VIRUS = re.compile(r"virus|v[íi]rus|viren\b|malware|вирус|ウイルス|ウィルス|病毒", re.IGNORECASE)
_CHECKED = re.compile(
    r"checked|scanned|verified|-free\b|gepr[üu]ft|gescannt|durchsucht|v[ée]rifi|analys[ée]|analizad|controllat|verificad|gecontroleerd|kontrol|sprawdz|проверен"
    r"|перевірен|チェック|检查|檢查",
    re.IGNORECASE,
)
_REPLY = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b")


def without_footer(lines: list[str]) -> list[str]:
    """`lines` without the footers below them, and without the empty lines ahead of these."""
    for _ in range(_MAX_FOOTERS):
        start = _footer(lines)
        if start is None:
            break
        lines = lines[:start]
        while lines and not lines[-1]:
            lines.pop()
    return lines


def _footer(lines: list[str]) -> int | None:
    """Where the footer begins that the lines end with; None for none, and where nothing stands above it."""
    for number in range(len(lines) - 2, max(len(lines) - _MAX_LINES, 1) - 1, -1):
        line = lines[number]
        is_signature = line == _SIGNATURE
        if (is_signature or _RULER.fullmatch(line)) and any(lines[:number]):
            said = "\n".join(lines[number + 1 :])
            is_scanner = is_signature and bool(_VIRUS.search(said)) and bool(_CHECKED.search(said))
            if (is_scanner or _OF_LIST.search(said)) and not _REPLY.search(said):
                return number
    return None
