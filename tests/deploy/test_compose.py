"""docker-compose.yml, read by Compose itself, is what services, topics and ports need; nothing is started here."""

import re
import tomllib
from typing import Any

import pytest

from aftersales.runtime.settings import ALIASES, PREFERRED_PORTS, load
from aftersales_local.places import ROOT, TOPICS
from tests.deploy.compose import PRODUCTION, SECRETS, TRIAL, config, containers, environment, needs_compose

pytestmark = needs_compose

SERVICES = ("order-tracking", "dispute", "arbitration", "notification")
OURS = (*SERVICES, "prepare", "issuer", "marketplace")
# The local stack alone reads the one, and production refuses the other.
NOT_DEPLOYED = {"AFTERSALES_BROKER", "AFTERSALES_FAILPOINT"}
ROLES = {service: service.upper().replace("-", "_") for service in SERVICES}


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    return containers()


@pytest.fixture(scope="module")
def trial() -> dict[str, Any]:
    return containers(SECRETS, TRIAL)


@pytest.mark.parametrize("name", PRODUCTION)
def test_refused_when_a_secret_or_the_issuer_is_not_set(name: str) -> None:
    done = config({key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode != 0
    assert f"required variable {name} is missing" in done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_of_a_service_is_one_of_its_settings(service: str, production: dict[str, Any]) -> None:
    assert set(production[service]["environment"]) - set(ALIASES) == set()


def test_every_setting_can_be_set(production: dict[str, Any]) -> None:
    set_somewhere = {name for service in SERVICES for name in production[service]["environment"]}
    assert set(ALIASES) - set_somewhere - set(environment({})) == NOT_DEPLOYED


@pytest.mark.parametrize("service", SERVICES)
def test_service_accepts_what_it_is_told(
    service: str, production: dict[str, Any], trial: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for stack, mode in ((production, "production"), (trial, "local")):
        for name in ALIASES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment(stack[service]).items():
            monkeypatch.setenv(name, value)
        settings = load(service.replace("-", "_"))
        assert (settings.mode, settings.http_host) == (mode, "0.0.0.0")


def test_a_setting_of_the_env_file_reaches_every_service() -> None:
    told = containers({**PRODUCTION, "AFTERSALES_HTTP_RATE": "7"})
    assert {told[service]["environment"]["AFTERSALES_HTTP_RATE"] for service in SERVICES} == {"7"}


@pytest.mark.parametrize("service", SERVICES)
def test_service_listens_where_it_is_published(service: str, production: dict[str, Any]) -> None:
    container = production[service]
    port = PREFERRED_PORTS[service.replace("-", "_")]
    assert container["command"] == ["python", "-m", f"{service.replace('-', '_')}.main"]
    assert container["environment"]["AFTERSALES_HTTP_PORT"] == str(port)
    assert [(each["host_ip"], each["target"], each["published"]) for each in container["ports"]] == [
        ("127.0.0.1", port, str(port))
    ]


def test_the_desk_knows_where_dispute_is(production: dict[str, Any]) -> None:
    port = production["dispute"]["environment"]["AFTERSALES_HTTP_PORT"]
    assert production["arbitration"]["environment"]["AFTERSALES_DISPUTE_URL"] == f"http://dispute:{port}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_password_goes_to_it_to_postgres_and_to_the_migrations(
    service: str, production: dict[str, Any]
) -> None:
    secret = SECRETS[f"{ROLES[service]}_PASSWORD"]
    holders = {name for name, container in production.items() if secret in str(container)}
    assert holders == {service, "postgres", "prepare"}
    name = service.replace("-", "_")
    assert production[service]["environment"]["DATABASE_URL"] == f"postgresql://{name}:{secret}@postgres:5432/{name}"


def test_nothing_secret_is_written_into_the_files() -> None:
    for name in ("docker-compose.yml", "deploy/trial.env", "deploy/Dockerfile", "deploy/postgres/roles.sh"):
        text = (ROOT / name).read_text()
        assigned = re.findall(r"\w*(?:PASSWORD|CLUSTER_ID)[ \t]*[:=][ \t]*([^\s:]+)", text)
        assert [value for value in assigned if not value.startswith("${")] == []


def test_the_job_is_told_what_its_script_reads(production: dict[str, Any]) -> None:
    script = (ROOT / "deploy" / "prepare.sh").read_text()
    assert production["prepare"]["command"] == ["/app/prepare.sh"]
    read = set(re.findall(r"\$(\w+_DATABASE_URL)", script))
    told = set(production["prepare"]["environment"])
    assert (
        read
        == {name for name in told if name.endswith("DATABASE_URL")}
        == {f"{role}_DATABASE_URL" for role in ROLES.values()}
    )
    assert told - read <= set(ALIASES)
    assert re.findall(r"aftersales migrate (\S+)", script) == list(SERVICES)


def test_no_topic_comes_into_being_but_by_its_declaration(production: dict[str, Any]) -> None:
    told = production["kafka"]["environment"]
    assert told["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    declared = tomllib.loads(TOPICS.read_text())["defaults"]["config"]
    # Where the broker said something else about these, the file would not be all that is to be known.
    assert {f"KAFKA_{name.upper().replace('.', '_')}" for name in declared} & set(told) == set()


def test_kafka_has_every_listener_in_every_place(production: dict[str, Any]) -> None:
    told = production["kafka"]["environment"]
    listeners = {each.partition("://")[0] for each in told["KAFKA_LISTENERS"].split(",")}
    mapped = {each.partition(":")[0] for each in told["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    advertised = dict(each.split("://") for each in told["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert mapped == listeners == {*advertised, told["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert (
        advertised[told["KAFKA_INTER_BROKER_LISTENER_NAME"]]
        == production["dispute"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_service_starts_when_servers_are_healthy_and_all_is_prepared(service: str, production: dict[str, Any]) -> None:
    awaited = {name: each["condition"] for name, each in production[service]["depends_on"].items()}
    assert awaited | {"dispute": "service_healthy"} == {
        "postgres": "service_healthy",
        "kafka": "service_healthy",
        "prepare": "service_completed_successfully",
        "dispute": "service_healthy",
    }


def test_postgres_keeps_its_data_where_the_image_of_18_wants_it(production: dict[str, Any]) -> None:
    assert production["postgres"]["image"] == "postgres:18"
    volumes = {each["target"] for each in production["postgres"]["volumes"] if each["type"] == "volume"}
    assert volumes == {"/var/lib/postgresql"}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_write_next_to_nothing_and_become_nobody_else(name: str, trial: dict[str, Any]) -> None:
    container = trial[name]
    assert container["read_only"] is True
    assert container["user"] == "10001:10001"
    assert "cap_add" not in container


def test_every_container_is_bounded_and_may_gain_nothing(trial: dict[str, Any]) -> None:
    assert set(trial) == {*OURS, "postgres", "kafka"}
    for container in trial.values():
        assert set(container["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
        assert container["cap_drop"] == ["ALL"]
        assert container["security_opt"] == ["no-new-privileges:true"]
        assert not container.get("privileged")
        assert "docker.sock" not in str(container)
        assert re.search(r":[0-9][0-9.]*$", container["image"]), container["image"]
        assert {each["host_ip"] for each in container.get("ports", [])} <= {"127.0.0.1"}


def test_the_development_issuer_and_the_marketplace_come_with_the_trial_alone(
    production: dict[str, Any], trial: dict[str, Any]
) -> None:
    assert set(trial) - set(production) == {"issuer", "marketplace"}
    issuer = trial["issuer"]["environment"]
    assert trial["dispute"]["environment"]["AFTERSALES_TOKEN_ISSUER"] == issuer["AFTERSALES_TOKEN_ISSUER"]
