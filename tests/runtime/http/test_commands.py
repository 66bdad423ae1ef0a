"""A command over HTTP: once, whoever repeats it, and only for whom it concerns."""

import asyncio
from collections import Counter

import pytest
from tests.runtime.conftest import EVERYTHING, Hand, Look
from tests.runtime.http.conftest import Client
from tests.runtime.toy import RAISES
from tests.support.tokens import Issuer, bearer

from aftersales.runtime.unit import Unit


async def test_a_thousand_posts_over_a_hundred_keys_are_a_hundred_executions(
    client: Client, buyer: dict[str, str], see: Look
) -> None:
    at_once = asyncio.Semaphore(100)

    async def post(number: int) -> int:
        # One in ten repeats its key with another body.
        amount = 3 if number >= 900 else 2
        async with at_once:
            answer = await client.post(
                f"/accounts/a{number % 100}/deposits",
                json={"amount": amount},
                headers={**buyer, "Idempotency-Key": f"k{number % 100}"},
            )
        return answer.status_code

    statuses = Counter(await asyncio.gather(*(post(number) for number in range(1000))))
    assert statuses == {201: 900, 422: 100}
    assert await see.counts("history", "http_request") == {"history": 100, "http_request": 100}
    assert await see.one("select sum(balance) from account") == 200


async def test_the_same_answer_when_repeated(client: Client, buyer: dict[str, str]) -> None:
    headers = {**buyer, "Idempotency-Key": "k"}
    first = await client.post("/accounts/a/deposits", json={"amount": 5}, headers=headers)
    again = await client.post("/accounts/a/deposits", json={"amount": 5}, headers=headers)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, {"balance": 5})
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_another_callers_key_is_another_key(client: Client, issuer: Issuer, see: Look) -> None:
    for sub in ("b-1", "b-2"):
        headers = {**bearer(issuer.token(sub=sub)), "Idempotency-Key": "k"}
        await client.post("/accounts/a/deposits", json={"amount": 5}, headers=headers)
    assert await see.balance("a") == 10


async def test_refused_by_the_rule_is_a_problem(client: Client, buyer: dict[str, str]) -> None:
    answer = await client.post("/accounts/a/deposits", json={"amount": 0}, headers={**buyer, "Idempotency-Key": "k"})
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["slug"], answer.json()["detail"]) == ("nothing-given", "A deposit of nothing is refused.")


async def test_another_persons_thing_does_not_exist(
    client: Client, issuer: Issuer, unit: Unit, hand: Hand, see: Look
) -> None:
    await unit.run(hand.deposits("b-1", 5))
    before = await see.counts(*EVERYTHING)
    stranger = {**bearer(issuer.token(sub="b-2")), "Idempotency-Key": "k"}
    theirs = await client.post("/accounts/b-1/own-deposits", json={"amount": 5}, headers=stranger)
    nobodys = await client.post("/accounts/b-9/own-deposits", json={"amount": 5}, headers=stranger)
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["detail"] == nobodys.json()["detail"]
    assert await see.counts(*EVERYTHING) == before
    owner = {**bearer(issuer.token(sub="b-1")), "Idempotency-Key": "k"}
    assert (await client.post("/accounts/b-1/own-deposits", json={"amount": 5}, headers=owner)).status_code == 200


@pytest.mark.parametrize("role", ["agent", "supervisor", "service"])
async def test_a_role_that_may_not_is_told_so(client: Client, issuer: Issuer, role: str) -> None:
    headers = {**bearer(issuer.token(role=role)), "Idempotency-Key": "k"}
    answer = await client.post("/accounts/a/deposits", json={"amount": 5}, headers=headers)
    assert (answer.status_code, answer.json()["slug"]) == (403, "role-not-allowed")


async def test_parked_is_kept_and_to_be_asked_again(client: Client, buyer: dict[str, str], see: Look) -> None:
    for key, amount in (("k1", RAISES), ("k2", 5)):
        answer = await client.post(
            "/accounts/a/deposits", json={"amount": amount}, headers={**buyer, "Idempotency-Key": key}
        )
        assert (answer.status_code, answer.json()["slug"]) == (503, "parked")
        assert int(answer.headers["Retry-After"]) > 0
    assert await see.counts("parked", "parked_cause") == {"parked": 1, "parked_cause": 2}


async def test_the_trace_goes_from_the_caller_to_the_event(client: Client, buyer: dict[str, str], see: Look) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {**buyer, "Idempotency-Key": "k", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    await client.post("/accounts/a/deposits", json={"amount": 5}, headers=headers)
    assert trace in str(await see.one("select headers from outbox"))
