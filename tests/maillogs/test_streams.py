"""Whole logs: in their order, while they are read, in flat memory; and whatever bytes a line holds."""

import tracemalloc
from collections.abc import Iterator
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.errors import InputError
from bounce_verdict.maillogs import FORMATS, answer_lines, answer_log
from bounce_verdict.maillogs.formats.qmail import MAX_UNDER_WAY
from bounce_verdict.maillogs.reader import LogReader
from bounce_verdict.model import LogEvents, Skipped
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode

LINES = (
    "Nov 29 09:15:01 mail postfix/qmgr[7]: 4X1: from=<n@example.com>, size=1, nrcpt=1 (queue active)",
    "Nov 29 09:15:01 mail postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=none, delay=1, dsn=5.1.1, status=bounced (550 user unknown)",
    "2026-11-29 09:15:01 1tGxyz-0000Ab-1a ** ana@example.org R=d T=s H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<ana@example.org>: 550 no",
    "Nov 29 09:15:01 mail sm-mta[7]: 3AT8F1xx000007: to=<ana@example.org>, delay=00:00:02, relay=mx. [192.0.2.1], dsn=5.1.1, stat=User unknown",
    '5df87c9b982c840c mta delivery evpid=3d4c4a424797fe79 from=<> to=<ana@example.org> rcpt=<-> relay="192.0.2.1 (mx)" result="PermFail" stat="550 no"',
    "@400000003f75a6ad0435c3ac starting delivery 3: msg 42 to remote ana@example.org",
    "delivery 3: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_<ana@example.org>_no/",
    '{"type":"Bounce","id":"m1","recipient":"ana@example.org","response":{"code":550,"content":"no"},"timestamp":1764407701}',
    "[NOTICE] [3F1B9A54.1.1] [outbound] recipient <ana@example.org> rejected: 550 5.1.1 user unknown",
    "1064868656@91/6D@00/00@00/01@B@ana@example.org@n@example.com@g@b@5@10@12@192.0.2.1@550 5.1.1 user unknown",
    "info Sender/default/42 16a1b2c3d4e5f60718.001 REJECTED[recipient] from=n@example.com to=ana@example.org mx=mx (550 5.1.1 user unknown)",
    "type,timeLogged,rcpt,dsnStatus,dsnDiag",
    "b,1764407701,ana@example.org,5.1.1,smtp;550 5.1.1 user unknown",
    "#Fields: date-time,event-id,recipient-address,recipient-status",
    "2026-11-29T09:15:01.123Z,FAIL,ana@example.org,550 5.1.1 user unknown",
    '<22>1 2026-11-29T09:15:01Z mail postfix/smtp 7 - [a b="c"] 4X1: removed',
    '{"log":"x","stream":"stdout","time":"2026-11-29T09:15:01Z"}',
)


def test_every_record_of_a_stream_is_answered_in_its_place(classifier: Pipeline) -> None:
    kinds = [type(found).__name__ for found in answer_lines(classifier, LINES[:4])]
    assert kinds == ["Skipped", "Event", "Event", "Event"]


def test_a_log_is_answered_while_it_is_read(classifier: Pipeline) -> None:
    taken = []

    def lines() -> Iterator[str]:
        for line in LINES[:4]:
            taken.append(line)
            yield line

    next(answer_lines(classifier, lines()))
    assert len(taken) == 2  # the second shows that the first does not go on


def test_what_stands_beside_deliveries_is_counted(classifier: Pipeline) -> None:
    found = answer_log(classifier, "\n".join(LINES[:2]))
    assert isinstance(found, LogEvents)
    assert (found.format, len(found.events), found.skipped) == ("postfix", 1, 1)


def test_nothing_at_all_is_skipped(classifier: Pipeline) -> None:
    assert (
        answer_log(classifier, "") == answer_log(classifier, "\n \n") == Skipped("no-delivery", "The line tells of no delivery.")
    )


def test_a_long_log_is_read_in_flat_memory(classifier: Pipeline) -> None:
    def lines(count: int) -> Iterator[str]:
        for number in range(count):
            yield (
                f"Nov 29 09:15:01 mail postfix/smtp[7]: 4X{number}: to=<a{number}@example.org>, relay=none, delay=1, dsn=5.1.1, "
                f"status=bounced (550 5.1.1 <a{number}@example.org> user unknown)\n"
            )

    def read(count: int) -> None:
        for _ in answer_lines(classifier, lines(count)):
            pass

    read(5_000)  # fills the caches, which are bounded
    tracemalloc.start()
    try:
        read(5_000)  # a megabyte; 1 GB is the same a thousand times
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000


TO_MANY = LINES[3].replace("to=", "to=" + "<a>," * 2_000)


@pytest.mark.parametrize("text", ["\n" * 1_001, "\n".join([LINES[1]] * 1_001), f"{TO_MANY}\n{TO_MANY}"])
def test_one_piece_has_bounds(classifier: Pipeline, text: str) -> None:
    with pytest.raises(InputError):
        answer_log(classifier, text)


def test_what_is_no_unicode_can_be_answered(classifier: Pipeline) -> None:
    found = answer_log(classifier, LINES[1].replace("user unknown", "user unknown \udce4").replace("ana@", "an\udce4@"))
    assert b"?" in encode(found)


def test_qmail_forgets_what_never_ends() -> None:
    reader = LogReader("qmail")
    for number in range(2 * MAX_UNDER_WAY):
        reader.read(f"starting delivery {number}: msg 1 to remote ana@example.org")
    name, found = reader.read("delivery 0: failure: no/")
    assert name == "qmail"
    assert not isinstance(found, str)
    assert found.recipients[0].recipient is None


@given(st.text(max_size=300), st.sampled_from([None, *FORMATS]))
def test_any_text_is_answered_or_skipped(classifier: Pipeline, text: str, format: str | None) -> None:  # noqa: A002
    assert isinstance(answer_log(classifier, text, format), LogEvents | Skipped)


@given(
    st.sampled_from(LINES),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 6), st.text(max_size=4)), max_size=6),
    st.data(),
)
def test_a_damaged_line_is_answered_or_skipped(
    classifier: Pipeline, line: str, damages: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    for at, cut, put in damages:
        line = line[:at] + put + line[at + cut :]
    for format in (None, data.draw(st.sampled_from(list(FORMATS)))):  # noqa: A001
        assert isinstance(answer_log(classifier, line, format), LogEvents | Skipped)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "piece",
    ["a", " ", "(", "\\", '"', "<", "@", ", x=", " A=b", "a@", "<a>", "[", "to=<", '"\\', "{", '{"a":', "[a]", "1 ", "_/", ";550 ", ",", ' x="', "([", "-1 ** a@b "],
)  # fmt: skip
def test_no_line_takes_long(format: str, piece: str) -> None:  # noqa: A002
    heads = [line[: len(line) // 2] for line in LINES] + [line[:-1] for line in LINES] + [""]
    reader = LogReader(format)
    start = process_time()
    for head in heads:
        reader.read((head + piece * 66_000)[:65_536])
    assert process_time() - start < 4  # 35 lines of 64 KB
