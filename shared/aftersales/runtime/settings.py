"""Everything a process is told from outside: read once, from the environment, and refused at start when it is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from aftersales.errors import Failure
from aftersales.runtime.kafka_security import CA_FILE, PASSWORD, PASSWORD_FILE, SECURITY, USERNAME, security_of

PREFIX: Final = "AFTERSALES_"
PREFERRED_PORTS: Final = {"order_tracking": 8101, "dispute": 8102, "arbitration": 8103, "notification": 8104}
OTHER_PORT: Final = 8100
LOCAL_ISSUER: Final = "http://127.0.0.1:8105"
REQUESTS_A_SECOND: Final = 30
# A killed process stalls its partitions for the session's length: short where kills are expected, long for pauses.
SESSION_TIMEOUT_MS: Final = {"local": 6_000, "production": 30_000}


class Settings(BaseSettings):
    """One service's settings. `description` of a field tells a person what to do when it is missing or malformed."""

    model_config = SettingsConfigDict(case_sensitive=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: str = Field(
        validation_alias="DATABASE_URL",
        repr=False,
        description="Set it to postgresql://user:password@host:port/database, the service's own database.",
    )
    kafka_bootstrap_servers: str = Field(
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Set it to host:port of a Kafka broker, several separated by commas.",
    )
    mode: Literal["local", "production"] = Field(
        "production", validation_alias="AFTERSALES_MODE", description="Set it to local or production."
    )
    http_host: str = Field(
        "127.0.0.1", validation_alias="AFTERSALES_HTTP_HOST", description="Set it to the address to listen on."
    )
    http_port: int = Field(
        OTHER_PORT, ge=0, le=65535, validation_alias="AFTERSALES_HTTP_PORT", description="Set it to a port, 0 to 65535."
    )
    http_rate: int = Field(
        REQUESTS_A_SECOND,
        ge=0,
        le=1_000_000,
        validation_alias="AFTERSALES_HTTP_RATE",
        description="Set it to the requests a second that one caller may make; 0 for no limit.",
    )
    http_docs: bool = Field(
        default=False,
        validation_alias="AFTERSALES_HTTP_DOCS",
        description="Set it to true to show the OpenAPI pages, else to false.",
    )
    token_issuer: str = Field(
        validation_alias="AFTERSALES_TOKEN_ISSUER",
        min_length=1,
        description="Set it to the issuer (`iss`) whose bearer tokens are trusted.",
    )
    token_audience: str = Field(
        "aftersales",
        min_length=1,
        validation_alias="AFTERSALES_TOKEN_AUDIENCE",
        description="Set it to the audience (`aud`) a token must name.",
    )
    token_jwks: str = Field(
        validation_alias="AFTERSALES_TOKEN_JWKS",
        min_length=1,
        description="Set it to the https:// address, or the file, of the issuer's public keys (JWKS).",
    )
    broker: Literal["apache", "tansu"] | None = Field(
        None,
        validation_alias="AFTERSALES_BROKER",
        description="Set it to apache or tansu; the local stack alone reads it.",
    )
    kafka_idempotent: bool = Field(
        default=True,
        validation_alias="AFTERSALES_KAFKA_IDEMPOTENT",
        description="Set it to true, or to false for a broker without idempotent producers.",
    )
    kafka_isolation: Literal["read_uncommitted", "read_committed"] = Field(
        "read_uncommitted",
        validation_alias="AFTERSALES_KAFKA_ISOLATION",
        description="Set it to read_uncommitted or, for marketplaces that use transactions, read_committed.",
    )
    kafka_session_timeout_ms: int = Field(
        SESSION_TIMEOUT_MS["production"],
        ge=1_000,
        le=300_000,
        validation_alias="AFTERSALES_KAFKA_SESSION_TIMEOUT_MS",
        description="Set it to milliseconds, 1000 to 300000.",
    )
    kafka_fetch_max_wait_ms: int = Field(
        500,
        ge=1,
        le=30_000,
        validation_alias="AFTERSALES_KAFKA_FETCH_MAX_WAIT_MS",
        description="Set it to milliseconds, 1 to 30000.",
    )
    kafka_security: Literal["plaintext", "ssl", "sasl_ssl"] = Field(
        "plaintext", validation_alias=SECURITY, description="Set it to plaintext, ssl or sasl_ssl."
    )
    kafka_ca_file: Path | None = Field(
        None,
        validation_alias=CA_FILE,
        description="Set it to a file of certificates, or leave it out to trust the system's authorities.",
    )
    kafka_username: str | None = Field(
        None, validation_alias=USERNAME, description="Set it to the service's own user at the broker."
    )
    kafka_password: SecretStr | None = Field(
        None, validation_alias=PASSWORD, repr=False, description="Set it to that user's password."
    )
    kafka_password_file: Path | None = Field(
        None, validation_alias=PASSWORD_FILE, description="Set it to a file with that user's password."
    )
    policy_dir: Path | None = Field(
        None,
        validation_alias="AFTERSALES_POLICY_DIR",
        description="Set it to a folder with policy files, or leave it out for the policies shipped.",
    )
    log: Literal["json", "text"] = Field(
        "json", validation_alias="AFTERSALES_LOG", description="Set it to json or text."
    )
    dispute_url: str | None = Field(
        None,
        validation_alias="AFTERSALES_DISPUTE_URL",
        description="Set it to the http:// or https:// address of the dispute service.",
    )
    notice_file: Path = Field(
        Path(".local/notices.ndjson"),
        validation_alias="AFTERSALES_NOTICE_FILE",
        description="Set it to the file that notices are appended to; notification alone reads it.",
    )
    failpoint: str | None = Field(
        None,
        validation_alias="AFTERSALES_FAILPOINT",
        description="It makes a process fail on purpose, in fault runs only.",
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("postgresql", "postgres"):
            raise ValueError("it does not begin with postgresql://")
        return value

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _has_ports(cls, value: str) -> str:
        for server in value.split(","):
            host, _, port = server.strip().rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise ValueError("it is not host:port")
        return value

    @field_validator("dispute_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("it is not an http:// or https:// address")
        return value.rstrip("/")

    @field_validator("policy_dir")
    @classmethod
    def _is_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("there is no such folder")
        return value

    @property
    def local(self) -> bool:
        return self.mode == "local"


ALIASES: Final = {str(field.validation_alias): field for field in Settings.model_fields.values()}


def load(service: str) -> Settings:
    """The settings of a service (its package's name); Failure with one sentence that names the setting to mend."""
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in ALIASES)
    if unknown:
        raise Failure(f"{unknown[0]} is not a setting. Correct its name or remove it; settings are {_names()}.")
    try:
        settings = Settings(**_defaults(service, os.environ))
    except ValidationError as problem:
        raise Failure(_sentence(problem)) from None
    security_of(os.environ)
    if not settings.local:
        _fit_for_production(settings)
    return settings


def _names() -> str:
    return ", ".join(name for name in ALIASES if name.startswith(PREFIX))


def _defaults(service: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """What is assumed where the environment is silent; some of it only on a developer's machine."""
    assumed: dict[str, Any] = {"AFTERSALES_HTTP_PORT": PREFERRED_PORTS.get(service, OTHER_PORT)}
    if environment.get("AFTERSALES_MODE") == "local":
        assumed |= {
            "AFTERSALES_HTTP_RATE": 0,
            "AFTERSALES_HTTP_DOCS": True,
            "AFTERSALES_TOKEN_ISSUER": LOCAL_ISSUER,
            "AFTERSALES_TOKEN_JWKS": f"{LOCAL_ISSUER}/.well-known/jwks.json",
            "AFTERSALES_KAFKA_SESSION_TIMEOUT_MS": SESSION_TIMEOUT_MS["local"],
        }
    return {name: value for name, value in assumed.items() if name not in environment}


def _sentence(problem: ValidationError) -> str:
    first = min(problem.errors(include_url=False, include_input=False), key=lambda error: error["type"] != "missing")
    name = str(first["loc"][0])
    what_now = ALIASES[name].description
    if first["type"] == "missing" or os.environ.get(name) == "":
        return f"{name} is not set. {what_now}"
    why = first["msg"].removeprefix("Value error, ")
    return f"{name} is malformed: {why[0].lower()}{why[1:]}. {what_now}"


def _fit_for_production(settings: Settings) -> None:
    if urlsplit(settings.token_jwks).scheme == "http":
        raise Failure(
            "AFTERSALES_TOKEN_JWKS is an http:// address, which anybody on the way could answer. "
            "Use https:// or a file, or set AFTERSALES_MODE=local on a developer's machine."
        )
    if settings.failpoint is not None:
        raise Failure("AFTERSALES_FAILPOINT is set, which production refuses. Remove it or set AFTERSALES_MODE=local.")
