"""Snapshots of the rules: made from good files only, never trusted when torn or foreign."""

from dataclasses import replace
from pathlib import Path

import pytest

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.files import digest, read_files
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import load_rulebook
from bounce_verdict.snapshot import file as snapshot_file
from bounce_verdict.snapshot.file import MAGIC, SnapshotError, build_identity, pack, unpack
from bounce_verdict.snapshot.make import Task, check_by, make_snapshot
from bounce_verdict.snapshot.status import RulesStatus, write_status
from tests.running import RULE, make_few_rules


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return make_few_rules(tmp_path / "rules")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


def make(rules: Path, state: Path, local: Path | None = None) -> RulesStatus:
    """What one check says, of a service whose own folder is `state` too."""
    status = make_snapshot(Task(str(rules), str(local) if local else None, str(state), str(state)))
    write_status(state, status)
    return status


def snapshots(state: Path) -> list[Path]:
    return list(state.glob("*.snapshot"))


def test_a_snapshot_holds_the_rulebook_and_its_compiled_patterns(rules: Path, state: Path) -> None:
    made = make(rules, state)
    assert (made.faults, made.rules, made.digest) == ([], 1, digest(read_files(rules)))
    held = unpack((state / made.snapshot).read_bytes())
    assert held.book.digest == made.digest
    answer = Pipeline(held.book, compiled=held.compiled).reply(ReplyInput("550 user unknown"))
    assert answer.rule is not None
    assert answer.rule.id == "generic.user-unknown"


def test_the_same_files_need_no_second_snapshot(rules: Path, state: Path) -> None:
    first = state / make(rules, state).snapshot
    written = first.stat().st_ino
    again = make(rules, state)
    assert (again.result, state / again.snapshot) == ("unchanged", first)
    assert first.stat().st_ino == written


@pytest.mark.parametrize("damage", [b"", b"bounces", MAGIC, b"x" * 500])
def test_a_torn_or_foreign_snapshot_is_not_used_but_made_anew(rules: Path, state: Path, damage: bytes) -> None:
    path = state / make(rules, state).snapshot
    whole = path.read_bytes()
    path.write_bytes(damage)
    with pytest.raises(SnapshotError):
        unpack(damage)
    assert make(rules, state).snapshot == path.name
    assert path.read_bytes() == whole


@pytest.mark.parametrize("place", [0, 20, 100, -1])
def test_a_snapshot_with_one_wrong_byte_is_not_used(rules: Path, state: Path, place: int) -> None:
    data = bytearray((state / make(rules, state).snapshot).read_bytes())
    data[place] ^= 1
    with pytest.raises(SnapshotError):
        unpack(bytes(data))


