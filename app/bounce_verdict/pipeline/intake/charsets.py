"""Step 1, bytes → text: undoes transfer encodings and charsets, also wrong, missing or mixed ones.

Bounces quote what remote servers said in whatever charset these used, and label it as their own. So a declared charset is
believed only as far as it fits, line by line where need be. Only charsets of the list below are looked up: Python's own
search imports modules by name, remembers every name it was ever asked for, and knows codecs that decode in quadratic time.
"""

import binascii
import codecs
import encodings.aliases
import re

# Python's names for what WHATWG's Encoding Standard says is meant (§4.2): mail labelled with the left is written in the right.
_MEANT = {
    "ascii": "utf_8", "big5": "big5hkscs", "euc_kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "hz": "hz",
    "iso2022_jp": "utf_8", "iso2022_jp_1": "utf_8", "iso2022_jp_2": "utf_8", "iso2022_jp_3": "utf_8",
    "iso2022_jp_2004": "utf_8", "iso2022_jp_ext": "utf_8", "iso8859_9": "cp1254", "iso8859_11": "cp874", "latin_1": "cp1252",
    "shift_jis": "cp932", "tis_620": "cp874", "utf_8_sig": "utf_8",
}  # fmt: skip
_NO_CHARSETS = {  # codecs that are none, or that cost too much
    "base64_codec", "bz2_codec", "hex_codec", "idna", "mbcs", "oem", "punycode", "quopri_codec", "raw_unicode_escape",
    "rot_13", "undefined", "unicode_escape", "uu_codec", "zlib_codec",
}  # fmt: skip
# Names in use that Python does not know, letters and digits alone: Outlook Express, Lotus Notes, PHP, Korean and Thai mailers.
_OTHER_NAMES = {
    "cp936": "gb18030", "csgb2312": "gb18030", "eucjpms": "euc_jp", "gb180302000": "gb18030", "iso88598e": "iso8859_8",
    "iso88598i": "iso8859_8", "koi8": "koi8_r", "ksc5601": "cp949", "ksc56011987": "cp949", "ksc56011989": "cp949",
    "macintosh": "mac_roman", "sjis": "cp932", "unicode11utf7": "utf_7", "win1251": "cp1251", "win1252": "cp1252",
    "windows31j": "cp932", "windows874": "cp874", "windows949": "cp949", "xeucjp": "euc_jp", "xgbk": "gb18030",
    "xmaccyrillic": "mac_cyrillic", "xsjis": "cp932", "xwindows949": "cp949", "xxbig5": "big5hkscs", "xutf8": "utf_8",
}  # fmt: skip
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_USUAL_NAMES = ("us-ascii", "US-ASCII", "utf-8", "UTF-8", "iso-8859-1", "ISO-8859-1", "windows-1252")
_ASCII_NAMES = frozenset({None, *_USUAL_NAMES})  # in which ASCII is ASCII
_SHORT_NAME = 40

# Decoded as declared even where the bytes are valid UTF-8: two-byte characters may be both (GBK "联通").
_MULTIBYTE = {"big5hkscs", "cp932", "cp949", "euc_jp", "gb18030", "hz", "johab", "utf_7", "utf_16", "utf_16_be", "utf_16_le",
              "utf_32", "utf_32_be", "utf_32_le", "iso2022_kr", "euc_jis_2004", "euc_jisx0213", "shift_jis_2004",
              "shift_jisx0213", "big5", "cp950"}  # fmt: skip
_GUESSES = (
    "big5", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp866", "cp874", "cp932", "cp949", "euc-jp",
    "gb18030", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-8", "koi8-r", "koi8-u",
)  # fmt: skip
_SAMPLE = 4_096
_ASCII = bytes(range(128))
_MIN_SAMPLE = 4  # bytes that are no ASCII: fewer are an umlaut or two, of which chardet would make Hebrew
_LEAST_CONFIDENCE = 0.1  # below it chardet 7 only says which Western code page has no hole there

_JIS_START = re.compile(r"[\x1b?]\$[B@]")
_JIS_END = re.compile(r"[\x1b?]\([BJ]")
_OCTAL_SAMPLE = 4 * _SAMPLE
_OCTAL_RUN = re.compile(r"(?:\\[2-3][0-7]{2}){2,}+")
_OCTAL = re.compile(r"(?:\\[2-3][0-7]{2})++")
# windows-1252 with its five holes filled by the C1 controls of ISO 8859-1, as browsers do: it decodes every byte.
_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))

_BASE64 = bytes(byte for byte in range(256) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "+/="))
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_WORD = re.compile(rb"[A-Z]?+[a-z]*+|[A-Z]++|[0-9]++")
_FIRST_TOKEN = re.compile(r"[a-z0-9-]+")


