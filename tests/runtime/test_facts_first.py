"""A party is judged on everything that had reached us before they spoke."""

from tests.runtime.streams import shop
from tests.runtime.waiting import at_once
from tests.support.servers import MakeTopic

from aftersales.runtime.causes import Place, Record
from aftersales.runtime.facts_first import FactsFirst
from aftersales.runtime.fence import Partition
from aftersales.runtime.kafka import Kafka
from aftersales.runtime.partitions import Partitions
from aftersales.runtime.postgres import Pool

LARGE = b"x" * 4_000
FACTS, COMMANDS = Partition("facts", 0), Partition("commands", 0)


def record(partition: Partition, offset: int) -> Record:
    return Record(Place(partition.topic, partition.partition, offset), b"key", (), b"{}")


def test_facts_go_on_and_commands_are_held() -> None:
    first = FactsFirst(frozenset({"commands"}))
    fact, command = record(FACTS, 0), record(COMMANDS, 0)
    assert first.hold_back([command, fact]) == ([fact], frozenset({0}))
    assert first.holding


def test_commands_are_released_in_order_once_the_facts_are_read_as_far_as_they_went() -> None:
    first = FactsFirst(frozenset({"commands"}))
    commands = [record(COMMANDS, offset) for offset in range(3)]
    first.hold_back(commands)
    first.wait_for({FACTS: 10})
    assert first.release({FACTS: 9}) == []
    assert first.release({FACTS: 10}) == commands
    assert not first.holding


def test_a_command_behind_others_waits_for_the_facts_before_itself_too() -> None:
    first = FactsFirst(frozenset({"commands"}))
    first.hold_back([record(COMMANDS, 0)])
    first.wait_for({FACTS: 10})
    first.hold_back([record(COMMANDS, 1)])
    first.wait_for({FACTS: 20})
    assert first.release({FACTS: 10}) == []
    assert len(first.release({FACTS: 20})) == 2


def test_what_was_held_is_forgotten_with_its_assignment() -> None:
    first = FactsFirst(frozenset({"commands"}))
    first.hold_back([record(COMMANDS, 0)])
    first.wait_for({FACTS: 10})
    first.forget()
    assert not first.holding
    assert first.release({}) == []


async def test_a_backlog_of_facts_is_read_before_the_command_that_came_after_it(
    pool: Pool, kafka: str, make_topic: MakeTopic
) -> None:
    facts, commands = await make_topic(), await make_topic()
    async with shop(kafka, linger_ms=5) as marketplace:
        sent = [await marketplace.producer.send(facts, LARGE, key=b"o") for _ in range(1_000)]
        await sent[-1]
        await marketplace.raw(commands, b"o", b"{}", {})

    async def settled() -> None: ...

    partitions = Partitions(Kafka(kafka, "test"), "facts-first", frozenset({commands}), settled)
    # One fetch takes a megabyte of each partition: the command comes with the first of several.
    await partitions.start([commands, facts])
    try:
        while not partitions.held:
            await partitions.changed.wait()
            partitions.changed.clear()
            await partitions.take(pool)
        topics: list[str] = []
        while commands not in topics:
            topics += [each.place.topic for each in await partitions.read(50, at_once())]
        assert topics == [facts] * 1_000 + [commands]
    finally:
        await partitions.stop()


def test_a_partition_that_stands_still_holds_back_no_others() -> None:
    first = FactsFirst(frozenset({"commands"}))
    held, free = record(COMMANDS, 0), record(Partition("commands", 1), 0)
    first.hold_back([held, free])
    first.wait_for({FACTS: 10, Partition("facts", 1): 10})
    assert first.release({FACTS: 9, Partition("facts", 1): 10}) == [free]
    assert first.waits(COMMANDS)
    assert not first.waits(Partition("commands", 1))
    assert not first.waits(FACTS)
