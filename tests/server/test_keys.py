"""Keys: who may call what, over HTTP and as stored."""

import hashlib
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bounce_verdict.errors import InputError, SettingsError
from bounce_verdict.keys import Denied, Keyring, needed_for, new_key, open_keyring, read_keys
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.settings import Settings
from bounce_verdict.web.service import Service
from tests.conftest import Serve

REPLY = {"reply": "550 5.1.1 user unknown"}
ELSEWHERE = "192.0.2.7"


def made(*scopes: str, name: str = "crm") -> tuple[str, str]:
    return new_key(name, scopes)


def ring(*lines: str, anonymous: bool = False) -> Keyring:
    return Keyring(read_keys([("test", line) for line in lines]), anonymous=anonymous)


LOCAL = (b"host", b"127.0.0.1:8000")


def bearer(secret: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {secret}".encode()}


def status(admitted: str | Denied | None) -> int:
    return admitted.document.status if isinstance(admitted, Denied) else 200


@pytest.fixture(scope="module")
def secret() -> str:
    return made("classify")[0]


def settings(*lines: str) -> Settings:
    return Settings(keys=SecretStr(" ".join(lines)))


def test_a_service_with_keys_serves_whoever_has_one_and_nobody_else(serve: Serve) -> None:
    secret, line = made("classify")
    with serve(settings(line)) as base, httpx.Client(base_url=base) as http:
        for headers in ({"authorization": f"Bearer {secret}"}, {"authorization": f"bearer  {secret}"}, {"x-api-key": secret}):
            assert http.post("/v1/classify/reply", json=REPLY, headers=headers).status_code == 200
        for headers in ({}, {"authorization": "Bearer bounces_no"}, {"x-api-key": ""}, {"authorization": f"Basic {secret}"}):
            refused = http.post("/v1/classify/reply", json=REPLY, headers=headers)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith('Bearer realm="bounces"')
            assert refused.headers["content-type"] == "application/problem+json"
            assert secret not in refused.text
            assert hashlib.sha256(secret.encode()).hexdigest() not in refused.text


def test_a_key_of_another_scope_is_a_403_that_names_the_scope(serve: Serve) -> None:
    secret, line = made("webhooks")
    with serve(settings(line)) as base:
        refused = httpx.post(f"{base}/v1/classify/batch", content=b"[]", headers={"x-api-key": secret})
    assert refused.status_code == 403
    assert 'error="insufficient_scope", scope="classify"' in refused.headers["www-authenticate"]
    assert "this one has webhooks" in refused.json()["detail"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json", "/docs", "/"])
def test_health_and_contract_are_open(serve: Serve, path: str) -> None:
    with serve(settings(made("classify")[1])) as base:
        assert httpx.get(base + path).status_code < 400


def test_each_of_several_keys_is_known_by_its_name() -> None:
    (one, first), (two, second) = made("classify", name="crm"), made("classify", "admin", name="lists")
    keys = ring(first, second)
    assert keys.admit("POST", "/v1/classify/reply", bearer(one), ELSEWHERE) == "crm"
    assert keys.admit("POST", "/v1/classify/reply", bearer(two), ELSEWHERE) == "lists"
    assert keys.admit("GET", "/metrics", bearer(two), ELSEWHERE) == "lists"
    assert status(keys.admit("GET", "/metrics", bearer(one), ELSEWHERE)) == 403


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("POST", "/v1/classify/reply", "classify"),
        ("POST", "/v1/classify/anything", "classify"),
        ("POST", "/", "classify"),
        ("GET", "/", "nothing"),
        ("POST", "/v1/webhooks/ses", "nothing"),  # the sender proves itself: web/webhooks/senders.py
        ("GET", "/metrics", "admin"),
        ("POST", "/v1/rules/check", "admin"),
        ("POST", "/v1/admin/reload", "admin"),
        ("GET", "/v1/rules", "any"),
        ("GET", "/unknown", "any"),
    ],
)
def test_every_path_needs_its_scope(method: str, path: str, needed: str) -> None:
    assert needed_for(method, path) == needed


@pytest.mark.parametrize("path", ["/metrics", "/v1/rules/check", "/v1/admin/reload"])
def test_what_needs_admin_is_open_to_this_machine_itself(path: str) -> None:
    keys = ring(made("classify")[1])
    for peer in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert keys.admit("POST", path, dict([LOCAL]), peer) is None
    for other in (ELSEWHERE, "::ffff:192.0.2.7", "2001:db8::1", None, "unix"):
        assert status(keys.admit("POST", path, dict([LOCAL]), other)) == 401


@pytest.mark.parametrize(
    "header",
    [
        (b"x-forwarded-for", b"192.0.2.7"),
        (b"forwarded", b"for=192.0.2.7"),
        (b"via", b"1.1 p"),
        (b"sec-fetch-site", b"cross-site"),
    ],
)
def test_a_proxy_or_a_page_elsewhere_is_not_this_machine_itself(header: tuple[bytes, bytes]) -> None:
    assert status(ring().admit("POST", "/v1/admin/reload", dict([LOCAL, header]), "127.0.0.1")) == 401


