"""Compiled rules are kept in the user's cache folder, where nobody else can put any, and nowhere else."""

import os
from pathlib import Path

import pytest

from bounce_verdict import Classifier, private_files
from tests.library.test_library import run
from tests.running import make_few_rules

REFUSED = "550 5.1.1 user unknown"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return make_few_rules(tmp_path / "rules")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "bounce-verdict" / f"bounces-{os.geteuid()}"


def kept(cache: Path) -> list[Path]:
    return list(cache.glob("*.snapshot"))


def works(rules: Path, *, keep_compiled: bool = True) -> bool:
    answer = Classifier(rules, keep_compiled=keep_compiled).reply(REFUSED)
    return answer.rule is not None and answer.rule.id == "generic.user-unknown"


def test_what_was_compiled_is_kept_for_this_user_alone(rules: Path, cache: Path) -> None:
    assert works(rules)
    (file,) = kept(cache)
    assert (file.stat().st_mode & 0o777, cache.stat().st_mode & 0o777) == (0o600, 0o700)


def test_it_is_used_by_the_next_which_need_not_even_read_the_rules(rules: Path, cache: Path) -> None:
    assert works(rules)
    program = f"""
import sys
from bounce_verdict import Classifier
assert Classifier({str(rules)!r}).reply({REFUSED!r}).verdict == "permanent"
print({{"pydantic", "bounce_verdict.rulebook.load"}} & set(sys.modules))
"""
    assert run(program) == "set()\n"
    assert len(kept(cache)) == 1


def test_other_rules_are_compiled_anew(rules: Path, cache: Path) -> None:
    assert works(rules)
    (rules / "generic.toml").write_text("", encoding="utf-8")
    assert Classifier(rules).reply(REFUSED).rule is None
    assert len(kept(cache)) == 2


@pytest.mark.parametrize("damage", [b"", b"bounces-snapshot 1 "], ids=["empty", "torn"])
def test_a_damaged_file_is_replaced(rules: Path, cache: Path, damage: bytes) -> None:
    assert works(rules)
    (file,) = kept(cache)
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert works(rules)
    assert file.read_bytes() == whole


def test_a_folder_that_others_may_write_is_not_used(rules: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert works(rules)
    assert kept(cache) == []


def test_a_file_that_others_may_write_is_not_read(rules: Path, cache: Path) -> None:
    assert works(rules)
    (file,) = kept(cache)
    file.chmod(0o666)
    assert works(rules)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_symbolic_link_in_the_folders_place_is_not_followed(rules: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    cache.parent.mkdir(parents=True)
    cache.symlink_to(tmp_path / "elsewhere")
    assert works(rules)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_nothing_is_kept_where_that_is_not_wanted(rules: Path, cache: Path) -> None:
    assert works(rules, keep_compiled=False)
    assert not cache.exists()


@pytest.mark.parametrize("home", ["/nonexistent", "/dev/null"])
def test_without_a_usable_home_rules_are_compiled_in_memory(rules: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", home)
    assert private_files.user_cache_folder() is None
    assert works(rules)


def test_without_the_variable_it_is_the_homes_place_for_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    name = f"bounce-verdict/bounces-{os.geteuid()}"
    monkeypatch.setattr("sys.platform", "linux")
    assert private_files.user_cache_folder() == tmp_path / ".cache" / name
    monkeypatch.setattr("sys.platform", "darwin")
    assert private_files.user_cache_folder() == tmp_path / "Library" / "Caches" / name
