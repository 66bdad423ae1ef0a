"""The HTTP door: one command, one effect, one answer."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.runtime.conftest import EVERYTHING, Hand, Look
from tests.runtime.toy import FILLS_THE_ROW, RAISES, Account, Toy
from tests.runtime.waiting import eventually

from aftersales.errors import Refused
from aftersales.identity import Actor, Owned, Role
from aftersales.runtime import failpoints
from aftersales.runtime.failpoints import FailpointReached
from aftersales.runtime.unit import Answer, Unit

BUYER = Actor(Role.BUYER, "a")
STRANGER = Actor(Role.BUYER, "z")
SHOP = Actor(Role.SERVICE, "shop")
ANYBODY = frozenset(Role)


def owner(state: Account | None) -> Owned | None:
    return state


async def deposit(unit: Unit, words: Toy, amount: int, key: str, actor: Actor = SHOP, **options: Any) -> Answer:
    event = words.deposited(account="a", amount=amount)
    return await unit.command(event, actor=actor, key=key, may=options.pop("may", ANYBODY), route="deposit", **options)


async def refusal(*arguments: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await deposit(*arguments, **options)
    return caught.value


async def test_applied(unit: Unit, words: Toy, see: Look) -> None:
    assert await deposit(unit, words, 5, "k1") == Answer(200, {"balance": 5})
    assert await see.balance("a") == 5


async def test_the_same_key_gets_the_same_answer(unit: Unit, words: Toy, see: Look) -> None:
    await deposit(unit, words, 5, "k1")
    await deposit(unit, words, 5, "k2")
    assert await deposit(unit, words, 5, "k1") == Answer(200, {"balance": 5}, replayed=True)
    assert await see.balance("a") == 10


async def test_twenty_twins_at_once_have_one_effect(unit: Unit, words: Toy, see: Look) -> None:
    answers = await asyncio.gather(*(deposit(unit, words, 5, "k1") for _ in range(20)))
    assert {answer.body["balance"] for answer in answers} == {5}
    assert sum(not answer.replayed for answer in answers) == 1
    assert await see.balance("a") == 5


async def test_a_twin_over_kafka_that_was_a_moment_faster_has_the_effect(
    unit: Unit, words: Toy, hand: Hand, see: Look
) -> None:
    await unit.run(hand.deposits("a", 5))
    promised = words.promised(account="a", until=datetime.now(UTC) + timedelta(days=1))
    async with see.pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("select from account where id = 'a' for update")
            # Both have looked the cause up and found nothing; now they wait for the account, one behind the other.
            over_kafka = asyncio.create_task(unit.run([hand.cause(promised, "k1")]))
            await eventually(lambda: waiting_for_locks(see, 1))
            command = unit.command(promised, actor=SHOP, key="k1", may=ANYBODY, route="promise")
            over_http = asyncio.create_task(command)
            await eventually(lambda: waiting_for_locks(see, 2))
        await over_kafka
        assert (await over_http).replayed
    assert await see.counts("timers", "parked", "dead_letter") == {"timers": 1, "parked": 0, "dead_letter": 0}


async def waiting_for_locks(see: Look, count: int) -> bool:
    found = await see.one(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    return bool(found == count)


async def test_refused_when_the_key_was_used_for_another_request(unit: Unit, words: Toy) -> None:
    await deposit(unit, words, 5, "k1")
    problem = await refusal(unit, words, 6, "k1")
    assert (problem.slug, problem.status) == ("idempotency-key-reused", 422)


async def test_refused_by_the_rule_is_an_answer_and_is_kept(unit: Unit, words: Toy, see: Look) -> None:
    answer = await deposit(unit, words, 0, "k1")
    assert (answer.status, answer.body["slug"]) == (409, "nothing-given")
    assert await see.column("select outcome from history") == ["refused"]
    assert (await deposit(unit, words, 0, "k1")).replayed


@pytest.mark.parametrize(
    ("actor", "may", "status"),
    [(STRANGER, ANYBODY, 404), (BUYER, frozenset({Role.AGENT}), 403)],
)
async def test_what_is_not_allowed_writes_nothing(
    unit: Unit, words: Toy, see: Look, actor: Actor, may: frozenset[Role], status: int
) -> None:
    await deposit(unit, words, 5, "k1")
    before = await see.counts(*EVERYTHING)
    problem = await refusal(unit, words, 5, "k2", actor=actor, may=may, owner=owner)
    assert problem.status == status
    assert await see.counts(*EVERYTHING) == before


async def test_of_a_thing_that_does_not_exist_nothing_is_created(unit: Unit, words: Toy, see: Look) -> None:
    problem = await refusal(unit, words, 5, "k1", actor=BUYER, owner=owner)
    assert problem.status == 404
    assert await see.counts(*EVERYTHING) == dict.fromkeys(EVERYTHING, 0)


@pytest.mark.parametrize("first", ["http", "kafka"])
async def test_the_same_pair_over_both_doors_has_one_effect_and_one_answer(
    unit: Unit, hand: Hand, words: Toy, see: Look, first: str
) -> None:
    record = hand.cause(words.deposited(account="a", amount=5), "k1", source=SHOP.source)
    if first == "kafka":
        await unit.run([record])
    answer = await deposit(unit, words, 5, "k1")
    await unit.run([record])
    assert answer == Answer(200, {"balance": 5}, replayed=first == "kafka")
    assert await see.balance("a") == 5
    assert await see.counts("dead_letter", "inbox") == {"dead_letter": 0, "inbox": 1}


async def test_another_request_under_an_id_that_came_over_kafka_is_refused(unit: Unit, hand: Hand, words: Toy) -> None:
    await unit.run([hand.cause(words.deposited(account="a", amount=5), "k1", source=SHOP.source)])
    assert (await refusal(unit, words, 6, "k1")).status == 422


async def test_a_twin_that_takes_too_long_is_told_to_come_back(unit: Unit, words: Toy) -> None:
    with failpoints.armed("H2:delay=3"):
        told = await asyncio.gather(*(deposit(unit, words, 5, "k1") for _ in range(2)), return_exceptions=True)
    [answer] = [each for each in told if isinstance(each, Answer)]
    [problem] = [each for each in told if isinstance(each, Refused)]
    assert not answer.replayed
    assert (problem.slug, problem.status, problem.details["retry_after"]) == ("request-in-flight", 409, 1)


async def test_behind_a_parked_subject_a_command_waits_with_its_arrival(
    unit: Unit, hand: Hand, words: Toy, see: Look
) -> None:
    await unit.run(hand.deposits("a", RAISES))
    for _ in range(2):
        problem = await refusal(unit, words, 5, "k1")
        assert (problem.slug, problem.status) == ("parked", 503)
    assert await see.column("select name from parked_cause where role is not null") == ["k1"]
    assert await see.counts("http_request") == {"http_request": 0}


@pytest.mark.parametrize("step", ["H1", "H2"])
async def test_rolled_back_before_commit_it_leaves_nothing(unit: Unit, words: Toy, see: Look, step: str) -> None:
    with failpoints.armed(f"{step}:raise"), pytest.raises(FailpointReached):
        await deposit(unit, words, 5, "k1")
    assert await see.counts(*EVERYTHING) == dict.fromkeys(EVERYTHING, 0)


async def test_ended_before_the_reply_a_repeat_gets_the_answer(unit: Unit, words: Toy, see: Look) -> None:
    with failpoints.armed("H3:raise"), pytest.raises(FailpointReached):
        await deposit(unit, words, 5, "k1")
    assert await deposit(unit, words, 5, "k1") == Answer(200, {"balance": 5}, replayed=True)


async def test_a_new_id_drawn_at_the_door_does_not_make_a_repeat_another_request(unit: Unit, words: Toy) -> None:
    first = await deposit(unit, words, 5, "k1", fingerprint=b"the request")
    event = words.deposited(account="a", amount=5, note="drawn anew")
    again = await unit.command(event, actor=SHOP, key="k1", may=ANYBODY, route="deposit", fingerprint=b"the request")
    assert again == replace(first, replayed=True)


async def test_refused_when_it_would_overfill_the_row(unit: Unit, words: Toy, see: Look) -> None:
    assert (await refusal(unit, words, FILLS_THE_ROW, "k1")).slug == "subject-full"
    assert await deposit(unit, words, 5, "k2") == Answer(200, {"balance": 5})
