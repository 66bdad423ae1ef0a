"""Parking and replay: nothing is lost, order is kept, arrival is kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from tests.runtime.conftest import Hand, Look
from tests.runtime.test_command import SHOP, deposit, refusal
from tests.runtime.toy import FOREIGN, RAISES, Account, Deposited, Toy
from tests.runtime.toy import deposit as rule

from aftersales.decision import Decision, Given
from aftersales.errors import Failure
from aftersales.policy.book import PolicyBook
from aftersales.runtime.causes import DeadLetter, Place, Record
from aftersales.runtime.park import replay_dead_letter, replay_parked
from aftersales.runtime.postgres import Pool
from aftersales.runtime.unit import Answer, Unit
from aftersales.service import On, Service

Mended = Callable[[int], Unit]


def mended(service: Service, good: int) -> Service:
    """The service after a new version: what raised or was foreign counts as `good`."""

    def decide(state: Account | None, said: Deposited, given: Given) -> Decision:
        said = said.model_copy(update={"amount": good}) if said.amount in (RAISES, FOREIGN) else said
        return rule(state, said, given)

    rules: tuple[Any, ...] = tuple(
        replace(on, decide=decide) if isinstance(on, On) and on.decide is rule else on for on in service.rules
    )
    return replace(service, rules=rules)


@pytest.fixture
def new_version(words: Toy, pool: Pool) -> Unit:
    return Unit(mended(words.service, 100), pool, PolicyBook([]))


async def test_replayed_in_order_with_their_arrival(
    unit: Unit, new_version: Unit, hand: Hand, see: Look, words: Toy
) -> None:
    early = datetime(2025, 5, 6, 9, tzinfo=UTC)
    await unit.run([hand.cause(words.deposited(account="a", amount=RAISES), at=early), *hand.deposits("a", 0, 7)])
    assert await replay_parked(new_version, "account/a") == 3
    assert await see.balance("a") == 107
    assert await see.column("select outcome from history order by version") == ["applied", "refused", "applied"]
    assert await see.one("select arrived_at from history where version = 1") == early
    assert await see.counts("parked", "parked_cause") == {"parked": 0, "parked_cause": 0}
    assert await see.column("select outcome from inbox order by record_offset") == ["applied", "refused", "applied"]


async def test_what_fails_again_stays_parked_with_all_behind_it(unit: Unit, hand: Hand, see: Look) -> None:
    await unit.run(hand.deposits("a", RAISES, 7))
    with pytest.raises(Failure, match="stays parked after 0"):
        await replay_parked(unit, "account/a")
    assert await see.counts("parked", "parked_cause", "history") == {"parked": 1, "parked_cause": 2, "history": 0}


async def test_a_replayed_command_answers_its_http_caller(
    unit: Unit, new_version: Unit, hand: Hand, words: Toy, see: Look
) -> None:
    await unit.run(hand.deposits("a", RAISES))
    assert (await refusal(unit, words, 5, "k1", actor=SHOP)).status == 503
    await replay_parked(new_version, "account/a")
    assert await deposit(new_version, words, 5, "k1", actor=SHOP) == Answer(200, {"balance": 105}, replayed=True)
    assert await see.balance("a") == 105


async def test_a_repeat_of_a_replayed_cause_does_nothing(unit: Unit, new_version: Unit, hand: Hand, see: Look) -> None:
    causes = hand.deposits("a", RAISES)
    await unit.run(causes)
    await replay_parked(new_version, "account/a")
    await new_version.run(causes)
    assert await see.balance("a") == 100


async def test_an_unknown_major_version_parks_until_it_is_known(unit: Unit, hand: Hand, see: Look) -> None:
    [known] = hand.deposits("a", 5)
    newer = structs.replace(
        known, event=None, type="toy.deposited.v2", park="toy.deposited.v2 is newer than this version of toy"
    )
    await unit.run([newer])
    assert await see.column("select subject from parked") == ["account/a"]
    with pytest.raises(Failure, match="stays parked"):
        await replay_parked(unit, "account/a")


async def test_a_dead_letter_is_replayed_once_the_code_knows_better(
    unit: Unit, new_version: Unit, words: Toy, see: Look
) -> None:
    said = words.deposited(account="a", amount=FOREIGN)
    headers = (("ce_id", b"one"), ("ce_type", said.TYPE.encode()), ("ce_source", b"shop"))
    place = Place(said.TOPIC, 0, 7, datetime.now(UTC) - timedelta(hours=1))
    await unit.run([DeadLetter(Record(place, b"a", headers, said.model_dump_json().encode()), "reason", "sentence")])
    number = await see.one("select id from dead_letter")
    with pytest.raises(Failure, match="foreign-source"):
        await replay_dead_letter(unit, number)
    number = await see.one("select id from dead_letter")
    await replay_dead_letter(new_version, number)
    await replay_dead_letter(new_version, number)
    assert await see.balance("a") == 100
    assert await see.one("select arrived_at from history") == place.appended_at
    assert await see.one("select replayed_at is not null from dead_letter")
    assert await see.one("select outcome from inbox") == "applied"


async def test_what_cannot_be_read_still_stays_a_dead_letter(unit: Unit, see: Look) -> None:
    place = Place("toy.commands", 0, 7)
    await unit.run([DeadLetter(Record(place, b"a", (("x", b"\xff\0"),), b"\0rubbish"), "malformed-json", "no \0 JSON")])
    with pytest.raises(Failure, match="bad-envelope"):
        await replay_dead_letter(unit, await see.one("select id from dead_letter"))
    assert await see.one("select body from dead_letter") == b"\0rubbish"
