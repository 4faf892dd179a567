"""How the command line cuts its inputs: a run that goes on makes the pieces that the whole run would have made."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.cli.inputs.chunk import Chunk, LoggedLine, Position
from bounce_verdict.cli.inputs.folders import find_files
from bounce_verdict.cli.inputs.opening import BLOCK
from bounce_verdict.cli.inputs.reading import Reading, read_chunks
from bounce_verdict.records.charset import Utf8Reader

REPLIES = "".join(f"550-5.1.1 <u{n}@d{n % 7}.example>{'.' * (n % 23)}\n550 5.1.1 user unknown\n" for n in range(25_000))
ROWS = "email;reply\n" + "".join(f'u{n}@d.example;"550 5.1.1 user{chr(10) * (n % 3)}unknown"\n' for n in range(30_000))
ITEMS = "".join(f'{{"reply": "550 5.1.1 no user{"x" * (n % 31)}"}}\n' for n in range(35_000))
MAILS = "".join(f"From a@b.example Sun Nov 29 09:15:01 2026\nSubject: {n}\n\n{'y' * (n % 997)}\n\n" for n in range(2_000))


def chunks(path: Path, start: Position) -> list[Chunk]:
    def none(error: Exception) -> None:
        raise error

    return list(read_chunks(Reading(find_files([str(path)]), none, 1_000_000, start=start)))


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", REPLIES), ("a.csv", ROWS), ("a.ndjson", ITEMS), ("a.mbox", MAILS), ("a.ndjson.gz", ITEMS)]
)
def test_a_run_that_goes_on_makes_the_pieces_of_the_whole_run(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode(), 1) if name.endswith(".gz") else text.encode())
    assert len(text) > 3 * BLOCK
    whole = chunks(path, Position())
    assert len(whole) > 2
    for done, chunk in enumerate(whole, 1):
        rest = chunks(path, chunk.end)
        assert [(one.number, one.content, one.end) for one in rest] == [
            (one.number, one.content, one.end) for one in whole[done:]
        ]


def test_a_line_of_a_log_that_is_too_long_to_be_kept_counts_whole_where_a_run_stopped(tmp_path: Path) -> None:
    bounced = "Nov 29 09:15:01 mx postfix/smtp[7]: 4F2A1: to=<ana@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, "
    bounced += "dsn=5.1.1, status=bounced (host mx.example.org said: 550 5.1.1 user unknown)\n"
    path = tmp_path / "mail.log"
    path.write_text(bounced + "x" * (3 << 20) + "\n" + bounced * 2, encoding="utf-8")
    (chunk,) = chunks(path, Position())
    assert chunk.end == Position(0, path.stat().st_size, 5)
    (rest,) = chunks(path, Position(0, len(bounced) + (3 << 20) + 1, 3))
    assert [line.number for line in rest.content if isinstance(line, LoggedLine)] == [3, 4]


@given(
    text=st.text(), charset=st.sampled_from(["utf-16-le", "utf-16-be", "utf-8"]), sizes=st.lists(st.integers(1, 9), min_size=1)
)
def test_text_in_utf_16_is_read_as_utf_8_whatever_is_read_at_a_time(text: str, charset: str, sizes: list[int]) -> None:
    raw = f"\ufeff{text}".encode(charset, "surrogatepass")
    read, found, at = Utf8Reader(io.BytesIO(raw).read), [], 0
    while piece := read(sizes[at % len(sizes)]):
        assert len(piece) <= sizes[at % len(sizes)]
        found.append(piece)
        at += 1
    assert b"".join(found) == text.encode()
