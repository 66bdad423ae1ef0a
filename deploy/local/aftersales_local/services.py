"""How the four services and the token issuer are started on one machine."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aftersales_local.kafka import Broker
from aftersales_local.ports import LOOPBACK, free_port
from aftersales_local.supervisor import Program

# In the order in which they start: who is asked by others comes first.
SERVICES: Final = ("order-tracking", "dispute", "arbitration", "notification")
PREFERRED_PORTS: Final = {"order-tracking": 8101, "dispute": 8102, "arbitration": 8103, "notification": 8104}
ISSUER: Final = "issuer"
ISSUER_PORT: Final = 8105
# What the person who starts the stack may set for the services; everything else is the stack's to say.
HANDED_ON: Final = (
    "AFTERSALES_POLICY_DIR",
    "AFTERSALES_LOG",
    "AFTERSALES_KAFKA_ISOLATION",
    "AFTERSALES_KAFKA_SESSION_TIMEOUT_MS",
    "AFTERSALES_HTTP_RATE",
    "AFTERSALES_HTTP_DOCS",
)
OURS: Final = ("AFTERSALES_", "KAFKA_", "DATABASE_URL")


def database_name(service: str) -> str:
    return service.replace("-", "_")


def choose_ports() -> dict[str, int]:
    """A port for every service and the issuer, all different."""
    chosen: dict[str, int] = {}
    for name, preferred in [*PREFERRED_PORTS.items(), (ISSUER, ISSUER_PORT)]:
        chosen[name] = free_port(preferred, frozenset(chosen.values()))
    return chosen


def address(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def service_program(service: str, database_url: str, broker: Broker, ports: Mapping[str, int]) -> Program:
    settings = {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
        "AFTERSALES_TOKEN_ISSUER": address(ports[ISSUER]),
        "AFTERSALES_TOKEN_JWKS": f"{address(ports[ISSUER])}/.well-known/jwks.json",
        **broker.settings(),
    }
    if service == "arbitration":
        settings["AFTERSALES_DISPUTE_URL"] = address(ports["dispute"])
    module = f"{database_name(service)}.main"
    return python_program(service, module, {**settings, **listening(ports[service])}, ports[service], "/health/ready")


def issuer_program(keys: Path, port: int) -> Program:
    """The development issuer; its keys stay in the folder, so that a token outlives a restart."""
    settings = {**listening(port), "AFTERSALES_TOKEN_ISSUER": address(port)}
    module = "aftersales_local.issuer"
    return python_program(ISSUER, module, settings, port, "/.well-known/jwks.json", "--keys", str(keys))


def listening(port: int) -> dict[str, str]:
    return {"AFTERSALES_HTTP_HOST": LOOPBACK, "AFTERSALES_HTTP_PORT": str(port)}


def python_program(
    name: str, module: str, settings: Mapping[str, str], port: int, ready: str, *arguments: str
) -> Program:
    inherited = {key: value for key, value in os.environ.items() if key in HANDED_ON or not key.startswith(OURS)}
    return Program(
        name=name,
        command=[sys.executable, "-m", module, *arguments],
        environment={
            **inherited,
            "PYTHONUNBUFFERED": "1",
            "AFTERSALES_MODE": "local",
            "AFTERSALES_TOKEN_AUDIENCE": "aftersales",
            **settings,
        },
        ready=lambda: says_yes(f"{address(port)}{ready}"),
    )


def marketplace_program(broker: Broker) -> Program:
    """The payment provider of the simulated marketplace."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return Program(
        name="marketplace",
        command=[sys.executable, "-m", "aftersales_local.marketplace"],
        environment={
            **inherited,
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
            **broker.settings(),
        },
    )


def says_yes(url: str) -> bool:
    """Whether a GET is answered with 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - an address of our own
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