def decode(raw: bytes, charset: str | None) -> str:
    """`raw` as text: valid Unicode without NULs, for any bytes and any charset name. Line ends stay as they are.

    UTF-8 goes before a declared single-byte charset and before every undeclared one; chardet, on 4 KB, comes last.
    """
    return decode_with(raw, charset, guess=True)


def read_ascii(raw: bytes, charset: str | None) -> str | None:
    """`raw`, which is ASCII, as text where nothing in it stands for anything else; None where `decode` has to look closer."""
    if charset not in _ASCII_NAMES:
        return None
    text = raw.decode("ascii")
    odd = "\\" in text or "\x1b" in text or "\0" in text or "\r" in text or ("$" in text and "?$" in text)
    return None if odd else text


def decode_with(raw: bytes, charset: str | None, *, guess: bool) -> str:
    """As `decode`; without `guess` unknown bytes are windows-1252, which costs nothing (for header blocks)."""
    codec = known(charset)
    if codec not in _MULTIBYTE and raw.isascii():
        return repair(raw.decode("ascii"))
    text = _strict(raw, codec) if codec in _MULTIBYTE else None
    if text is None:
        text = _strict(raw, "utf_8")
    if text is None:
        text = _strict(raw, codec) if codec != "utf_8" else None
    if text is None:
        text = _line_by_line(raw, codec, guess=guess)
    return repair(text)


def known(charset: str | None) -> str | None:
    """Python's name for `charset` as mail means it; None for an unknown name. ASCII, undeclared and ISO-2022-JP are UTF-8."""
    if not charset:
        return "utf_8"
    return _USUAL.get(charset) or _codec(charset)


def is_wide(charset: str | None) -> bool:
    """Whether `charset` takes two or four bytes for every character, line ends and all."""
    codec = known(charset)
    return codec is not None and codec.startswith(("utf_16", "utf_32"))


def is_utf8(raw: bytes, max_length: int) -> bool:
    """Whether the first `max_length` bytes are UTF-8, as far as they hold whole characters."""
    try:
        return raw.isascii() or bool(codecs.utf_8_decode(raw[:max_length], "strict", False))  # noqa: FBT003
    except UnicodeDecodeError:
        return False


def repair(text: str) -> str:
    """`text` without NULs, byte order mark and lone surrogates (UTF-7 and UTF-16 can spell them), JIS runs decoded."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        text = text.removeprefix("\ufeff")
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return undo_jis(text) if "\x1b" in text or "?$" in text else text


def undo_transfer(raw: bytes, encoding: str) -> bytes:
    """`raw` with its Content-Transfer-Encoding undone (RFC 2045 §6); unchanged for any other encoding than the two.

    Cut-off or damaged data gives what can be read. Text labelled base64 that is none stays: gateways copy the original
    message's header onto a plain bounce.
    """
    token = _FIRST_TOKEN.search(encoding[:_SHORT_NAME].lower())
    match token[0] if token else "":
        case "base64" if _looks_like_base64(raw):
            return _undo_base64(raw)
        case "quoted-printable":
            return binascii.a2b_qp(raw)
    return raw


def undo_octal(text: str) -> str:
    r"""`text` with Exim's octal escapes undone: `Empf\303\244nger` is `Empfänger` (Exim 4 string_printing).

    Runs that are no UTF-8 are in the charset guessed for all of them, where they are enough to guess from. A lone escape is
    one only beside such runs.
    """
    if "\\" not in text or ("\\2" not in text and "\\3" not in text):
        return text
    others = [raw for run in _OCTAL_RUN.findall(text[:_OCTAL_SAMPLE]) if _strict(raw := _octets(run), "utf_8") is None]
    if sum(map(len, others)) < _MIN_SAMPLE:
        return _OCTAL_RUN.sub(lambda run: _octal_run(run[0], "utf_8"), text)
    codec = _guess(b" ".join(others)[:_SAMPLE])
    return _OCTAL.sub(lambda run: _octal_run(run[0], codec), text)


def undo_jis(text: str) -> str:
    """`text` with ISO-2022-JP runs decoded, also where an MTA put `?` for the escape character (Postfix printable())."""
    if "$B" not in text and "$@" not in text and "\x1b" not in text:
        return text
    return "\n".join(_undo_jis_line(line) if "$" in line or "\x1b" in line else line for line in text.split("\n"))


# --- charsets --------------------------------------------------------------------------------------------------------


def _codecs() -> dict[str, str]:
    """Every charset name we know, letters and digits alone, → Python's codec."""
    names = {**encodings.aliases.aliases, **{codec: codec for codec in encodings.aliases.aliases.values()}}
    names.update({codec: codec for codec in ("big5hkscs", "cp874", "cp1006", "koi8_t", "koi8_u", "mac_cyrillic", "utf_8_sig")})
    table = {_NOT_LETTERS.sub("", name): _MEANT.get(codec, codec) for name, codec in names.items() if codec not in _NO_CHARSETS}
    return table | _OTHER_NAMES


