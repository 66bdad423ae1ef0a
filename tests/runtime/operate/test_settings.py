"""A service that cannot start says in one sentence which setting to mend."""

import os

import pytest

from aftersales.errors import Failure
from aftersales.runtime.settings import ALIASES, load

LOCAL = {
    "DATABASE_URL": "postgresql://u:secret@h/d",
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "AFTERSALES_MODE": "local",
}
PRODUCTION = {
    "DATABASE_URL": "postgresql://u:secret@h/d",
    "KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092",
    "AFTERSALES_TOKEN_ISSUER": "https://issuer.example",
    "AFTERSALES_TOKEN_JWKS": "https://issuer.example/keys",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name in ALIASES or name.startswith("AFTERSALES_")]:
        monkeypatch.delenv(name)


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", None, "is not set"),
        ("DATABASE_URL", "", "is not set"),
        ("DATABASE_URL", "mysql://u:secret@h/d", "does not begin with postgresql://"),
        ("KAFKA_BOOTSTRAP_SERVERS", None, "is not set"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost", "not host:port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092,", "not host:port"),
        ("AFTERSALES_TOKEN_ISSUER", None, "is not set"),
        ("AFTERSALES_TOKEN_JWKS", None, "is not set"),
        ("AFTERSALES_TOKEN_JWKS", "http://issuer.example/keys", "http:// address"),
        ("AFTERSALES_MODE", "test", "local or production"),
        ("AFTERSALES_HTTP_PORT", "eight", "0 to 65535"),
        ("AFTERSALES_HTTP_PORT", "70000", "0 to 65535"),
        ("AFTERSALES_HTTP_RATE", "-1", "no limit"),
        ("AFTERSALES_KAFKA_ISOLATION", "none", "read_committed"),
        ("AFTERSALES_KAFKA_IDEMPOTENT", "perhaps", "true"),
        ("AFTERSALES_KAFKA_SESSION_TIMEOUT_MS", "6s", "milliseconds"),
        ("AFTERSALES_KAFKA_SECURITY", "tls", "plaintext, ssl or sasl_ssl"),
        ("AFTERSALES_KAFKA_PASSWORD", "secret", "names nobody"),
        ("AFTERSALES_POLICY_DIR", "/no/such/folder", "no such folder"),
        ("AFTERSALES_LOG", "xml", "json or text"),
        ("AFTERSALES_DISPUTE_URL", "dispute:8102", "http:// or https://"),
        ("AFTERSALES_FAILPOINT", "C1:kill", "production refuses"),
        ("AFTERSALES_HTPP_PORT", "8101", "is not a setting"),
    ],
)
def test_refused_naming_the_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, says: str) -> None:
    set_all(monkeypatch, {**PRODUCTION, name: value})
    with pytest.raises(Failure) as refused:
        load("dispute")
    assert refused.value.sentence.startswith(name)
    assert says in refused.value.sentence
    assert "\n" not in refused.value.sentence
    assert "secret" not in refused.value.sentence
    assert refused.value.exit_code == 2


def test_production_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, dict(PRODUCTION))
    settings = load("dispute")
    assert not settings.local
    assert (settings.http_port, settings.http_rate, settings.http_docs) == (8102, 30, False)
    assert settings.kafka_session_timeout_ms == 30_000


def test_a_developers_machine_needs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, dict(LOCAL))
    settings = load("order_tracking")
    assert (settings.http_port, settings.http_rate, settings.http_docs) == (8101, 0, True)
    assert settings.token_jwks == "http://127.0.0.1:8105/.well-known/jwks.json"


def test_what_is_set_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**LOCAL, "AFTERSALES_HTTP_PORT": "0", "AFTERSALES_HTTP_RATE": "5"})
    assert (load("dispute").http_port, load("dispute").http_rate) == (0, 5)


def test_a_printed_setting_keeps_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, dict(LOCAL))
    assert "secret" not in repr(load("dispute"))
