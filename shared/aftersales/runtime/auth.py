"""Who asks: bearer tokens, checked against the issuer's public keys.

A token has no say in how it is checked (RFC 8725).
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Protocol
from urllib.parse import urlsplit

import httpx2
import orjson
import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import ECKey, RSAKey

from aftersales.errors import Failure, Refused
from aftersales.identity import Actor, Role

log = structlog.stdlib.get_logger(__name__)

ALGORITHMS: Final = ("ES256", "RS256")
TYPES: Final = ("at+jwt", "jwt")
LEEWAY: Final = 60
LONGEST_TOKEN: Final = 8 * 1024
MOST_KEYS: Final = 32
MOST_BYTES: Final = 64 * 1024
SHORTEST_RSA: Final = 2048
PATIENCE: Final = 5.0
# An unknown key asks the issuer again, at most this often: strangers must not make us hammer it.
REFRESH_AFTER: Final = 30.0
# A key the issuer has withdrawn is trusted no longer than this.
FRESH_FOR: Final = 600.0
# As every id of the vocabulary: a subject that no order could name owns nothing here.
SUBJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)

Key = ECKey | RSAKey


class Fetch(Protocol):
    """Gives the bytes of the key set."""

    async def __call__(self) -> bytes: ...


class Keys:
    """The issuer's public keys by `kid`, kept for ten minutes and asked for again when a token names an unknown one."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def find(self, kid: str | None) -> Key | None:
        """The key of that name, or the only key where a token names none; None when there is no such key."""
        if self._clock() - self._fetched_at > FRESH_FOR or self._known(kid) is None:
            await self._refresh()
        return self._known(kid)

    def _known(self, kid: str | None) -> Key | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        async with self._one_at_a_time:
            if self._clock() - self._asked_at < REFRESH_AFTER:
                return
            self._asked_at = self._clock()
            try:
                self._keys = public_keys(await self._fetch())
                self._fetched_at = self._clock()
            except (OSError, httpx2.HTTPError, ValueError) as problem:
                # The keys in hand stay good: an issuer that is away must not shut everybody out.
                await log.awarning("the issuer's keys could not be read", problem=repr(problem))


def public_keys(document: bytes) -> dict[str, Key]:
    """The usable keys of a JWKS, at most 32: P-256, and RSA from 2048 bits, for signatures. ValueError for rubbish."""
    if len(document) > MOST_BYTES:
        raise ValueError("the key set is too large")
    parsed = orjson.loads(document)
    listed = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a key set")
    found: dict[str, Key] = {}
    for position, each in enumerate(listed[:MOST_KEYS]):
        if isinstance(each, dict) and (key := public_key(each)) is not None:
            found[str(each.get("kid", position))] = key
    return found


def public_key(values: dict[str, Any]) -> Key | None:
    """None for what we do not verify with: other kinds, other curves, short keys, keys for encryption."""
    if values.get("use", "sig") != "sig":
        return None
    try:
        if values.get("kty") == "EC" and values.get("crv") == "P-256":
            return ECKey.import_key({name: values[name] for name in ("kty", "crv", "x", "y")})
        if values.get("kty") == "RSA":
            key = RSAKey.import_key({name: values[name] for name in ("kty", "n", "e")})
            return key if key.raw_value.key_size >= SHORTEST_RSA else None
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    return None


def source_of(jwks: str) -> Fetch:
    """A reader of an address or of a file; Failure when a file is not there."""
    if urlsplit(jwks).scheme in ("http", "https"):
        return _from_address(jwks)
    file = Path(jwks.removeprefix("file://"))
    if not file.is_file():
        raise Failure(
            f"AFTERSALES_TOKEN_JWKS names {jwks}, which is not a file. Set it to the issuer's public keys (JWKS)."
        )
    return _from_file(file)


def _from_address(address: str) -> Fetch:
    async def fetch() -> bytes:
        # No redirects: the keys come from where we were told, or not at all.
        async with (
            httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client,
            client.stream("GET", address) as answer,
        ):
            answer.raise_for_status()
            document = b""
            async for part in answer.aiter_bytes():
                document += part
                if len(document) > MOST_BYTES:
                    raise ValueError("the key set is too large")
            return document

    return fetch


def _from_file(file: Path) -> Fetch:
    async def fetch() -> bytes:
        return await asyncio.to_thread(file.read_bytes)

    return fetch


class Verifier:
    """Turns a token into an `Actor`, or says why not."""

    def __init__(
        self, keys: Keys, *, issuer: str, audience: str, now: Callable[[], int] = lambda: int(time.time())
    ) -> None:
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            role={"essential": True, "values": [role.value for role in Role]},
        )

    async def actor(self, token: str) -> Actor:
        """Raises Refused 401 for every token but a good one."""
        if len(token) > LONGEST_TOKEN:
            raise not_trusted("it is too long")
        key = await self._keys.find(kid_of(token))
        if key is None:
            raise not_trusted("its key is not known")
        try:
            claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            raise not_trusted("its signature does not hold") from None
        return self._checked(claims)

    def _checked(self, claims: dict[str, Any]) -> Actor:
        try:
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise not_trusted("it has expired") from None
        except (MissingClaimError, InvalidClaimError) as problem:
            raise not_trusted(f"its claim {problem.claim} is missing or not as it must be") from None
        role, sub = claims["role"], claims["sub"]
        if not isinstance(role, str) or not SUBJECT.fullmatch(sub):
            raise not_trusted("its claim sub or role is not as it must be")
        return Actor(Role(role), sub)


def kid_of(token: str) -> str | None:
    """The name of the key, from a header that is one of ours; a name only, never a path, an address or a key."""
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError, AttributeError):
        raise not_trusted("it is not a signed token") from None
    kid = header.get("kid")
    if header.get("alg") not in ALGORITHMS:
        raise not_trusted("its algorithm is not accepted")
    if str(header.get("typ", "")).lower() not in TYPES:
        raise not_trusted("it is not an access token")
    if kid is not None and not isinstance(kid, str):
        raise not_trusted("its key is not known")
    return kid


def not_trusted(why: str) -> Refused:
    return Refused(
        "token-not-valid",
        f"The token is not accepted: {why}.",
        401,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def missing() -> Refused:
    return Refused(
        "token-missing",
        "Send a bearer token in the header Authorization.",
        401,
        headers={"WWW-Authenticate": "Bearer"},
    )


_bearer = HTTPBearer(auto_error=False, description="A signed access token with the claims sub and role.")


async def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """Who asks; counted against the caller's rate before anything else is done for them."""
    if credentials is None or len(request.headers.getlist("authorization")) != 1:
        raise missing()
    parts = request.app.state.parts
    actor: Actor = await parts.verifier.actor(credentials.credentials)
    parts.rates.take(actor.source)
    return actor


# The parameter type of a route that somebody must be known to use: `async def read(caller: Caller)`.
Caller = Annotated[Actor, Depends(caller)]
