"""What strangers put on Kafka: kept as it came, named, parking nobody; and the next good word is heard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import ComplaintMade
from aftersales.runtime.dead_letters import read_headers
from tests.rules.dispute import builders as say
from tests.services.bad_input.bodies import BODIES, COMPLAINT
from tests.services.dispute.doors import Case, Doors, Where, envelope
from tests.support.bad_input import KAFKA, covers, row, rows

pytestmark = pytest.mark.asyncio(loop_scope="package")


def complaint(case: Case, **differs: Any) -> ComplaintMade:
    return say.a_complaint(**case.names(ComplaintMade), words="It is torn.", **differs)


HEARD: Final = {
    number: {name: bad for name, bad in cases.items() if bad.kafka is not None} for number, cases in BODIES.items()
}
Header = tuple[str, bytes]


@dataclass(frozen=True)
class Misaddressed:
    """A record whose body is good and whose envelope is not. `headers` change those of a good one; None leaves out."""

    reason: str
    headers: dict[str, bytes | None] | None = None
    more: tuple[Header, ...] = ()
    key: bytes | None = b""
    topic: str = ComplaintMade.TOPIC


ENVELOPES: Final[Mapping[int, Mapping[str, Misaddressed]]] = {
    22: {"of another marketplace's order": Misaddressed("foreign-source", {"ce_source": b"another-market"})},
    25: {
        "no key": Misaddressed("no-key", key=None),
        "another order's key": Misaddressed("wrong-key", key=b"O-another"),
        "key is no text": Misaddressed("wrong-key", key=b"\xff\xfe"),
        "long key": Misaddressed("wrong-key", key=b"k" * 3_000),
    },
    26: {
        "on another topic": Misaddressed("wrong-topic", topic="marketplace.orders"),
        "no type": Misaddressed("bad-envelope", {"ce_type": None}),
    },
    27: {
        "65 headers": Misaddressed("headers-too-large", more=(("x", b""),) * 65),
        "header of 20 KB": Misaddressed("headers-too-large", more=(("x", b"x" * 20_000),)),
    },
    31: {"line break in the source": Misaddressed("bad-envelope", {"ce_source": b"market\nlevel=error"})},
    40: {
        "no id": Misaddressed("bad-envelope", {"ce_id": None}),
        "no source": Misaddressed("bad-envelope", {"ce_source": None}),
        "id of 201": Misaddressed("bad-envelope", {"ce_id": b"x" * 201}),
        "id is no text": Misaddressed("bad-envelope", {"ce_id": b"\xff\0"}),
        "id twice": Misaddressed("bad-envelope", more=(("ce_id", b"another"),)),
    },
}


@covers(*(number for number, cases in HEARD.items() if cases), over=[KAFKA])
@pytest.mark.parametrize("name", rows(HEARD))
async def test_a_body_that_cannot_be_read_is_kept_and_stops_nobody(town: Doors, name: str) -> None:
    bad, case = row(HEARD, name), Case()
    if bad.good == COMPLAINT:
        await town.places(case)
    before = await town.left_behind(case)
    good: Event = complaint(case) if bad.good == COMPLAINT else say.an_order(order=case.order, seller=case.seller)
    headers = envelope(good)
    body = bad.wrong(good.model_dump_json().encode())
    sent = await town.publish(good.TOPIC, case.order.encode(), body, headers)
    await town.read(sent)

    letter = await town.dead_letter(sent)
    assert letter is not None, "it was taken"
    assert (letter["reason"], letter["body"], letter["key"]) == (bad.kafka, body, case.order.encode())
    assert read_headers(letter["headers"]) == tuple(headers)
    assert letter["sentence"]
    assert await town.left_behind(case) == before
    await goes_on(town, case, sent, good)


@covers(*ENVELOPES, over=[KAFKA])
@pytest.mark.parametrize("name", rows(ENVELOPES))
async def test_an_envelope_that_cannot_be_read_is_kept_and_stops_nobody(town: Doors, name: str) -> None:
    bad, case = row(ENVELOPES, name), Case()
    await town.places(case)
    before = {**await town.left_behind(case), "causes": None}
    good = complaint(case)
    changes = bad.headers or {}
    headers = [(header, changes.get(header, value)) for header, value in envelope(good)]
    given = [*((header, value) for header, value in headers if value is not None), *bad.more]
    key = case.order.encode() if bad.key == b"" else bad.key
    partition = await town.partition_of(case)
    sent = await town.publish(bad.topic, key, good.model_dump_json().encode(), given, partition)
    await town.read(sent)

    letter = await town.dead_letter(sent)
    assert letter is not None, "it was taken"
    assert (letter["reason"], letter["key"]) == (bad.reason, key)
    assert (letter["body"], read_headers(letter["headers"])) == (good.model_dump_json().encode(), tuple(given))
    assert {**await town.left_behind(case), "causes": None} == before
    await goes_on(town, case, sent, good)


async def goes_on(town: Doors, case: Case, bad: Where, good: Event) -> None:
    """Nothing is parked, and the good word behind the bad one is granted."""
    assert await town.parked(case) == []
    record = await town.say(good)
    assert (record.topic, record.partition) == (bad.topic, bad.partition) or bad.topic != good.TOPIC
    await town.read(record)
    outcome = await town.pool.fetchval("select outcome from inbox where cause_id = $1", record.cause)
    assert outcome == "applied"


@covers(25, over=[KAFKA])
async def test_25_a_tombstone_deletes_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    good = complaint(case)
    await town.hears(good)
    before = await town.left_behind(case)
    sent = await town.publish(good.TOPIC, case.order.encode(), None, envelope(good))
    await town.read(sent)
    letter = await town.dead_letter(sent)
    assert letter is not None
    assert (letter["reason"], letter["body"]) == ("no-body", None)
    assert await town.left_behind(case) == before


@covers(27, over=[KAFKA])
async def test_27_what_the_broker_refuses_is_told_to_the_speaker_alone(town: Doors) -> None:
    case = Case()
    await town.places(case)
    good = complaint(case)
    huge = [*envelope(good), ("x", b"x" * 1_000_000)]
    with pytest.raises(MessageSizeTooLargeError):
        await town.publish(good.TOPIC, case.order.encode(), good.model_dump_json().encode(), huge)
    await town.hears(good)
    assert await town.states(case) == {case.dispute: "AWAITING_SELLER"}
