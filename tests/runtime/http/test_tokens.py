"""Only a token of our issuer, for us, of a role we know, signed by a key we know, in its time."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from tests.runtime.http.conftest import Client
from tests.support.tokens import AUDIENCE, ISSUER, REFUSED, Issuer, bearer

from aftersales.errors import Failure, Refused
from aftersales.identity import Actor, Role
from aftersales.runtime.auth import Keys, Verifier, public_keys, source_of


@pytest.mark.parametrize("trick", REFUSED)
async def test_refused(verifier: Verifier, issuer: Issuer, trick: str) -> None:
    with pytest.raises(Refused) as refused:
        await verifier.actor(REFUSED[trick](issuer))
    assert (refused.value.status, refused.value.slug) == (401, "token-not-valid")
    assert await verifier.actor(issuer.token()) == Actor(Role.BUYER, "b-1")


ACCEPTED: dict[str, Callable[[Issuer], str]] = {
    "expired within the leeway": lambda i: i.token(exp=int(time.time()) - 30),
    "early within the leeway": lambda i: i.token(nbf=int(time.time()) + 30),
    "one of its audiences": lambda i: i.token(aud=["x", AUDIENCE]),
    "agent": lambda i: i.token(role="agent"),
    "typ JWT": lambda i: i.token(header={"typ": "JWT"}),
}


@pytest.mark.parametrize("kind", ACCEPTED)
async def test_accepted(verifier: Verifier, issuer: Issuer, kind: str) -> None:
    assert (await verifier.actor(ACCEPTED[kind](issuer))).sub == "b-1"


async def test_rsa_accepted(verifier: Verifier, issuer: Issuer) -> None:
    token = issuer.token(header={"alg": "RS256", "kid": "rsa"}, key=issuer.rsa)
    assert await verifier.actor(token) == Actor(Role.BUYER, "b-1")


async def test_unknown_kids_ask_the_issuer_once_in_thirty_seconds() -> None:
    issuer, now = Issuer(), [1000.0]
    keys = Keys(issuer.jwks, clock=lambda: now[0])
    assert await asyncio.gather(*(keys.find(f"k{n}") for n in range(50))) == [None] * 50
    assert issuer.asked == 1
    now[0] += 31
    assert await keys.find("ec") is not None
    assert await keys.find("stranger") is None
    assert issuer.asked == 2


async def test_a_new_key_is_learned() -> None:
    issuer, now = Issuer(), [1000.0]
    verifier = Verifier(Keys(issuer.jwks, clock=lambda: now[0]), issuer=ISSUER, audience=AUDIENCE)
    await verifier.actor(issuer.token())
    issuer.elliptic = ECKey.generate_key("P-256", {"kid": "ec2"})
    now[0] += 31
    assert (await verifier.actor(issuer.token(header={"kid": "ec2"}))).sub == "b-1"


async def test_known_keys_stay_good_while_the_issuer_is_away() -> None:
    issuer, now, away = Issuer(), [1000.0], [False]

    async def fetch() -> bytes:
        if away[0]:
            raise OSError("away")
        return await issuer.jwks()

    verifier = Verifier(Keys(fetch, clock=lambda: now[0]), issuer=ISSUER, audience=AUDIENCE)
    await verifier.actor(issuer.token())
    away[0], now[0] = True, now[0] + 3600
    assert (await verifier.actor(issuer.token())).sub == "b-1"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the short key is made on purpose
def test_only_public_signing_keys_of_ours_are_taken() -> None:
    listed = [
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True),
        RSAKey.generate_key(1024, {"kid": "short"}).as_dict(private=False),
        ECKey.generate_key("P-384", {"kid": "curve"}).as_dict(private=False),
        {**ECKey.generate_key("P-256", {"kid": "enc"}).as_dict(private=False), "use": "enc"},
        {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "1", "y": "2"},
        "rubbish",
        ECKey.generate_key("P-256", {"kid": "good"}).as_dict(private=True),
    ]
    found = public_keys(orjson.dumps({"keys": listed}))
    assert list(found) == ["good"]
    assert not found["good"].is_private


@pytest.mark.parametrize("document", [b"", b"[]", b'{"keys": 1}', b"x" * 70_000])
def test_a_key_set_that_is_none_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError):
        public_keys(document)


async def test_keys_from_a_file(tmp_path: Path, issuer: Issuer) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(await issuer.jwks())
    assert await Keys(source_of(str(file))).find("ec") is not None


def test_a_missing_file_is_named() -> None:
    with pytest.raises(Failure, match="AFTERSALES_TOKEN_JWKS names /no/file"):
        source_of("/no/file")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}])
async def test_no_token_is_told_what_to_send(client: Client, header: dict[str, str]) -> None:
    answer = await client.get("/accounts", headers=header)
    assert answer.status_code == 401
    assert answer.json()["slug"] == "token-missing"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_bad_token_over_http_is_a_problem(client: Client) -> None:
    answer = await client.get("/accounts", headers=bearer("rubbish"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_two_tokens_are_none(client: Client, issuer: Issuer) -> None:
    both = [("Authorization", f"Bearer {issuer.token()}"), ("Authorization", f"Bearer {issuer.token(role='agent')}")]
    assert (await client.get("/accounts", headers=both)).status_code == 401
