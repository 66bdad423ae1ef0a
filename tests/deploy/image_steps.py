"""What the image and docker-compose.yml do, done without Docker: `make image-steps`; it is not part of `make test`.

The commands are the Dockerfile's own RUN instructions and health check, and what Compose would run with the variables
that Compose would set; only the folders `/opt`, `/wheels` and `/var/lib/aftersales`, hosts and ports are other ones.
All of it runs as a plain user who can write nothing in the project's folder, the services in the mode `production`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from aftersales.runtime.topics import declared
from aftersales_local import kafka, postgres
from aftersales_local.places import ROOT, TOPICS
from aftersales_local.ports import any_free_ports
from aftersales_local.supervisor import Program
from tests.deploy.compose import (
    PRODUCTION,
    SECRETS,
    TRIAL,
    containers,
    environment,
    instructions,
    needs_compose,
    stages,
)
from tests.support.servers import private_folder, running
from tests.support.waiting import until
from tests.system.checkouts import copy_to

pytestmark = needs_compose

SERVICES: Final = ("order-tracking", "dispute", "arbitration", "notification")
BASE_PYTHON: Final = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
# Where packages come from is this machine's to say, here as in a build.
HANDED_ON: Final = ("PIP_", "SSL_", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
WITHIN: Final = 120.0


@dataclass
class Machine:
    """A folder that stands for a container's root: `app` is the project, read-only; the others are the user's own."""

    root: Path
    ports: Mapping[str, str]
    socket: str = ""

    @property
    def account(self) -> dict[str, Any]:
        """For subprocess: the plain user."""
        found = postgres.ordinary_account()
        return {**(found.popen() if found else {}), "cwd": self.root / "app"}

    def here(self, text: str) -> str:
        """What the image and Compose call it, as it is called here."""
        text = re.sub(r"(?<![\w./])/(opt|wheels|var/lib/aftersales)\b", rf"{self.root}/\1", text)
        text = re.sub(r"(?:^|(?<=&& ))python(?= )", str(BASE_PYTHON), text)
        text = re.sub(r"@postgres:5432/(\w+)", rf"@/\1?host={self.socket}", text)
        for there, port in self.ports.items():
            text = re.sub(rf"(?<!\d){there}(?!\d)", port, text)
        return re.sub(r"\b(?:kafka|dispute)(?=:\d)", "127.0.0.1", text)

    def told(self, container: Mapping[str, Any]) -> dict[str, str]:
        return {name: self.here(value) for name, value in environment(container).items()}

    def run(self, command: str, told: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", "-euc", command],
            env=self.environment(told),
            capture_output=True,
            text=True,
            check=False,
            **self.account,
        )

    def environment(self, told: Mapping[str, str]) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
        path = f"{self.root}/opt/aftersales/bin:/usr/bin:/bin"
        return {**given, "PATH": path, "HOME": str(self.root / "var"), "PYTHONDONTWRITEBYTECODE": "1", **told}


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    names = ("9092", "9093", "9094", "8101", "8102", "8103", "8104", "8105")
    with TemporaryDirectory(prefix="aftersales-image-") as folder, passable(BASE_PYTHON):
        root = Path(folder)
        root.chmod(0o755)
        copy_to(root / "app")
        for path in (root / "app", *(root / "app").rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222 | 0o444 | (0o111 if path.is_dir() else 0))
        account = postgres.ordinary_account()
        for name in ("opt", "wheels", "var", "var/lib", "var/lib/aftersales"):
            (root / name).mkdir()
            if account is not None:
                os.chown(root / name, account.user, account.group)
        yield Machine(root, dict(zip(names, map(str, any_free_ports(len(names))), strict=True)))


@contextmanager
def passable(program: Path) -> Iterator[None]:
    """While the block lasts the plain user gets to the interpreter, which may lie in root's home."""
    before = {place: place.stat().st_mode for place in program.resolve().parents}
    shut = [place for place, mode in before.items() if not mode & 0o001]
    for place in shut:
        place.chmod(before[place] | 0o001)
    try:
        yield
    finally:
        for place in shut:
            place.chmod(before[place])


def test_the_project_cannot_be_written(machine: Machine) -> None:
    assert machine.run("touch here || touch shared/here", {}).returncode != 0


@pytest.mark.parametrize("stage", ["wheels", "environment", "trial-environment"])
def test_installed_by_the_dockerfiles_own_commands(stage: str, machine: Machine) -> None:
    for command in stages()[stage]:
        done = machine.run(machine.here(command), {"PIP_NO_CACHE_DIR": "1"})
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_only_the_wheels_are_imported(machine: Machine) -> None:
    done = machine.run("cd /; python -c 'import aftersales, dispute; print(aftersales.__file__, dispute.__file__)'", {})
    assert done.stdout.count(f"{machine.root}/opt/aftersales/lib/") == 2, done.stdout + done.stderr


