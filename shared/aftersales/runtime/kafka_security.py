"""How connections to Kafka are protected, and who we are there (dangers 4.7)."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aftersales.errors import Failure

SECURITY: Final = "AFTERSALES_KAFKA_SECURITY"
CA_FILE: Final = "AFTERSALES_KAFKA_CA_FILE"
USERNAME: Final = "AFTERSALES_KAFKA_USERNAME"
PASSWORD: Final = "AFTERSALES_KAFKA_PASSWORD"  # noqa: S105 - the name of a setting
PASSWORD_FILE: Final = "AFTERSALES_KAFKA_PASSWORD_FILE"  # noqa: S105 - as above
NAMES: Final = (SECURITY, CA_FILE, USERNAME, PASSWORD, PASSWORD_FILE)
PROTOCOLS: Final = ("plaintext", "ssl", "sasl_ssl")


@dataclass(frozen=True, slots=True)
class Security:
    """protocol: one of PROTOCOLS. ca_file: the authorities trusted, the system's own where None. The name and the
    password go to the broker under `sasl_ssl` alone.
    """

    protocol: str = "plaintext"
    ca_file: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka is given."""
        if self.protocol == "plaintext":
            return {}
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.protocol == "ssl":
            return {"security_protocol": "SSL", "ssl_context": context}
        return {
            "security_protocol": "SASL_SSL",
            "ssl_context": context,
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }


def security_of(environment: Mapping[str, str]) -> Security:
    """What the environment says of it; Failure with one sentence where its parts do not fit together."""
    said = {name: environment.get(name) or None for name in NAMES}
    protocol = said[SECURITY] or "plaintext"
    if protocol not in PROTOCOLS:
        raise Failure(f"{SECURITY} is malformed. Set it to {', '.join(PROTOCOLS[:-1])} or {PROTOCOLS[-1]}.")
    if protocol == "plaintext" and said[CA_FILE]:
        raise Failure(f"{CA_FILE} is set, but {SECURITY} is plaintext, which checks nobody. Set that to ssl.")
    if protocol != "sasl_ssl":
        for name in (USERNAME, PASSWORD, PASSWORD_FILE):
            if said[name]:
                raise Failure(f"{name} is set, but {SECURITY} is {protocol}, which names nobody. Set that to sasl_ssl.")
        return Security(protocol, _authorities(said[CA_FILE]))
    if not said[USERNAME]:
        raise Failure(f"{USERNAME} is not set. Set it to the service's own user, which sasl_ssl needs.")
    return Security(protocol, _authorities(said[CA_FILE]), said[USERNAME], _password(said))


def _authorities(said: str | None) -> Path | None:
    if said is None:
        return None
    try:
        ssl.create_default_context(cafile=said)
    except OSError as problem:
        # ssl.SSLError is one too: a file that is there and holds no certificate.
        why = "holds no certificates" if isinstance(problem, ssl.SSLError) else "cannot be read"
        raise Failure(f"{CA_FILE} names {said}, which {why}. Name a file of certificates in PEM form.") from None
    return Path(said)


def _password(said: Mapping[str, str | None]) -> str:
    word, file = said[PASSWORD], said[PASSWORD_FILE]
    if word and file:
        raise Failure(f"{PASSWORD} and {PASSWORD_FILE} are both set. Remove one of them.")
    if file:
        try:
            word = Path(file).read_text().removesuffix("\n")
        except (OSError, UnicodeDecodeError):
            raise Failure(
                f"{PASSWORD_FILE} names {file}, which cannot be read. Name a file with the password."
            ) from None
        if not word:
            raise Failure(f"{PASSWORD_FILE} names {file}, which is empty. Name a file with the password.")
    if not word:
        raise Failure(f"{PASSWORD} is not set. Set it, or {PASSWORD_FILE} to a file with the password.")
    return word
