"""What strangers send: each is told what is wrong, writes nothing, and the next good request is answered."""

import gzip
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from tests.runtime.conftest import EVERYTHING, Look
from tests.runtime.http.conftest import Client
from tests.support.tokens import Issuer, bearer

GOOD = b'{"amount": 5}'


@dataclass(frozen=True)
class Bad:
    """A request that differs from a good one in one thing. `slug` None: any."""

    status: int
    slug: str | None = None
    body: bytes = GOOD
    headers: dict[str, str | None] = field(default_factory=dict)
    path: str = "/accounts/a/deposits"


def nested(depth: int) -> bytes:
    return b'{"amount": ' + b"[" * depth + b"]" * depth + b"}"


def said(**values: Any) -> bytes:
    return orjson.dumps({"amount": 5, **values})


def amount(text: str) -> bytes:
    return f'{{"amount": {text}}}'.encode()


BAD: dict[str, Bad] = {
    "1 malformed": Bad(400, "malformed-json", b'{"amount": 5'),
    "1 empty": Bad(400, "malformed-json", b""),
    "1 blank": Bad(400, "malformed-json", b"  "),
    "1 byte order mark": Bad(400, "malformed-json", b"\xef\xbb\xbf" + GOOD),
    "1 UTF-16": Bad(400, "malformed-json", GOOD.decode().encode("utf-16")),
    "1 UTF-16 without mark": Bad(400, "malformed-json", GOOD.decode().encode("utf-16-le")),
    "1 two documents": Bad(400, "malformed-json", GOOD + GOOD),
    "1 control character": Bad(400, "malformed-json", b'{"amount": 5, "note": "a\nb"}'),
    "2 invalid UTF-8": Bad(400, "malformed-json", b'{"amount": 5, "note": "\xff"}'),
    "3 NUL": Bad(422, "not-valid", b'{"amount": 5, "note": "a\\u0000b"}'),
    "3 NUL in a name": Bad(422, "not-valid", b'{"amount": 5, "\\u0000": 1}'),
    "3 NUL in the path": Bad(422, None, path="/accounts/a%00b/deposits"),
    "4 lone surrogate": Bad(422, "not-valid", b'{"amount": 5, "note": "\\ud800"}'),
    "5 NaN": Bad(422, "not-valid", amount("NaN")),
    "5 Infinity": Bad(422, "not-valid", amount("-Infinity")),
    "5 1e400": Bad(422, "not-valid", amount("1e400")),
    "6 duplicate names": Bad(400, "malformed-json", b'{"amount": 1, "amount": 999}'),
    "6 duplicate names inside": Bad(400, "malformed-json", b'{"amount": 5, "tags": [{"a": 1, "a": 2}]}'),
    "7 2^64": Bad(422, "not-valid", amount(str(2**64))),
    "8 5000 digits": Bad(400, "malformed-json", amount("9" * 5_000)),
    "8 5000 digits of a float": Bad(422, "not-valid", amount("9" * 5_000 + ".0")),
    "9 21 deep": Bad(400, "malformed-json", nested(20)),
    "9 30000 deep": Bad(400, "malformed-json", nested(30_000)),
    "10 text": Bad(422, "not-valid", amount('"5"')),
    "10 float": Bad(422, "not-valid", amount("5.0")),
    "10 true": Bad(422, "not-valid", amount("true")),
    "10 null": Bad(422, "not-valid", amount("null")),
    "10 underscore": Bad(422, "not-valid", amount('"1_000"')),
    "10 Arabic digits": Bad(422, "not-valid", '{"amount": "١٢"}'.encode()),
    "10 a list": Bad(422, "not-valid", b"[5]"),
    "10 bare text": Bad(422, "not-valid", b'"amount"'),
    "10 bare null": Bad(422, "not-valid", b"null"),
    "11 unknown field": Bad(422, "not-valid", said(status="closed")),
    "12 negative": Bad(422, "not-valid", amount("-1")),
    "12 over the cap": Bad(422, "not-valid", amount(str(10**12 + 1))),
    "12 10^18": Bad(422, "not-valid", amount(str(10**18))),
    "13 unknown currency": Bad(422, "not-valid", said(currency="XXQ")),
    "13 lower case": Bad(422, "not-valid", said(currency="usd")),
    "13 with a line end": Bad(422, "not-valid", said(currency="USD\n")),
    "14 no zone": Bad(422, "not-valid", said(said_at="2025-05-06T09:00:00")),
    "15 epoch": Bad(422, "not-valid", said(said_at=1_000_000_000)),
    "15 date": Bad(422, "not-valid", said(said_at="2025-05-06")),
    "28 over 64 KiB": Bad(413, "body-too-large", said(note="x" * 70_000)),
    "28 a huge length": Bad(413, "body-too-large", headers={"Content-Length": "9" * 30}),
    "28 long text": Bad(422, "not-valid", said(note="x" * 5_000)),
    "29 nothing said": Bad(422, "not-valid", said(note="\u200b \u3000")),
    "35 a path as an id": Bad(404, "not-found", path="/accounts/..%2f..%2fetc/deposits"),
    "37 gzip": Bad(415, "encoding-refused", gzip.compress(GOOD), {"Content-Encoding": "gzip"}),
    "40 key missing": Bad(400, "idempotency-key-missing", headers={"Idempotency-Key": None}),
    "40 key empty": Bad(400, "idempotency-key-missing", headers={"Idempotency-Key": ""}),
    "40 key of 201": Bad(422, "idempotency-key-not-valid", headers={"Idempotency-Key": "k" * 201}),
    "40 key not ASCII": Bad(422, "idempotency-key-not-valid", headers={"Idempotency-Key": "schlüssel"}),
    "41 If-Match missing": Bad(428, "if-match-missing", path="/accounts/a/versions"),
    "41 If-Match any": Bad(422, "if-match-not-valid", headers={"If-Match": "*"}, path="/accounts/a/versions"),
    "41 If-Match no number": Bad(422, "if-match-not-valid", headers={"If-Match": '"x"'}, path="/accounts/a/versions"),
    "42 no type": Bad(415, "unsupported-media-type", headers={"Content-Type": None}),
    "42 a form": Bad(415, "unsupported-media-type", headers={"Content-Type": "application/x-www-form-urlencoded"}),
    "42 text": Bad(415, "unsupported-media-type", headers={"Content-Type": "text/plain"}),
    "42 another charset": Bad(
        415, "unsupported-media-type", headers={"Content-Type": "application/json; charset=latin1"}
    ),
    "42 length is no number": Bad(400, "malformed-request", headers={"Content-Length": "-1"}),
    "43 unknown parameter": Bad(422, "not-valid", path="/accounts/a/deposits?admin=1"),
    "44 urn": Bad(404, "not-found", path="/accounts/urn/uuid/deposits"),
    "44 braces": Bad(422, "not-valid", path="/accounts/{9f0c8a52-1f3e-4b6e-8d1e-000000000000}/deposits"),
}


@pytest.mark.parametrize("case", BAD)
async def test_told_so_and_nothing_written(client: Client, issuer: Issuer, see: Look, case: str) -> None:
    bad = BAD[case]
    usual = {**bearer(issuer.token()), "Content-Type": "application/json", "Idempotency-Key": "k-1"}
    changed: dict[str, str | None] = {name.lower(): value for name, value in usual.items()}
    changed |= {name.lower(): value for name, value in bad.headers.items()}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in changed.items() if value is not None]
    answer = await client.post(bad.path, content=bad.body, headers=headers)

    assert answer.status_code == bad.status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == bad.status
    assert told["type"] == f"/problems/{told['slug']}"
    assert bad.slug in (None, told["slug"])
    assert {"title", "detail", "trace"} <= told.keys()
    assert await see.counts(*EVERYTHING) == dict.fromkeys(EVERYTHING, 0)
    good = await client.post("/accounts/a/deposits", content=GOOD, headers=usual)
    assert (good.status_code, good.json()) == (201, {"balance": 5})


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "limit=-1",
            "limit=201",
            "limit=1000000000",
            "limit=x",
            "limit=1&limit=2",
            "sort=;drop",
            "page=-1",
        ),
        *("cursor=", "cursor=%00", "cursor=rubbish", "cursor=W10", "cursor=WyJ4IiwgImEiXQ", "cursor=W3RydWUsICJhIl0"),
        *("cursor=" + "A" * 700, "cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OSwgImEiXQ"),
    ],
)
async def test_bad_parameters_of_a_list(client: Client, buyer: dict[str, str], query: str) -> None:
    answer = await client.get(f"/accounts?{query}", headers=buyer)
    assert answer.status_code == 422
    assert (await client.get("/accounts?limit=1", headers=buyer)).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧 sehr schön", "مرحبا", "<script>alert(1)</script>", "{{7*7}} '; drop table account"]
)
async def test_text_of_people_is_kept(client: Client, buyer: dict[str, str], see: Look, text: str) -> None:
    answer = await client.post(
        "/accounts/a/deposits", json={"amount": 5, "note": text}, headers={**buyer, "Idempotency-Key": "k"}
    )
    assert answer.status_code == 201
    assert orjson.loads(await see.one("select body from inbox"))["note"] == text


async def test_places_are_named_without_what_was_sent(client: Client, buyer: dict[str, str]) -> None:
    answer = await client.post(
        "/accounts/a/deposits",
        json={"amount": "secret", "tags": ["ok", "not ok"]},
        headers={**buyer, "Idempotency-Key": "k"},
    )
    assert [place["at"] for place in answer.json()["places"]] == ["body/amount", "body/tags/1"]
    assert "secret" not in answer.text


async def test_what_is_no_object_is_told_without_our_names(client: Client, buyer: dict[str, str]) -> None:
    answer = await client.post("/accounts/a/deposits", json=[], headers={**buyer, "Idempotency-Key": "k"})
    assert answer.json()["places"] == [{"at": "body", "why": "it must be a JSON object"}]


async def test_a_body_that_never_ends_arriving_is_cut(client: Client) -> None:
    async def endless() -> Any:
        while True:
            yield b"x" * 1_000

    answer = await client.post("/accounts/a/deposits", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
