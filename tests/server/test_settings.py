"""Settings: BOUNCES_* variables, their defaults, and what is said of a wrong one."""

from pathlib import Path

import pytest

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import DEFAULT_LIMITS
from bounce_verdict.settings import Settings, chosen_settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BOUNCES_{name.upper()}", raising=False)


def test_the_defaults_keep_to_this_machine_and_to_10_mb() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.max_body) == ("127.0.0.1", 8000, 10 * 1024 * 1024)


def test_the_limits_are_the_models_own_by_default() -> None:
    assert load_settings().limits() == DEFAULT_LIMITS


def test_a_variable_changes_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_MAX_PARTS", "7")
    monkeypatch.setenv("BOUNCES_LOCAL_RULES", "/etc/bounces/rules")
    assert load_settings().limits().max_parts == 7
    assert load_settings().local_rules == Path("/etc/bounces/rules")


def test_a_flag_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_PORT", "9000")
    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_PORT", "")
    assert load_settings().port == 8000


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("PORT", "70000"), ("MAX_BODY", "0"), ("MAX_LINE", "-1")])
def test_a_wrong_value_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"BOUNCES_{name}", value)
    with pytest.raises(SettingsError, match=f"^BOUNCES_{name}: "):
        load_settings()


def test_a_misspelt_variable_is_refused_with_the_likely_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_MAX_BODDY", "1")
    with pytest.raises(SettingsError, match=r"BOUNCES_MAX_BODDY: .* did you mean BOUNCES_MAX_BODY\?"):
        load_settings()


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "bounces.toml"
    monkeypatch.setenv("BOUNCES_CONFIG", str(file))
    return file


def test_a_file_changes_settings_and_gives_way_to_variables_and_flags(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("port = 9000\nmax_parts = 7\nmax_depth = 3\n", encoding="utf-8")
    monkeypatch.setenv("BOUNCES_MAX_PARTS", "8")
    settings = load_settings(port=9001)
    assert (settings.port, settings.max_parts, settings.max_depth) == (9001, 8, 3)


def test_every_setting_tells_where_it_comes_from_and_keys_are_hidden(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('max_depth = 3\nkeys = "crm:classify:s3cret"\n', encoding="utf-8")
    monkeypatch.setenv("BOUNCES_MAX_PARTS", "8")
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("HOST", "elsewhere.example")
    chosen = {one.name: (one.text, one.source) for one in chosen_settings(host="127.0.0.2")}
    assert list(chosen) == list(Settings.model_fields)
    assert chosen["host"] == ("127.0.0.2", "flag")
    assert chosen["max_parts"] == ("8", "environment")
    assert chosen["max_depth"] == ("3", "file")
    assert chosen["port"] == ("8000", "default")
    assert chosen["rules"] == ("-", "default")
    assert chosen["keys"] == ("(hidden)", "file")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("max_boddy = 1\n", r"bounces\.toml: max_boddy: .* did you mean max_body\?"),
        ('port = "http"\n', r"bounces\.toml: port: "),
        ("port = \n", r"bounces\.toml \(BOUNCES_CONFIG\): is not TOML: "),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_name(config: Path, text: str, told: str) -> None:
    config.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        load_settings()


def test_a_file_that_is_not_there_is_told(config: Path) -> None:
    with pytest.raises(SettingsError, match=r"BOUNCES_CONFIG\): cannot be read"):
        load_settings()
    assert not config.exists()


def test_a_wrong_variable_is_not_blamed_on_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("port = 9000\n", encoding="utf-8")
    monkeypatch.setenv("BOUNCES_PORT", "http")
    with pytest.raises(SettingsError, match=r"^BOUNCES_PORT: "):
        load_settings()


def test_a_flag_that_cannot_be_is_named_as_it_was_given() -> None:
    with pytest.raises(SettingsError, match=r"^--port: "):
        load_settings(port=70_000)