def test_a_snapshot_of_another_program_is_read_anew_from_its_files(
    rules: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (state / make(rules, state).snapshot).read_bytes()
    monkeypatch.setattr(snapshot_file, "build_identity", lambda: ("another version", *build_identity()[1:]))
    held = unpack(data)
    assert held.compiled is None
    assert [rule.id for rule in held.book.rules] == ["generic.user-unknown"]


def test_a_snapshot_whose_files_no_longer_make_rules_is_an_error(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [replace(file, data=b"no TOML") if file.layer else file for file in read_files(rules)]
    data = pack(files, load_rulebook(rules), b"")
    monkeypatch.setattr(snapshot_file, "build_identity", lambda: ("another version", *build_identity()[1:]))
    with pytest.raises(RulebookError, match=r"rules/generic\.toml:1"):
        unpack(data)


def test_a_hit_that_a_rule_does_not_win_makes_no_snapshot(rules: Path, state: Path) -> None:
    (rules / "generic.toml").write_text(RULE.replace("550 user unknown", "550 gone"), encoding="utf-8")
    made = make(rules, state)
    assert (made.result, made.snapshot) == ("failed", "")
    assert made.faults[0].place == "rules/generic.toml:7"
    assert snapshots(state) == []


def test_of_changed_files_only_those_are_tried_that_nobody_has_tried(rules: Path, state: Path, tmp_path: Path) -> None:
    make(rules, state)
    local = tmp_path / "local"
    local.mkdir()
    (local / "ours.toml").write_text(RULE.replace("generic.", "ours."), encoding="utf-8")
    second = make(rules, state, local)
    assert (second.faults, second.rules) == ([], 2)
    (rules / "generic.toml").write_text(RULE + "# changed\n", encoding="utf-8")
    assert make(rules, state, local).faults == []


MORE = RULE.replace("user unknown", "mailbox disabled").replace("generic.user-unknown", "generic.mailbox-disabled")


@pytest.mark.parametrize("damage", [None, b"", b"x" * 500])
def test_changed_rules_make_the_same_snapshot_with_an_earlier_one_torn_or_none(
    rules: Path, state: Path, tmp_path: Path, damage: bytes | None
) -> None:
    earlier = make(rules, state)
    if damage is not None:
        (state / earlier.snapshot).write_bytes(damage)
    (rules / "generic.toml").write_text(RULE + MORE, encoding="utf-8")
    alone = tmp_path / "alone"
    alone.mkdir(mode=0o700)
    made, expected = make(rules, state), make(rules, alone)
    assert (made.digest, made.rules, made.faults) == (expected.digest, 2, [])
    assert (state / made.snapshot).read_bytes() == (alone / expected.snapshot).read_bytes()


def test_a_hit_that_a_known_pattern_takes_is_found_with_an_earlier_snapshot(rules: Path, state: Path) -> None:
    make(rules, state)
    second = MORE.replace("mailbox disabled", "user unknown here")
    (rules / "generic.toml").write_text(RULE + second, encoding="utf-8")
    made = make(rules, state)
    assert [fault.place for fault in made.faults] == ["rules/generic.toml:15"]
    assert "hit 1 goes to generic.user-unknown" in made.faults[0].message


def test_a_bad_pattern_is_a_fault_with_an_earlier_snapshot_too(rules: Path, state: Path) -> None:
    make(rules, state)
    (rules / "generic.toml").write_text(RULE + MORE.replace("'mailbox disabled'", "'(?=a)b'"), encoding="utf-8")
    made = make(rules, state)
    assert made.faults[0].place == "rules/generic.toml:11"
    assert "does not compile" in made.faults[0].message


def test_a_check_leaves_a_snapshot_of_sound_rules_and_finds_the_same_with_it(rules: Path, state: Path) -> None:
    (rules / "generic.toml").write_text(RULE + MORE, encoding="utf-8")
    assert check_by(state, rules) == []
    assert len(snapshots(state)) == 1
    (rules / "generic.toml").write_text(RULE + MORE.replace("550 mailbox disabled", "550 gone"), encoding="utf-8")
    assert check_by(state, rules) == check(rules) != []
    assert len(snapshots(state)) == 1


def test_a_check_with_a_snapshot_takes_signals_for_no_rule(rules: Path, state: Path) -> None:
    signal = "550 user unknown, greylisted; please retry in 5 minutes: host mx.example said: 550 5.1.1 user unknown"
    (rules / "generic.toml").write_text(RULE.replace("550 user unknown", signal), encoding="utf-8")
    assert Pipeline(load_rulebook(rules)).matcher.scan(signal).signals
    assert {one.level for one in check_by(state, rules)} == {"warning"}
    (rules / "generic.toml").write_text(RULE.replace("550 user unknown", signal) + MORE, encoding="utf-8")
    assert {one.level for one in check_by(state, rules)} == {"warning"}


def test_a_check_whose_state_folder_cannot_be_used_finds_the_same(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (rules / "generic.toml").write_text("this is no TOML", encoding="utf-8")
    assert check_by(tmp_path / "file", rules) == check(rules) != []


def test_unreadable_rules_are_a_fault(tmp_path: Path, state: Path) -> None:
    assert make(tmp_path, state).faults[0].place == "rules/reasons.toml:0"


def test_a_state_folder_that_was_cleared_meanwhile_is_made_again(rules: Path, tmp_path: Path) -> None:
    assert make(rules, tmp_path / "gone").faults == []


def test_a_state_folder_that_cannot_be_written_is_a_fault_not_a_crash(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    made = make_snapshot(Task(str(rules), None, str(tmp_path / "file"), str(tmp_path / "file")))
    assert "no snapshot can be written" in made.faults[0].message


def test_old_snapshots_are_removed(rules: Path, state: Path) -> None:
    for number in range(6):
        (rules / "generic.toml").write_text(RULE + f"# {number}\n", encoding="utf-8")
        last = make(rules, state)
    assert (state / last.snapshot).exists()
    assert len(snapshots(state)) == 4
