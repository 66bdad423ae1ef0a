"""A connection to Kafka is as safe as it was said to be, or the process does not start; no secret is ever shown."""

import logging
import ssl
from pathlib import Path

import certifi
import pytest
from structlog.testing import capture_logs

from aftersales.errors import Failure
from aftersales.runtime import kafka_security
from aftersales.runtime.kafka import Kafka, start, stop
from aftersales.runtime.kafka_security import security_of
from aftersales_local.kafka import APACHE, EXTERNAL, Broker

SECRET = "s3cret-w0rd"
SECURITY, CA = kafka_security.SECURITY, kafka_security.CA_FILE
NAME, WORD, WORD_FILE = kafka_security.USERNAME, kafka_security.PASSWORD, kafka_security.PASSWORD_FILE
SCRAM = {SECURITY: "sasl_ssl", NAME: "dispute", WORD: SECRET}


@pytest.fixture
def authorities() -> str:
    return certifi.where()


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({SECURITY: "tls"}, f"{SECURITY} is malformed. Set it to plaintext, ssl or sasl_ssl."),
        ({CA: "/ca.pem"}, f"{CA} is set, but {SECURITY} is plaintext"),
        ({NAME: "dispute"}, f"{NAME} is set, but {SECURITY} is plaintext"),
        ({WORD: SECRET}, f"{WORD} is set, but {SECURITY} is plaintext"),
        ({SECURITY: "ssl", NAME: "dispute"}, f"{NAME} is set, but {SECURITY} is ssl"),
        ({SECURITY: "ssl", WORD_FILE: "/word"}, f"{WORD_FILE} is set, but {SECURITY} is ssl"),
        ({SECURITY: "ssl", CA: "/nowhere.pem"}, f"{CA} names /nowhere.pem, which cannot be read"),
        ({SECURITY: "ssl", CA: __file__}, "which holds no certificates"),
        ({SECURITY: "sasl_ssl", WORD: SECRET}, f"{NAME} is not set"),
        ({SECURITY: "sasl_ssl", NAME: "dispute"}, f"{WORD} is not set. Set it, or {WORD_FILE}"),
        ({**SCRAM, WORD_FILE: "/word"}, f"{WORD} and {WORD_FILE} are both set"),
        ({SECURITY: "sasl_ssl", NAME: "dispute", WORD_FILE: "/word"}, f"{WORD_FILE} names /word, which cannot be read"),
        ({SECURITY: "sasl_ssl", NAME: "dispute", WORD_FILE: "/dev/null"}, "which is empty"),
    ],
)
def test_refused_naming_the_setting(environment: dict[str, str], says: str) -> None:
    with pytest.raises(Failure) as refused:
        security_of(environment)
    assert says in refused.value.sentence
    assert SECRET not in refused.value.sentence
    assert refused.value.exit_code == 2


def test_plaintext_where_nothing_is_said() -> None:
    assert security_of({}).options() == {}
    assert security_of({SECURITY: "", WORD: ""}).options() == {}


def test_encrypted_and_the_broker_is_who_it_says(authorities: str) -> None:
    options = security_of({SECURITY: "ssl", CA: authorities}).options()
    assert options["security_protocol"] == "SSL"
    assert options["ssl_context"].check_hostname
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED


def test_the_password_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "word"
    file.write_text(f"{SECRET}\n")
    assert security_of({SECURITY: "sasl_ssl", NAME: "dispute", WORD_FILE: str(file)}) == security_of(SCRAM)


async def test_every_client_is_protected() -> None:
    kafka = Kafka("127.0.0.1:1", "toy", security=security_of(SCRAM))
    clients = [kafka.consumer("group"), kafka.looker(), kafka.producer()]
    for client in clients:
        connects = client.client if hasattr(client, "client") else client._client
        assert connects._security_protocol == "SASL_SSL"
        assert connects._sasl_mechanism == "SCRAM-SHA-512"
        assert (connects._sasl_plain_username, connects._sasl_plain_password) == ("dispute", SECRET)
        await stop(client)


async def test_no_secret_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    kafka = Kafka("127.0.0.1:1", "toy", security=security_of(SCRAM))
    with caplog.at_level(logging.DEBUG), capture_logs() as logs, pytest.raises(Failure) as failed:
        await start(kafka.looker(), kafka.bootstrap)
    shown = f"{kafka!r} {kafka.security!r} {failed.value.sentence} {logs} {caplog.text}"
    assert SECRET not in shown
    assert "dispute" in repr(kafka)


def test_the_local_stack_hands_it_on_to_a_named_broker_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SCRAM.items():
        monkeypatch.setenv(name, value)
    assert Broker(EXTERNAL, "kafka.example:9093", "it was named").settings() == SCRAM
    assert Broker(APACHE, "127.0.0.1:9092", "Java is here").settings() == {}
