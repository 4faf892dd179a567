"""Step 1: bytes → text, whatever the label says."""

import encodings
import encodings.aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.pipeline.intake.charsets import decode, known, undo_jis, undo_octal, undo_transfer

JAPANESE = "宛先が見つかりません"
RUSSIAN = "Почтовый ящик не найден"


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("Boîte pleine", "latin-1", "iso-8859-1"),
        ("Postfach “voll” – €", "cp1252", "iso-8859-1"),
        ("Größe", "cp850", "cp-850"),
        ("Größe", "mac_roman", "macintosh"),
        ("Größe", "utf-7", "unicode-1-1-utf-7"),
        ("Größe", "utf-16", "utf-16"),
        ("Kullanıcı şu", "cp1254", "ISO-8859-9"),
        ("ผู้รับไม่มีอยู่", "cp874", "tis-620"),
        ("המשתמש לא קיים", "iso8859_8", "iso-8859-8-i"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (RUSSIAN, "cp1251", "win-1251"),
        (JAPANESE, "cp932", "x-sjis"),
        (JAPANESE, "euc-jp", "x-euc-jp"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        ("用户不存在€", "gb18030", "gb2312"),
        ("收件人不存在", "big5", "Big5"),
        ("사용자를 찾을 수 없습니다", "cp949", "ks_c_5601-1987"),
        ("사용자를 찾을 수 없습니다", "iso2022_kr", "iso-2022-kr"),
    ],
)
def test_a_declared_charset_is_read_by_the_name_that_mailers_give_it(text: str, codec: str, declared: str) -> None:
    assert decode(text.encode(codec), declared) == text


@pytest.mark.parametrize(
    "declared", [None, "us-ascii", "unknown-8bit", "default", "ansi_x3.110-1983", "x-no-such", "iso-8859-1", "koi8-r"]
)
def test_valid_utf_8_is_utf_8_under_any_single_byte_label(declared: str | None) -> None:
    assert decode("550 Empfänger unbekannt".encode(), declared) == "550 Empfänger unbekannt"


def test_gbk_that_is_valid_utf_8_by_accident_is_gbk_where_declared() -> None:
    assert decode("联通".encode("gbk"), "gb2312") == "联通"


@pytest.mark.parametrize("declared", [None, "us-ascii", "utf-8", "unknown-8bit"])
def test_a_few_undeclared_8_bit_letters_are_windows_1252(declared: str | None) -> None:
    assert decode("Boîte pleine à côté".encode("cp1252"), declared) == "Boîte pleine à côté"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "koi8-r"), (RUSSIAN, "cp1251"), (JAPANESE, "cp932"), (JAPANESE, "euc-jp"), (JAPANESE, "iso2022_jp"),
        ("用户不存在，邮件被拒绝", "gb18030"), ("收件人不存在該使用者", "big5"), ("사용자를 찾을 수 없습니다", "cp949"),
        ("Použitá schránka je plná, příjemce neexistuje", "cp1250"), ("Ο παραλήπτης δεν υπάρχει", "iso-8859-7"),
    ],
)  # fmt: skip
def test_an_undeclared_charset_is_guessed(text: str, codec: str) -> None:
    assert decode(text.encode(codec), None) == text


def test_each_line_of_a_mixed_text_is_read_by_itself() -> None:
    raw = "Größe\n".encode() + "Größe\n".encode("cp1252") + b"plain\n"
    assert decode(raw, "utf-8") == "Größe\nGröße\nplain\n"


def test_utf_8_cut_in_the_middle_of_a_character_keeps_the_rest() -> None:
    assert decode("Größe über".encode()[:5] + " süß größer".encode(), "utf-8").endswith(
        "\ufffd süß größer".replace("\ufffd ", " ")
    )


def test_iso_2022_jp_with_8_bit_junk_keeps_both() -> None:
    raw = b"550 " + JAPANESE.encode("iso2022_jp") + b" \xe4\n"
    assert decode(raw, "iso-2022-jp") == f"550 {JAPANESE} ä\n"


def test_iso_2022_jp_within_a_text_of_another_charset_is_decoded() -> None:
    assert decode("Empfänger: ".encode() + JAPANESE.encode("iso2022_jp"), "utf-8") == f"Empfänger: {JAPANESE}"


