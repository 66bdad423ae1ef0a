"""What strangers ask over HTTP: told what is wrong and where, nothing written, and the next good request granted."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import orjson
import pytest

from aftersales.contracts.marketplace import ComplaintMade
from tests.rules.dispute import builders as say
from tests.services.bad_input.bodies import BODIES, SCAN
from tests.services.bad_input.conftest import Tracking
from tests.services.dispute.doors import Case, Doors, body
from tests.support.bad_input import HTTP, covers, row, rows

pytestmark = pytest.mark.asyncio(loop_scope="package")

ASKED: Final = {
    number: {name: bad for name, bad in cases.items() if bad.http is not None} for number, cases in BODIES.items()
}
SCANNED: Final = {number: {n: bad for n, bad in cases.items() if bad.good == SCAN} for number, cases in ASKED.items()}
SAID: Final = {number: {n: bad for n, bad in cases.items() if bad.good != SCAN} for number, cases in ASKED.items()}
GOOD_SCAN: Final = (
    b'{"carrier":"EMS","number":"%s","status":"lost","scanned_at":"2025-03-02T00:00:00Z","place":"Leipzig"}'
)


def told(answer: httpx2.Response) -> dict[str, Any]:
    """A problem document, with everything that one has and nothing of our insides."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"title", "detail", "trace"} <= problem.keys()
    assert (problem["status"], problem["type"]) == (answer.status_code, f"/problems/{problem['slug']}")
    assert "Traceback" not in answer.text
    return problem


def complaint(case: Case) -> ComplaintMade:
    return say.a_complaint(**case.names(ComplaintMade), words="It is torn.")


@covers(*(number for number, cases in SAID.items() if cases), over=[HTTP])
@pytest.mark.parametrize("name", rows(SAID))
async def test_a_bad_complaint_writes_nothing(town: Doors, name: str) -> None:
    bad, case = row(SAID, name), Case()
    await town.places(case)
    before = await town.left_behind(case)
    good = complaint(case)
    answer = await town.post("/disputes", bad.wrong(body(good, named=False)), role="buyer", sub="anna")

    problem = told(answer)
    assert (answer.status_code, problem["slug"]) == bad.http, problem
    if bad.at is not None:
        assert [place["at"] for place in problem["places"]] == [bad.at]
    assert await town.left_behind(case) == before
    assert (await town.ask(good, role="buyer", sub="anna")).status_code == 201


@covers(*(number for number, cases in SCANNED.items() if cases), over=[HTTP])
@pytest.mark.parametrize("name", rows(SCANNED))
async def test_a_bad_scan_writes_nothing(tracking: Tracking, name: str) -> None:
    bad, number = row(SCANNED, name), Case().suffix.encode()
    made = tracking.made
    bearer = {"Authorization": f"Bearer {made.sign('service', 'market')}", "Content-Type": "application/json"}
    sent = bad.wrong(GOOD_SCAN % number)
    answer = await tracking.client.post("/scans", content=sent, headers={**bearer, "Idempotency-Key": f"{name}-bad"})
    problem = told(answer)
    assert (answer.status_code, problem["slug"]) == bad.http, problem
    assert [place["at"] for place in problem["places"]] == [bad.at]
    assert await made.one("select count(*) from scan where parcel_id like '%' || $1", number.decode()) == 0
    good = await tracking.client.post(
        "/scans", content=GOOD_SCAN % number, headers={**bearer, "Idempotency-Key": f"{name}-good"}
    )
    assert good.status_code == 201


@dataclass(frozen=True)
class Asked:
    """A request whose body is good, if it has one, and which is not. slug None: any; None among headers leaves out."""

    status: int
    slug: str | None = None
    path: str = "/disputes"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    content: bytes | None = None


def listed(query: str, slug: str = "not-valid") -> Asked:
    return Asked(422, slug, f"/disputes?{query}")