def _codec(charset: str) -> str | None:
    return _CODECS.get(_NOT_LETTERS.sub("", charset[:_SHORT_NAME].lower()))


_CODECS = _codecs()
_USUAL = {name: _codec(name) for name in _USUAL_NAMES}  # as most mails spell them


def _strict(raw: bytes, codec: str | None) -> str | None:
    """`raw` in `codec`, None where it does not fit."""
    if codec == "cp1252":
        return codecs.charmap_decode(raw, "strict", _WINDOWS_1252)[0]
    try:
        return raw.decode(codec) if codec else None
    except UnicodeError:
        return None


def _line_by_line(raw: bytes, codec: str | None, *, guess: bool) -> str:
    """Mixed text: each line in UTF-8 where it is, else in `codec` where that fits, else in the charset guessed for the rest."""
    if codec in _MULTIBYTE and codec.startswith(("utf_", "iso2022")):
        return raw.decode(codec, "replace")  # lines are no unit here: NULs and shifts
    texts: list[str | None] = []
    rest: list[bytes] = []
    for line in raw.split(b"\n"):
        text = _strict(line, "utf_8")
        if text is None and codec != "utf_8":
            text = _strict(line, codec)
        if text is None:
            rest.append(line)
        texts.append(text)
    if rest:
        fallback = _guess(b"\n".join(rest)[:_SAMPLE]) if guess else "cp1252"
        others = iter(rest)
        return "\n".join(_damaged(next(others), fallback) if text is None else text for text in texts)
    return "\n".join(text for text in texts if text is not None)


def _damaged(line: bytes, fallback: str) -> str:
    """A line that is no UTF-8: one with UTF-8 in it (cut in the middle of a character) keeps that, else in `fallback`."""
    text = line.decode("utf_8", "replace")
    broken = text.count("\ufffd")
    if sum(char > "\x7f" for char in text) > 2 * broken:
        return text
    return _strict(line, fallback) or line.decode(fallback, "replace")


def _guess(sample: bytes) -> str:
    """The charset that `sample` is most likely in, by chardet 7; windows-1252 where nothing speaks for another."""
    if len(sample.translate(None, _ASCII)) < _MIN_SAMPLE:
        return "cp1252"
    import chardet  # noqa: PLC0415  # 50 ms and its models, for one mail in a hundred

    found = chardet.detect(sample, include_encodings=_GUESSES, prefer_superset=True, no_match_encoding="cp1252")
    codec = known(found["encoding"])
    if codec is None or codec == "utf_8" or found["confidence"] < _LEAST_CONFIDENCE:
        return "cp1252"
    return codec


def _undo_jis_line(line: str) -> str:
    """`line` with each run of JIS X 0208 between its escapes decoded; a run that is none stays as it was."""
    if "\x1b" in line and line.isascii():
        try:
            return line.encode().decode("iso2022_jp_ext")
        except UnicodeError:
            pass  # cut in the middle, or its end mangled: run by run
    done: list[str] = []
    position = 0
    while start := _JIS_START.search(line, position):
        end = _JIS_END.search(line, start.end())
        if end is None and start[0][0] == "?":
            break
        stop = end.start() if end else len(line)
        run = _jis(line[start.end() : stop], cut=end is None)
        after = end.end() if end else stop
        done += [line[position:after]] if run is None else [line[position : start.start()], run]
        position = after
    return "".join([*done, line[position:]])


def _jis(run: str, *, cut: bool) -> str | None:
    """The characters of a JIS X 0208 run, None where it is none. A run that was cut may end in half a character."""
    if cut:
        run = run[: len(run) // 2 * 2]
    try:
        return (b"\x1b$B" + run.encode("ascii")).decode("iso2022_jp") if run else None
    except UnicodeError:
        return None


def _octal_run(run: str, codec: str) -> str:
    raw = _octets(run)
    return _strict(raw, "utf_8") or _strict(raw, codec) or run


def _octets(run: str) -> bytes:
    return bytes(int(digits, 8) for digits in run.split("\\")[1:])


# --- transfer encodings ----------------------------------------------------------------------------------------------


def _looks_like_base64(raw: bytes) -> bool:
    """Whether the first line that is not empty holds nothing but base64; what could be a word must be of whole groups."""
    first = raw[:1_000].strip().partition(b"\n")[0].strip()
    return not first.translate(None, _BASE64) and (len(first) % 4 == 0 or not _WORD.fullmatch(first))


def _undo_base64(raw: bytes) -> bytes:
    letters = raw.translate(None, _NOT_BASE64)
    try:
        return binascii.a2b_base64(letters + b"==")
    except binascii.Error:  # one letter too many: cut off in the middle
        return binascii.a2b_base64(letters.rstrip(b"=")[:-1] + b"==")
