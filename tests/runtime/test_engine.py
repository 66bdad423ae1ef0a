"""The whole way of an event on real Kafka and real Postgres."""

from tests.runtime.conftest import Engines, Look
from tests.runtime.streams import Shop, everything_on
from tests.runtime.toy import Toy
from tests.runtime.waiting import eventually


async def test_what_is_said_is_decided_and_announced(
    engines: Engines, kafka_words: Toy, marketplace: Shop, see: Look, kafka: str
) -> None:
    await engines.start()
    for number in range(200):
        await marketplace.say(kafka_words.deposited(account=f"a{number % 10}", amount=10))

    async def all_sent() -> bool:
        return await see.one("select count(*) from outbox where sent_at is not null") == 200

    await eventually(all_sent)
    assert await see.column("select distinct balance from account") == [200]
    said = await everything_on(kafka, kafka_words.balances)
    assert len(said) == 200
    headers = {name: value.decode() for name, value in said[0].headers}
    assert headers["ce_type"] == "toy.balancechanged.v1" or headers["ce_type"] == "toy.balance_changed.v1"
    assert headers["ce_source"] == "toy"
