"""An issuer that signs whatever a test asks for, and every token that nobody may be let in with."""

import base64
import hmac
import time
from collections.abc import Callable
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

ISSUER: Final = "https://issuer.example"
AUDIENCE: Final = "aftersales"


class Issuer:
    """Signs whatever a test asks for."""

    def __init__(self) -> None:
        self.elliptic = ECKey.generate_key("P-256", {"kid": "ec"})
        self.rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
        self.asked = 0

    async def jwks(self) -> bytes:
        self.asked += 1
        return orjson.dumps({"keys": [key.as_dict(private=False) for key in (self.elliptic, self.rsa)]})

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "b-1", "role": "buyer", "iat": now, "exp": now + 600}
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def token(self, *, header: dict[str, Any] | None = None, key: Key | None = None, **changes: Any) -> str:
        whole = {"alg": "ES256", "typ": "at+jwt", "kid": "ec"} | (header or {})
        whole = {name: value for name, value in whole.items() if value is not None}
        algorithms = ["ES256", "RS256", "HS256", "ES384", "none"]
        return jwt.encode(whole, self.claims(**changes), key or self.elliptic, algorithms=algorithms, default_type=None)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def unsigned(issuer: Issuer, **who: Any) -> str:
    return f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': 'ec'})}.{part(issuer.claims(**who))}."


def without_signature(issuer: Issuer, **who: Any) -> str:
    return issuer.token(**who).rpartition(".")[0] + "."


def changed_claims(issuer: Issuer, **who: Any) -> str:
    header, _, signature = issuer.token(sub="b-1", role="buyer").split(".")
    return f"{header}.{part(issuer.claims(**{'role': 'supervisor', **who}))}.{signature}"


def hmac_with_the_public_key(issuer: Issuer, **who: Any) -> str:
    # By hand: the library refuses to sign so.
    signed = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'rsa'})}.{part(issuer.claims(**who))}"
    signature = hmac.digest(issuer.rsa.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def key_in_the_header(issuer: Issuer, **who: Any) -> str:
    stranger = ECKey.generate_key("P-256")
    return issuer.token(header={"jwk": stranger.as_dict(private=False)}, key=stranger, **who)


def of_another_key(issuer: Issuer, **who: Any) -> str:
    return issuer.token(key=ECKey.generate_key("P-256"), **who)


def another_kind_of_key(issuer: Issuer, **who: Any) -> str:
    return issuer.token(header={"alg": "RS256", "kid": "ec"}, key=issuer.rsa, **who)


def another_curve(issuer: Issuer, **who: Any) -> str:
    return issuer.token(header={"alg": "ES384"}, key=ECKey.generate_key("P-384"), **who)


def headed(**header: Any) -> Callable[..., str]:
    return lambda issuer, **who: issuer.token(header=header, **who)


def claiming(**claims: Any) -> Callable[..., str]:
    return lambda issuer, **who: issuer.token(**{**who, **claims})


def timed(claim: str, seconds: int) -> Callable[..., str]:
    return lambda issuer, **who: issuer.token(**{**who, claim: int(time.time()) + seconds})


# All of them but for their one trick would be good tokens of whom `who` names (sub, role).
REFUSED: Final[dict[str, Callable[..., str]]] = {
    "algorithm none": unsigned,
    "no signature": without_signature,
    "claims changed after signing": changed_claims,
    "HS256 signed with the public key": hmac_with_the_public_key,
    "a key of its own in the header": key_in_the_header,
    "signed by another key": of_another_key,
    "RS256 against the elliptic key": another_kind_of_key,
    "another curve": another_curve,
    "kid is a path": headed(kid="../../../../etc/passwd"),
    "kid is SQL": headed(kid="ec' or '1'='1"),
    "kid is missing among several keys": headed(kid=None),
    "no typ": headed(typ=None),
    "an id token": headed(typ="id+jwt"),
    "a refresh token": headed(typ="rt+jwt"),
    "unknown critical header": lambda issuer, **who: issuer.token(**who).replace("eyJ", "eyK", 1),
    "expired": timed("exp", -61),
    "without an end": claiming(exp=None),
    "end is text": claiming(exp="tomorrow"),
    "not yet good": timed("nbf", 3600),
    "another issuer": claiming(iss="https://elsewhere.example"),
    "no issuer": claiming(iss=None),
    "another audience": claiming(aud="somebody-else"),
    "no audience": claiming(aud=None),
    "no subject": claiming(sub=None),
    "subject is no id": claiming(sub="b-1\nrole:agent"),
    "subject is empty": claiming(sub=""),
    "subject is a number": claiming(sub=7),
    "no role": claiming(role=None),
    "unknown role": claiming(role="admin"),
    "a list of roles": claiming(role=["buyer", "agent"]),
    "rubbish": lambda _, **who: "rubbish",
    "two dots": lambda _, **who: "..",
    "not ASCII": lambda _, **who: "ü.ü.ü",
    "too long": claiming(filling="x" * 10_000),
    "a list as its header": lambda _, **who: "W10.e30.AA",
}
