"""docker-compose.yml and the Dockerfile: what keeps the container harmless stays in them."""

from pathlib import Path
from typing import Any

import yaml

from bounce_verdict.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICE: dict[str, Any] = COMPOSE["services"]["bounces"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()


def test_every_port_is_published_on_loopback_only() -> None:
    assert all(COMPOSE["services"][name]["ports"] for name in ("bounces", "proxy", "prometheus", "grafana"))
    for service in COMPOSE["services"].values():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_the_root_is_read_only_and_what_is_written_is_in_memory() -> None:
    assert SERVICE["read_only"] is True
    assert [entry.split(":")[0] for entry in SERVICE["tmpfs"]] == ["/tmp", "/run/bounces"]  # noqa: S108  # the container's own


def test_every_container_is_denied_what_it_does_not_need() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        assert service["pids_limit"]
        assert "privileged" not in service


def test_only_the_service_itself_starts_without_a_profile() -> None:
    assert [name for name, service in COMPOSE["services"].items() if not service.get("profiles")] == ["bounces"]


def test_a_replica_is_the_service_without_a_port_of_its_own() -> None:
    assert COMPOSE["services"]["replica"] == {**SERVICE, "ports": [], "profiles": ["proxy"]}


def test_anonymous_callers_are_allowed_in_so_many_words() -> None:
    assert SERVICE["environment"]["BOUNCES_ALLOW_ANONYMOUS"] == "1"
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "No key is asked for: only this machine reaches the published port." in text
    assert not any("ALLOW_ANONYMOUS" in line for line in DOCKERFILE)


def test_every_mounted_file_exists() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            source, _, rest = volume.partition(":")
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
                assert rest.endswith(":ro")


def test_it_runs_as_nobody_in_particular_and_may_nothing() -> None:
    uid = SERVICE["user"].split(":")[0]
    assert uid.isdecimal()
    assert int(uid) > 0
    assert SERVICE["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in SERVICE["security_opt"]
    assert "privileged" not in SERVICE
    assert any(line.startswith("USER ") and line.split()[1].split(":")[0] == uid for line in DOCKERFILE)


def test_local_rules_are_mounted_read_only_where_the_service_looks() -> None:
    (volume,) = SERVICE["volumes"]
    source, target, mode = volume.split(":")
    assert (source, mode) == ("./rules/local", "ro")
    assert SERVICE["environment"]["BOUNCES_LOCAL_RULES"] == target


def test_its_health_is_asked_of_readyz() -> None:
    assert "/readyz" in " ".join(SERVICE["healthcheck"]["test"])
    assert any("/readyz" in line for line in DOCKERFILE)


def test_every_setting_in_it_is_one() -> None:
    names = [name for name in SERVICE["environment"] if name.startswith("BOUNCES_")]
    assert names
    assert all(name.removeprefix("BOUNCES_").lower() in Settings.model_fields for name in names)


def test_what_the_image_is_made_of_exists_and_reaches_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in DOCKERFILE:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored
