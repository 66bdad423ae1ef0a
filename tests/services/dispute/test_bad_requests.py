"""What strangers send to dispute's own routes: told where and why, nothing written, the next good request granted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio

from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.contracts.marketplace import ComplaintMade
from dispute.domain.reasons import REASONS
from tests.rules.dispute import builders as say
from tests.services.dispute.doors import Case, Doors, body, doors

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with doors(kafka, postgres_server, tmp_path_factory.mktemp("keys")) as made:
        yield made


@dataclass(frozen=True)
class Bad:
    """A request that differs from a good one in one thing: `at` is named in the answer, `why` is part of its detail."""

    status: int
    slug: str
    differs: dict[str, Any] = field(default_factory=dict)
    at: str | None = None
    why: str = ""
    raw: dict[bytes, bytes] = field(default_factory=dict)


def want(amount: Any, remedy: Any = "refund") -> dict[str, Any]:
    return {"want": {"remedy": remedy, "amount": amount}}


def places(at: str, why: str = "", **differs: Any) -> Bad:
    return Bad(422, "not-valid", differs, at, why)


AMOUNT: Final = "body/want/amount"
COMPLAINTS: Final = {
    "1 cut short": Bad(400, "malformed-json", raw={b'"photo"]}': b'"photo"]'}),
    "3 NUL": Bad(422, "not-valid", raw={b"torn": b"a\\u0000b"}),
    "4 lone surrogate": Bad(422, "not-valid", raw={b"torn": b"\\ud800"}),
    "5 NaN": Bad(422, "not-valid", raw={b"2000": b"NaN"}),
    "6 amount twice": Bad(400, "malformed-json", raw={b"2000": b'1,"amount":999'}),
    "7 2^64": places(AMOUNT, **want(2**64 - 1)),
    "8 5000 digits": Bad(400, "malformed-json", raw={b"2000": b"9" * 5_000}),
    "10 text": places(AMOUNT, "valid integer", **want("5")),
    "10 float": places(AMOUNT, "valid integer", **want(5.0)),
    "10 true": places(AMOUNT, "valid integer", **want(True)),
    "10 null": places(AMOUNT, "valid integer", **want(None)),
    "10 Arabic digits": places(AMOUNT, "valid integer", **want("١٢")),
    "11 state of one's own": places("body/state", "not permitted", state="CLOSED_REFUNDED"),
    "11 inside the plan": places("body/want/currency", "not permitted", want={**want(1)["want"], "currency": "EUR"}),
    "12 negative": places(AMOUNT, "greater than or equal to 0", **want(-1)),
    "12 zero": Bad(409, "amount-too-small", want(0), why="at least 0.01 USD"),
    "12 above the highest": places(AMOUNT, f"less than or equal to {MAX_AMOUNT}", **want(MAX_AMOUNT + 1)),
    "12 10^18": places(AMOUNT, **want(10**18)),
    "28 long words": places("body/words", "at most 4000", words="x" * 4_001),
    "29 nothing said": places("body/words", "says nothing", words="\u200b \u3000"),
    "33 bidi in an id": places("body/order", order="O\u202e1"),
    "48 no unit": places("body/units", units={}),
    "48 unit 0": places("body/units/L1/0", units={"L1": [0]}),
    "48 unit it has not": Bad(409, "no-such-unit", {"units": {"L1": [3]}}, why="units 1 to 2"),
    "48 line it has not": Bad(409, "no-such-unit", {"units": {"L9": [1]}}, why="no line L9"),
    "48 unit twice": Bad(409, "no-such-unit", {"units": {"L1": [1, 1]}}, why="each disputed unit once"),
    "unknown reason": Bad(409, "unknown-reason", {"reason": "NO_SUCH"}, why=", ".join(REASONS)),
    "reason in lower case": Bad(409, "unknown-reason", {"reason": "snad_quality"}, why="SNAD_QUALITY"),
    "unknown remedy": places("body/want/remedy", "'refund' or 'return'", **want(5, "voucher")),
    "21 pieces of evidence": places("body/evidence", "at most 20", evidence=["photo"] * 21),
    "another's name": Bad(403, "not-your-name", {"by": "eve"}),
}


@pytest.mark.parametrize("name", COMPLAINTS)
async def test_a_bad_complaint_writes_nothing(town: Doors, name: str) -> None:
    bad, case = COMPLAINTS[name], Case()
    await town.places(case)
    before = await town.state_of(case)
    good = say.a_complaint(**case.names(ComplaintMade), words="It is torn.")
    sent = orjson.dumps({**orjson.loads(body(good, named=False)), **bad.differs})
    for old, new in bad.raw.items():
        assert sent.count(old) == 1
        sent = sent.replace(old, new)
    answer = await town.post("/disputes", sent, role="buyer", sub="anna")

    problem = answer.json()
    assert (answer.status_code, problem["slug"]) == (bad.status, bad.slug), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert bad.why in problem["detail"]
    if bad.at is not None:
        assert [place["at"] for place in problem["places"]] == [bad.at]
    assert await town.state_of(case) == before
    assert await town.states(case) == {}
    assert (await town.ask(good, role="buyer", sub="anna")).status_code == 201


# Of every step: a good body, what is wrong with a bad one, and where.
STEPS: Final[dict[str, tuple[dict[str, Any], dict[str, Any], str]]] = {
    "plan": (want(5), want(-1), AMOUNT),
    "refuse": ({}, {"counter": {"remedy": "refund", "amount": "5"}}, "body/counter/amount"),
    "accept": ({}, {"return_address": 5}, "body/return_address"),
    "escalate": ({}, {"words": ""}, "body/words"),
    "cancel": ({}, {"refund": 1}, "body/refund"),
    "evidence": ({"evidence": ["photo"]}, {"evidence": []}, "body/evidence"),
    "evidence-done": ({}, {"evidence": ["not a token"]}, "body/evidence/0"),
    "return-shipped": ({"carrier": "EMS", "number": "EE1US"}, {"freight": 1.5}, "body/freight"),
    "return-confirmed": ({}, {"amount": 1}, "body/amount"),
}


async def test_a_bad_step_writes_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    await town.hears(say.a_complaint(**case.names(ComplaintMade)))
    before = await town.left_behind(case)
    for step, (good, wrong, at) in STEPS.items():
        path, whole = f"/disputes/{case.dispute}/{step}", orjson.dumps(good)
        bad = await town.post(path, orjson.dumps({**good, **wrong}), role="buyer", sub="anna")
        assert (bad.status_code, [place["at"] for place in bad.json()["places"]]) == (422, [at]), step
        agent = await town.post(path, whole, role="agent", sub="kim")
        assert (agent.status_code, agent.json()["slug"]) == (403, "role-not-allowed"), step
        for stranger in ("buyer", "seller", "service"):
            answer = await town.post(path, orjson.dumps({**good, "by": "eve"}), role=stranger, sub="eve")
            assert (answer.status_code, answer.json()["slug"]) == (404, "not-found"), step
    assert await town.left_behind(case) == before
    done = await town.post(f"/disputes/{case.dispute}/cancel", b"{}", role="buyer", sub="anna")
    assert (done.status_code, done.json()["state"]) == (200, "CLOSED_CANCELLED")