def test_without_keys_strangers_may_classify_and_see_metrics_but_not_administer() -> None:
    keys = ring(anonymous=True)
    assert keys.admit("POST", "/v1/classify/reply", {}, ELSEWHERE) is None
    assert keys.admit("GET", "/metrics", {}, ELSEWHERE) is None
    assert status(keys.admit("POST", "/v1/rules/check", {}, ELSEWHERE)) == 401


def test_keys_are_in_force_even_where_anonymous_callers_were_allowed() -> None:
    keys = ring(made("classify")[1], anonymous=True)
    assert status(keys.admit("POST", "/v1/classify/reply", {}, ELSEWHERE)) == 401
    assert status(keys.admit("GET", "/metrics", {}, ELSEWHERE)) == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "mx.example.org"])  # noqa: S104  # what must be refused
def test_beyond_this_machine_a_service_without_keys_does_not_start(host: str) -> None:
    with pytest.raises(SettingsError, match=r"BOUNCES_HOST: .*BOUNCES_ALLOW_ANONYMOUS=1"):
        open_keyring(Settings(host=host))
    assert open_keyring(Settings(host=host, allow_anonymous=True)).keys == []
    assert open_keyring(Settings(host=host, keys=SecretStr(made("classify")[1]))).keys


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_on_this_machine_no_key_is_needed(host: str) -> None:
    assert open_keyring(Settings(host=host)).keys == []


def test_keys_of_the_scope_admin_alone_leave_the_rest_open_where_anonymous_callers_are_allowed() -> None:
    keys = ring(made("admin", name="ops")[1], anonymous=True)
    assert keys.admit("POST", "/v1/classify/reply", {}, ELSEWHERE) is None
    assert keys.admit("GET", "/metrics", {}, ELSEWHERE) is None
    assert status(keys.admit("POST", "/v1/admin/reload", {}, ELSEWHERE)) == 401
    assert status(ring(made("admin", name="ops")[1]).admit("POST", "/v1/classify/reply", {}, ELSEWHERE)) == 401


def test_a_changed_file_is_taken_without_a_restart(classifier: Pipeline, tmp_path: Path) -> None:
    (one, first), (two, second) = made("classify", name="crm"), made("classify", name="lists")
    file = tmp_path / "keys"
    file.write_text(first, encoding="utf-8")
    service = Service(Settings(keys_file=file), classifier, Metrics())

    def codes() -> list[int]:
        return [status(service.keyring.admit("POST", "/v1/classify/reply", bearer(secret), ELSEWHERE)) for secret in (one, two)]

    assert codes() == [200, 401]
    file.write_text(second, encoding="utf-8")
    service.reload_keys()
    assert codes() == [401, 200]
    for wrong in ("", "lists:classify", first + "\n" + first):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(SettingsError):
            service.reload_keys()
        assert codes() == [401, 200]


def test_keys_are_read_from_a_file_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# who may call\n\n{made('classify')[1]}  # the CRM\n{made('admin', name='ops')[1]}\n", encoding="utf-8")
    assert [key.name for key in open_keyring(Settings(keys_file=file)).keys] == ["crm", "ops"]


@pytest.mark.parametrize("wrong", ["#{0},{1}", "{0}#the-CRM,{1}"])
def test_a_comment_in_the_setting_is_an_error_and_hides_no_key(wrong: str) -> None:
    keys = wrong.format(made("classify")[1], made("admin", name="ops")[1])
    with pytest.raises(SettingsError, match=r"^BOUNCES_KEYS: "):
        open_keyring(Settings(keys=SecretStr(keys)))


@pytest.mark.parametrize(
    "line",
    ["crm", "crm:classify:", "crm:classify:s3cret", "CRM:classify:" + "0" * 64, "crm:root:" + "0" * 64, "crm::" + "0" * 64],
)
def test_a_wrong_line_is_told_by_its_place_and_not_quoted(tmp_path: Path, line: str) -> None:
    file = tmp_path / "keys"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"keys:2: ") as told:
        open_keyring(Settings(keys_file=file))
    assert "s3cret" not in str(told.value)
    assert "0" * 64 not in str(told.value)


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="there twice"):
        read_keys([("a", made("classify")[1]), ("b", made("admin")[1])])


@pytest.mark.parametrize(
    ("name", "scope", "fault"),
    [("CRM", "classify", "name: must be 1 to 40 lower-case"), ("crm", "root", "scope: must be one of")],
)
def test_a_key_that_cannot_be_made_says_what_is_wrong(name: str, scope: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        made(scope, name=name)


def test_a_new_key_has_256_random_bits_and_only_its_hash_is_stored(secret: str) -> None:
    other, line = made("classify")
    assert secret.startswith("bounces_")
    assert len(secret) == len("bounces_") + 43
    assert secret != other
    assert line == f"crm:classify:{hashlib.sha256(other.encode()).hexdigest()}"
