"""How `bounces classify` writes its answers: to a terminal, a pipe, a spreadsheet; stopped and resumed."""

import csv
import io
import json
import re
from pathlib import Path

from tests.cli.running import plain, run, run_in_terminal

CSV = 'id,email,reply,note\n1,ana@example.org,550 user unknown,"a ""b""\nc"\n2,=1+1@example.org,"452 4.2.2 full, sorry",\n'


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_csv_keeps_the_columns_of_the_input_and_adds_its_own(rules: Path) -> None:
    head, ana, bob = rows(run(rules, "classify", "--to", "csv", stdin=CSV.encode()).out)
    assert head == ["id", "email", "reply", "note", "verdict", "reason", "suppress", "reply_code", "enhanced_code", "command", "rule", "explanation"]  # fmt: skip
    assert ana[:7] == ["1", "ana@example.org", "550 user unknown", 'a "b"\nc', "permanent", "mailbox-unknown", "now"]
    assert (ana[7], ana[10], bob[1], bob[8]) == ("550", "generic.user-unknown", "=1+1@example.org", "4.2.2")


def test_csv_of_other_inputs_says_where_and_guards_cells_of_ours(rules: Path) -> None:
    head, row = rows(run(rules, "classify", "--to", "csv", stdin=b'=cmd|"x" user unknown\n').out)
    assert head[:4] == ["file", "number", "recipient", "reply"]
    assert row[:4] == ["'-", "1", "", '\'=cmd|"x" user unknown']


def test_csv_has_no_mark_unless_it_is_asked_for_and_keeps_the_delimiter(rules: Path) -> None:
    excel = "\ufeffid;Bounce Reason;verdict\r\n1;550 user unknown;old\r\n".encode()
    done = run(rules, "classify", "--to", "csv", stdin=excel)
    assert rows(done.out, ";")[0][:5] == ["id", "Bounce Reason", "verdict", "bounces_verdict", "reason"]
    assert run(rules, "classify", "--to", "csv", "--bom", stdin=excel).out == "\ufeff" + done.out


def test_csv_in_utf_16_and_in_windows_1252_is_read(rules: Path) -> None:
    text = "name\treply\nJürgen\t550 user unknown\n"
    for raw in (text.encode("utf-16"), text.encode("cp1252")):
        assert rows(run(rules, "classify", "--to", "csv", stdin=raw).out, "\t")[1][:3] == [
            "Jürgen",
            "550 user unknown",
            "permanent",
        ]


def test_csv_without_a_column_that_is_known_names_those_it_has(rules: Path) -> None:
    done = run(rules, "classify", "--format", "csv", stdin=b"a,b\n1,550 user unknown\n")
    assert (done.code, done.error) == (2, "bounces: -: say which column holds the reply: --column NAME of a, b\n")
    assert json.loads(run(rules, "classify", "--format", "csv", "--column", "b", stdin=b"a,b\n1,550 user unknown\n").out)[
        "verdict"
    ]


def test_a_bad_line_is_a_problem_in_its_place_and_exit_code_1(rules: Path) -> None:
    done = run(rules, "classify", stdin=b'{"reply": "550 user unknown"}\n{"repply": 1}\n{"reply": "550 user unknown"}\n')
    assert [json.loads(line)["answer"] for line in done.out.splitlines()] == ["classification", "problem", "classification"]
    assert (done.code, done.error) == (1, "bounces: 1 record could not be read; it is among the answers\n")


def test_several_processes_answer_as_one_does_and_in_order(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "replies"
    file.write_text("".join(f"550 user unknown {number}\n" for number in range(60_000)), encoding="utf-8")
    assert run(rules, "classify", "--jobs", "3", str(file)).out == run(rules, "classify", "--jobs", "1", str(file)).out


def test_a_terminal_gets_a_table_in_colour_and_a_pipe_none(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.ndjson"
    file.write_text('{"reply": "550 user unknown", "recipient": "ana@example.org"}\n', encoding="utf-8")
    shown = run_in_terminal(rules, "classify", str(file)).out
    assert "\x1b[1;31mpermanent" in shown
    assert [line.split() for line in plain(shown).splitlines()][1] == [
        "permanent",
        "mailbox-unknown",
        "now",
        "ana@example.org",
    ]
    assert "\x1b" not in run(rules, "classify", "--to", "table", str(file)).out


def test_a_table_is_as_wide_as_the_terminal(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.txt"
    file.write_text(f"550 user unknown {'word ' * 60}\n", encoding="utf-8")
    for columns in (80, 200):
        lines = plain(run_in_terminal(rules, "classify", str(file), columns=columns).out).splitlines()
        assert max(map(len, lines)) <= columns
        assert ("explanation" in lines[0]) == (columns == 200)


def test_ctrl_c_leaves_whole_lines_and_resume_goes_on_where_it_stopped(rules: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "replies", tmp_path / "out"
    file.write_text("".join(f"550 user unknown {number}\n" for number in range(200_000)), encoding="utf-8")
    stopped = run_in_terminal(rules, "classify", str(file), out=out, stop_at=r"[1-9][0-9,]* answers")
    assert stopped.code == 130
    found = re.search(r"--resume (\d+:\d+:(\d+))", plain(stopped.out))
    assert found, stopped.out
    written = out.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["number"] for line in (written[0], written[-1])] == [1, int(found[2]) - 1]
    assert run_in_terminal(rules, "classify", str(file), "--resume", found[1], out=out).code == 0
    numbers = [json.loads(line)["number"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert numbers == list(range(1, 200_001))


def test_a_bar_with_rate_and_time_left_is_shown_on_a_terminal_and_nothing_in_a_pipe(rules: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "replies", tmp_path / "out"
    file.write_text("".join(f"550 user unknown {number}\n" for number in range(40_000)), encoding="utf-8")
    shown = plain(run_in_terminal(rules, "classify", str(file), out=out).out)
    assert re.search(r"\d+% +[\d,]+ answers, [\d,]+/s +\d:\d\d:\d\d", shown), shown
    assert run(rules, "classify", str(file)).error == ""


def test_markup_in_a_reply_is_text_in_the_table(rules: Path) -> None:
    reply = "550 [/x] [link=https://a.example]user[/link] :smile:"
    done = run(rules, "classify", "--to", "table", stdin=reply.encode())
    assert (done.code, done.error) == (0, "")
    assert "550 [/x] [link=https://" in done.out
