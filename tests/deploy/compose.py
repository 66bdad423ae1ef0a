"""docker-compose.yml as Docker Compose itself reads it, and the containers' environments as they would be."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from dockerfile_parse import DockerfileParser

from aftersales_local.places import ROOT

COMPOSE: Final = Path(sys.executable).with_name("docker-compose")
DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"
TRIAL: Final = ROOT / "deploy" / "trial.env"
SECRETS: Final = {
    "POSTGRES_PASSWORD": "word-of-postgres",
    "ORDER_TRACKING_PASSWORD": "word-of-order-tracking",
    "DISPUTE_PASSWORD": "word-of-dispute",
    "ARBITRATION_PASSWORD": "word-of-arbitration",
    "NOTIFICATION_PASSWORD": "word-of-notification",
    "KAFKA_CLUSTER_ID": "MkU3OEVBNTcwNTJENDM2Qk",
}
TOKENS: Final = {
    "AFTERSALES_TOKEN_ISSUER": "https://people.example",
    "AFTERSALES_TOKEN_JWKS": "https://people.example/.well-known/jwks.json",
}
PRODUCTION: Final = {**SECRETS, **TOKENS}

needs_compose = pytest.mark.skipif(
    not COMPOSE.exists(),
    reason="Docker Compose has no wheel for this platform, so docker-compose.yml was not read",
)


def config(told: Mapping[str, str], env_file: Path = Path(os.devnull)) -> "subprocess.CompletedProcess[str]":
    """`docker compose config`, which knows nothing of this machine's own environment and `.env`."""
    return subprocess.run(
        [COMPOSE, "--env-file", env_file, "-f", ROOT / "docker-compose.yml", "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], "HOME": os.devnull, **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def containers(told: Mapping[str, str] = PRODUCTION, env_file: Path = Path(os.devnull)) -> dict[str, Any]:
    done = config(told, env_file)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def environment(container: Mapping[str, Any]) -> dict[str, str]:
    """What a process in it sees: the image's variables, then Compose's; those without a value are not there."""
    stated = {**image_environment(), **container.get("environment", {})}
    return {name: value for name, value in stated.items() if value is not None}


def instructions(kind: str) -> list[str]:
    """The values of one kind of instruction in the Dockerfile, in its order, whichever stage they belong to."""
    parser = DockerfileParser(fileobj=BytesIO(DOCKERFILE.read_bytes()))
    return [str(each["value"]) for each in parser.structure if each["instruction"] == kind]


def stages() -> dict[str, list[str]]:
    """The RUN instructions of each stage of the Dockerfile."""
    found: dict[str, list[str]] = {}
    commands: list[str] = []
    for each in DockerfileParser(fileobj=BytesIO(DOCKERFILE.read_bytes())).structure:
        if each["instruction"] == "FROM":
            commands = found.setdefault(each["value"].split(" AS ")[1], [])
        elif each["instruction"] == "RUN":
            commands.append(each["value"])
    return found


def image_environment() -> dict[str, str]:
    """Our settings in it; the others are Python's and the shell's own."""
    return dict(re.findall(r"(AFTERSALES_\w+)=(\S+)", " ".join(instructions("ENV"))))
