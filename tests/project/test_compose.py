"""docker-compose.yml and the Dockerfile: what keeps the container harmless stays in them."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from bounce_verdict.keys import needed_for, open_keyring
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
    assert [name for name, service in COMPOSE["services"].items() if not service.get("profiles")] == ["key", "bounces"]


def test_a_replica_is_the_service_without_a_port_of_its_own() -> None:
    assert COMPOSE["services"]["replica"] == {**SERVICE, "ports": [], "profiles": ["proxy"]}


def test_the_dask_cluster_is_reached_by_nothing_but_itself() -> None:
    cluster = {name: service for name, service in COMPOSE["services"].items() if "archive" in service.get("profiles", ())}
    assert set(cluster) == {"archive-scheduler", "archive-worker", "archive"}
    assert COMPOSE["networks"]["archive"] == {"internal": True}
    for service in cluster.values():
        assert service["networks"] == ["archive"]
        assert "ports" not in service
    assert cluster["archive-worker"]["deploy"]["replicas"] == 2


def test_anonymous_callers_are_allowed_in_so_many_words() -> None:
    assert SERVICE["environment"]["BOUNCES_ALLOW_ANONYMOUS"] == "1"
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "No key is asked for but by what needs the scope admin: only this machine reaches the published port." in text
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
    source, target, mode = SERVICE["volumes"][0].split(":")
    assert (source, mode) == ("./rules/local", "ro")
    assert SERVICE["environment"]["BOUNCES_LOCAL_RULES"] == target


def test_the_first_start_makes_a_key_that_the_service_accepts(tmp_path: Path) -> None:
    shell = COMPOSE["services"]["key"]["command"][2].replace("/keys", str(tmp_path))
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for _ in range(2):  # the second start keeps it
        subprocess.run(["/bin/sh", "-c", shell], env=environment, check=True)  # noqa: S603
        secret = (tmp_path / "secret").read_text(encoding="utf-8").strip()
        (key,) = open_keyring(Settings(host="0.0.0.0", keys_file=tmp_path / "line", allow_anonymous=True)).keys  # noqa: S104
        assert key.digest == hashlib.sha256(secret.encode()).digest()
        assert key.scopes == {"admin"}
    assert SERVICE["environment"]["BOUNCES_KEYS_FILE"] == "/keys/line"
    assert COMPOSE["services"]["key"]["volumes"] == ["keys:/keys"]
    assert "keys:/keys:ro" in SERVICE["volumes"]


def passes(method: str, path: str) -> bool:
    """What the proxy's rule says of a path that is written so, undoing %-encoding once as `url_dec` does."""
    named: dict[str, bool] = {}
    for line in (ROOT / "proxy" / "haproxy.cfg").read_text(encoding="utf-8").splitlines():
        match line.split():
            case ["acl", name, "var(txn.path)", "-m", "str", *paths]:
                named[name] = named.get(name, False) or unquote(path) in paths
            case ["acl", name, "var(txn.path)", "-m", "reg", pattern]:
                named[name] = named.get(name, False) or re.search(pattern, unquote(path)) is not None
            case ["acl", name, "method", *methods]:
                named[name] = method in methods
            case ["http-request", "deny", "deny_status", "404", "unless", *words]:
                return any(all(named[name] for name in some.split()) for some in " ".join(words).split(" or "))
    raise AssertionError("there is no such rule")


@pytest.mark.parametrize(
    "path", ["/metrics", "/%6detrics", "/%6Detrics", "/metrics/", "//metrics", "/v1/admin/reload", "/v1/%61dmin/reload"]
)
def test_the_proxy_passes_on_nothing_that_needs_admin(path: str) -> None:
    assert not passes("GET", path)
    assert not passes("POST", path)
    assert not passes("POST", "/v1/rules/check")
    assert not passes("POST", "/v1/rules/%63heck")
    assert not passes("POST", "/v1/rules/check%0A")


def test_the_proxy_passes_on_every_other_path_of_the_contract() -> None:
    contract = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    asked = {(verb.upper(), path) for path, item in contract["paths"].items() for verb in item}
    for method, path in asked:
        needs_admin = needed_for(method, path) == "admin"
        assert passes(method, re.sub(r"\{.*?\}", "a.b-1", path)) != needs_admin, path


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