def test_iso_2022_jp_that_lost_its_escape_characters_is_decoded() -> None:  # Postfix puts "?" for each
    raw = JAPANESE.encode("iso2022_jp").replace(b"\x1b", b"?")
    assert decode(b"550 5.1.1 " + raw + b" (in reply to RCPT TO)", "utf-8") == f"550 5.1.1 {JAPANESE} (in reply to RCPT TO)"


@pytest.mark.parametrize("text", ["costs ?$BIG (BUT) ok", "?$B", "?$B(B", "US?$B@?(B", "?$B äö ?(B"])
def test_text_that_only_looks_like_iso_2022_jp_stays(text: str) -> None:
    assert undo_jis(text) == text


def test_utf_7_is_read_only_where_declared() -> None:
    assert decode(b"a+2b-c and +AOQ-", None) == "a+2b-c and +AOQ-"


def test_lone_surrogates_become_replacement_characters() -> None:
    assert decode(b"+2AA-x", "utf-7") == "\ufffdx"


def test_nuls_and_a_byte_order_mark_are_dropped() -> None:
    assert decode(b"\xef\xbb\xbfa\0b", "utf-8") == "ab"


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "unicode_escape", "rot13", "zlib", "hex", "undefined", "os.path", "\ud800", "x" * 9_999]
)
def test_codecs_that_are_no_charsets_are_unknown(name: str) -> None:
    assert known(name) is None
    assert decode(b"abc", name) == "abc"


def test_unknown_names_are_not_asked_of_python_which_would_keep_them() -> None:
    decode(b"\xe4", "x-never-seen-anywhere")
    assert "x_never_seen_anywhere" not in encodings._cache  # noqa: SLF001  # what is tested


@given(st.binary(max_size=200), st.sampled_from([None, *sorted(set(encodings.aliases.aliases.values()))]))
def test_any_bytes_in_any_charset_give_valid_unicode(raw: bytes, charset: str | None) -> None:
    text = decode(raw, charset)
    text.encode()
    assert "\0" not in text


@given(st.text(alphabet="?\x1b$B@(J!~aあ\n", max_size=60))
def test_undoing_jis_gives_valid_unicode_for_any_text(text: str) -> None:
    undo_jis(text).encode()


# --- transfer encodings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "raw", "undone"),
    [
        ("base64", b"SGVsbG8gd29ybGQ=", b"Hello world"),
        ("BASE64 (why not)", b"SGVs\nbG8g\nd29y\nbGQ=\n", b"Hello world"),
        ("base64", b"SGVsbG8gd29ybGQ", b"Hello world"),
        ("base64", b"SGVsbG8gd29ybGQhIQx", b"Hello world!!\x0c"),
        ("base64", b"Hello\n", b"Hello\n"),
        ("base64", b"SGVsbG8=\n_______\nmailing list footer", b"Hello"),
        ("base64", b"This is no base64 at all\nhello", b"This is no base64 at all\nhello"),
        ("base64", b"", b""),
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe, soft=\nline", "Grüße, softline".encode()),
        ("quoted-printable", b"100 =XZ =", b"100 =XZ "),
        ("8bit", b"\xe4", b"\xe4"),
        ("x-uuencode", b"begin 644 a\n", b"begin 644 a\n"),
        ("", b"a", b"a"),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, raw: bytes, undone: bytes) -> None:
    assert undo_transfer(raw, encoding) == undone


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable"]))
def test_any_bytes_can_be_undone(raw: bytes, encoding: str) -> None:
    assert len(undo_transfer(raw, encoding)) <= len(raw)


@pytest.mark.parametrize(
    ("text", "undone"),
    [
        (r"550 Empf\303\244nger unbekannt", "550 Empfänger unbekannt"),
        (r"\346\224\266\344\273\266\344\272\272", "收件人"),
        (r"C:\303\50 and \344 stay", r"C:\303\50 and \344 stay"),
        (r"\377\376", r"\377\376"),
        ("nothing", "nothing"),
    ],
)
def test_octal_escapes_of_utf_8_are_undone(text: str, undone: str) -> None:
    assert undo_octal(text) == undone


@pytest.mark.parametrize(
    ("charset", "text"),
    [("koi8-r", "550 Пользователь и ящик не найден"), ("gb18030", "552 5.2.2 收件人邮箱已满")],
)
def test_octal_escapes_of_other_charsets_are_guessed(charset: str, text: str) -> None:
    escaped = "".join(chr(byte) if byte < 0x80 else f"\\{byte:o}" for byte in text.encode(charset))
    assert undo_octal(escaped) == text