REQUESTS: Final[Mapping[int, Mapping[str, Asked]]] = {
    3: {"in an address": Asked(422, "not-valid", "/disputes/a%00b/cancel", content=b"{}")},
    26: {
        "an unknown step": Asked(404, "not-found", "/disputes/D-1/forget", content=b"{}"),
        "an unknown version": Asked(404, "not-found", "/v2/disputes"),
        "an address with an end": Asked(404, "not-found", "/disputes/"),
    },
    31: {"SQL in an address": Asked(422, "not-valid", "/disputes/1'%20or%20'1'='1/cancel", content=b"{}")},
    35: {"a path as a dispute": Asked(404, "not-found", "/disputes/..%2f..%2fetc/cancel", content=b"{}")},
    37: {
        "gzip": Asked(415, "encoding-refused", headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"{}" * 99)),
        "two encodings": Asked(415, "encoding-refused", headers={"Content-Encoding": "identity, br"}),
    },
    40: {
        "no key": Asked(400, "idempotency-key-missing", headers={"Idempotency-Key": None}),
        "empty": Asked(400, "idempotency-key-missing", headers={"Idempotency-Key": ""}),
        "of 201": Asked(422, "idempotency-key-not-valid", headers={"Idempotency-Key": "k" * 201}),
        "not ASCII": Asked(422, "idempotency-key-not-valid", headers={"Idempotency-Key": "schlüssel"}),
    },
    42: {
        "no type": Asked(415, "unsupported-media-type", headers={"Content-Type": None}),
        "a form": Asked(415, "unsupported-media-type", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        "text": Asked(415, "unsupported-media-type", headers={"Content-Type": "text/plain"}),
        "another charset": Asked(
            415, "unsupported-media-type", headers={"Content-Type": "application/json; charset=latin1"}
        ),
    },
    43: {
        "none a page": listed("limit=0"),
        "less than none": listed("limit=-1"),
        "201": listed("limit=201"),
        "a thousand million": listed("limit=1000000000"),
        "no number": listed("limit=x"),
        "twice": listed("limit=1&limit=2"),
        "unknown": listed("sort=;drop"),
        "unknown page": listed("page=-1"),
        "a state that is none": listed("state=closed"),
        "an empty cursor": listed("cursor="),
        "a NUL as cursor": listed("cursor=%00"),
        "rubbish as cursor": listed("cursor=rubbish", "cursor-not-valid"),
        "a cursor of another list": listed("cursor=W10", "cursor-not-valid"),
        "a long cursor": listed("cursor=" + "A" * 700),
        "of a command": Asked(422, "not-valid", "/disputes?admin=1"),
    },
    44: {
        "urn": Asked(404, "not-found", "/disputes/urn/uuid/cancel", content=b"{}"),
        "braces": Asked(422, "not-valid", "/disputes/{9f0c8a52-1f3e-4b6e-8d1e-000000000000}/cancel", content=b"{}"),
    },
}


@covers(*REQUESTS, over=[HTTP])
@pytest.mark.parametrize("name", rows(REQUESTS))
async def test_a_bad_request_writes_nothing(town: Doors, name: str) -> None:
    bad, case = row(REQUESTS, name), Case()
    await town.places(case)
    before = await town.left_behind(case)
    good = complaint(case)
    usual = {"Content-Type": "application/json", "Idempotency-Key": case.suffix, **town.bearer("buyer", "anna")}
    changed: dict[str, str | None] = {**usual, **bad.headers}
    headers = [(header.encode(), value.encode("latin-1")) for header, value in changed.items() if value is not None]
    if "?" in bad.path and "admin" not in bad.path:
        answer = await town.client.get(bad.path, headers=headers)
    else:
        content = body(good, named=False) if bad.content is None else bad.content
        answer = await town.client.post(bad.path, content=content, headers=headers)
    problem = told(answer)
    assert answer.status_code == bad.status, problem
    assert bad.slug in (None, problem["slug"])
    assert await town.left_behind(case) == before
    again = await town.client.post("/disputes", content=body(good, named=False), headers=usual)
    assert again.status_code == 201


# Of every step: a good body, what is wrong with a bad one, and where.
STEPS: Final[dict[str, tuple[dict[str, Any], dict[str, Any], str]]] = {
    "plan": ({"want": {"remedy": "refund", "amount": 5}}, {"want": {"remedy": "refund", "amount": -1}}, "want/amount"),
    "refuse": ({}, {"counter": {"remedy": "refund", "amount": "5"}}, "counter/amount"),
    "accept": ({}, {"return_address": 5}, "return_address"),
    "escalate": ({}, {"words": ""}, "words"),
    "cancel": ({}, {"refund": 1}, "refund"),
    "appeal": ({"evidence": ["invoice"]}, {"evidence": []}, "evidence"),
    "evidence": ({"evidence": ["photo"]}, {"evidence": []}, "evidence"),
    "evidence-done": ({}, {"evidence": ["not a token"]}, "evidence/0"),
    "return-shipped": ({"carrier": "EMS", "number": "EE1US"}, {"freight": 1.5}, "freight"),
    "return-confirmed": ({}, {"amount": 1}, "amount"),
    "return-contested": ({"evidence": ["photo"]}, {"evidence": []}, "evidence"),
}


async def test_a_bad_step_writes_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    await town.hears(complaint(case))
    before = await town.left_behind(case)
    for step, (good, wrong, at) in STEPS.items():
        path = f"/disputes/{case.dispute}/{step}"
        bad = await town.post(path, orjson.dumps({**good, **wrong}), role="buyer", sub="anna")
        assert (bad.status_code, [place["at"] for place in told(bad)["places"]]) == (422, [f"body/{at}"]), step
    assert await town.left_behind(case) == before
    done = await town.post(f"/disputes/{case.dispute}/cancel", b"{}", role="buyer", sub="anna")
    assert (done.status_code, done.json()["state"]) == (200, "CLOSED_CANCELLED")


async def test_places_are_named_without_what_was_sent(town: Doors) -> None:
    sent = {"order": "O1", "units": {"L1": [1]}, "reason": "X", "want": {"remedy": "refund", "amount": "secret"}}
    answer = await town.post("/disputes", orjson.dumps(sent), role="buyer", sub="anna")
    assert [place["at"] for place in told(answer)["places"]] == ["body/want/amount"]
    assert "secret" not in answer.text