@pytest.fixture(scope="module")
def servers(machine: Machine) -> Iterator[None]:
    """Postgres after roles.sh, and Apache Kafka as its image's own program configures it from Compose's variables."""
    with ExitStack() as until_the_end:
        folder = until_the_end.enter_context(private_folder("aftersales-image-servers-"))
        server = postgres.embedded_server(folder / "postgres", durable=False)
        assert server.program is not None
        until_the_end.enter_context(running(server.program, folder))
        [machine.socket] = parse_qs(urlsplit(server.url).query)["host"]
        roles = {**SECRETS, "PATH": f"{postgres.PROGRAMS}:{os.environ['PATH']}", "PGHOST": machine.socket}
        subprocess.run(["sh", ROOT / "deploy" / "postgres" / "roles.sh"], env=roles, check=True)
        until_the_end.enter_context(running(broker(machine, folder / "kafka"), folder))
        yield


def broker(machine: Machine, folder: Path) -> Program:
    told = {name: machine.here(value) for name, value in containers()["kafka"]["environment"].items()}
    told |= {"PATH": os.environ["PATH"], "KAFKA_LOG_DIRS": str(folder / "data")}
    for name in ("default", "mounted", "final"):
        (folder / name).mkdir(parents=True)
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "default" / name).touch()
    java = ["java", *kafka.JAVA_OPTIONS, "-cp", f"{kafka.apache_jars()}/*"]
    places = [word for name in ("default", "mounted", "final") for word in (f"--{name}-configs-dir", folder / name)]
    subprocess.run([*java, "kafka.docker.KafkaDockerWrapper", "setup", *places], env=told, check=True, timeout=WITHIN)
    bootstrap = f"127.0.0.1:{machine.ports['9092']}"
    return Program(
        name="kafka",
        command=[*java, "kafka.Kafka", folder / "final" / "server.properties"],
        ready=lambda: kafka.coordinates(bootstrap),
        start_within=WITHIN,
    )


@pytest.mark.usefixtures("servers")
def test_prepared_twice_by_the_job(machine: Machine) -> None:
    told = machine.told(containers()["prepare"])
    first = machine.run("deploy/prepare.sh", told)
    assert first.returncode == 0, first.stderr
    topics = len(declared(TOPICS))
    assert first.stdout.count("created   ") == topics
    assert first.stdout.count("applied") == 4
    again = machine.run("deploy/prepare.sh", told)
    assert (again.returncode, again.stdout.count("agrees"), again.stdout.count("up to date")) == (0, topics, 4)


@pytest.mark.usefixtures("servers")
def test_the_four_services_start_are_healthy_and_end_in_time(machine: Machine) -> None:
    compose = containers(PRODUCTION)
    [check] = instructions("HEALTHCHECK")
    asked = json.loads(check.partition("CMD")[2])
    started = {}
    try:
        for name in SERVICES:
            log = (machine.root / "var" / f"{name}.log").open("wb")
            told = machine.environment(machine.told(compose[name]))
            started[name] = subprocess.Popen(
                [f"{machine.root}/opt/aftersales/bin/python", *compose[name]["command"][1:]],
                env=told,
                stdout=log,
                stderr=subprocess.STDOUT,
                **machine.account,
            )
            log.close()

            def healthy(told: Mapping[str, str] = told) -> bool:
                return subprocess.run(asked, env=told, capture_output=True, check=False).returncode == 0

            until(healthy, f"{name} is healthy", within=WITHIN)
            said = (machine.root / "var" / f"{name}.log").read_text()
            assert started[name].poll() is None, said
            assert '"mode":"production"' in said.replace(" ", ""), said
        for process in started.values():
            process.terminate()
        assert {name: process.wait(20) for name, process in started.items()} == dict.fromkeys(SERVICES, 0)
    finally:
        for process in started.values():
            process.kill()
            process.wait()


@pytest.mark.usefixtures("servers")
def test_the_trials_issuer_and_marketplace_start(machine: Machine) -> None:
    compose = containers(SECRETS, TRIAL)
    started = []
    try:
        for name in ("issuer", "marketplace"):
            words = [machine.here(word) for word in compose[name]["command"][1:]]
            started.append(
                subprocess.Popen(
                    [f"{machine.root}/opt/aftersales/bin/python", *words],
                    env=machine.environment(machine.told(compose[name])),
                    stdout=subprocess.PIPE,
                    text=True,
                    **machine.account,
                )
            )
        issuer, marketplace = started
        assert issuer.stdout is not None
        assert marketplace.stdout is not None
        assert "Public keys at" in issuer.stdout.readline()
        with urlopen(f"http://127.0.0.1:{machine.ports['8105']}/.well-known/jwks.json") as answer:
            assert json.load(answer)["keys"][0]["kty"] == "EC"
        assert "pays what is ordered" in marketplace.stdout.readline()
    finally:
        for process in started:
            process.kill()
            process.communicate()
