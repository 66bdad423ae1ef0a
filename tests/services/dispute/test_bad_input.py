"""What strangers put on Kafka: kept as it came, named, parking nobody; and the next good word is heard."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio
from aiokafka.errors import MessageSizeTooLargeError

from aftersales.contracts.envelope import MAX_AMOUNT, Event
from aftersales.contracts.marketplace import ComplaintMade
from aftersales.runtime.dead_letters import read_headers
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import OPENED
from tests.services.dispute.doors import Case, Doors, Where, doors, envelope

pytestmark = pytest.mark.asyncio(loop_scope="module")

Wrong = Callable[[bytes], bytes | None]
LONGEST_BODY: Final = 64 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with doors(kafka, postgres_server, tmp_path_factory.mktemp("keys")) as made:
        yield made


def complaint(case: Case, **differs: Any) -> ComplaintMade:
    return say.a_complaint(**case.names(ComplaintMade), words="It is torn.", **differs)


def an_order(case: Case) -> Event:
    return say.an_order(order=case.order, seller=case.seller)


def money(text: str) -> Wrong:
    """The wanted amount, written otherwise."""
    return lambda good: swapped(good, b'"amount":2000', b'"amount":' + text.encode())


def words(text: bytes) -> Wrong:
    return lambda good: swapped(good, b'"It is torn."', b'"' + text + b'"')


def swap(old: bytes, new: bytes) -> Wrong:
    return lambda good: swapped(good, old, new)


def swapped(good: bytes, old: bytes, new: bytes) -> bytes:
    assert good.count(old) == 1
    return good.replace(old, new)


def currency(text: bytes) -> Wrong:
    return swap(b'"currency":"USD"', b'"currency":"' + text + b'"')


def placed_at(text: bytes) -> Wrong:
    return swap(b'"placed_at":"2025-04-10T00:00:00Z"', b'"placed_at":' + text)


def nested(depth: int) -> Wrong:
    return swap(b'"words"', b'"deep":' + b"[" * depth + b"]" * depth + b',"words"')


@dataclass(frozen=True)
class Bad:
    """A record that differs from a good one in its body."""

    reason: str
    wrong: Wrong
    good: Callable[[Case], Event] = complaint


BODIES: Final = {
    "1 malformed": Bad("malformed-json", lambda good: good[:-1]),
    "1 empty": Bad("malformed-json", lambda good: b""),
    "1 blank": Bad("malformed-json", lambda good: b"  "),
    "1 byte order mark": Bad("malformed-json", lambda good: b"\xef\xbb\xbf" + good),
    "1 UTF-16": Bad("malformed-json", lambda good: good.decode().encode("utf-16")),
    "1 UTF-16 without mark": Bad("malformed-json", lambda good: good.decode().encode("utf-16-le")),
    "1 two documents": Bad("malformed-json", lambda good: good + good),
    "1 no object": Bad("invalid", lambda good: b"[" + good + b"]"),
    "2 invalid UTF-8": Bad("malformed-json", words(b"torn \xff")),
    "3 NUL": Bad("nul-character", words(b"a\\u0000b")),
    "3 NUL in a name": Bad("nul-character", swap(b'"words"', b'"\\u0000":1,"words"')),
    "3 NUL as it is": Bad("malformed-json", words(b"a\0b")),
    "4 lone surrogate": Bad("malformed-json", words(b"\\ud800")),
    "5 NaN": Bad("malformed-json", money("NaN")),
    "5 Infinity": Bad("malformed-json", money("-Infinity")),
    "5 1e400": Bad("malformed-json", money("1e400")),
    "6 amount twice": Bad("duplicate-key", money('1,"amount":999')),
    "6 order twice": Bad("duplicate-key", swap(b'"words"', b'"order":"O-other","words"')),
    "7 2^64": Bad("invalid", money(str(2**64))),
    "7 2^63": Bad("invalid", money(str(2**63))),
    "8 5000 digits": Bad("malformed-json", money("9" * 5_000)),
    "9 21 deep": Bad("too-deep", nested(20)),
    "9 30000 deep": Bad("malformed-json", nested(30_000)),
    "10 text": Bad("invalid", money('"5"')),
    "10 float": Bad("invalid", money("5.0")),
    "10 exponent": Bad("invalid", money("1e3")),
    "10 true": Bad("invalid", money("true")),
    "10 null": Bad("invalid", money("null")),
    "10 yes": Bad("invalid", money('"yes"')),
    "10 blanks": Bad("invalid", money('" 12 "')),
    "10 underscore": Bad("invalid", money('"1_000"')),
    "10 Arabic digits": Bad("invalid", money('"١٢"')),
    "12 negative": Bad("invalid", money("-1")),
    "12 above the highest": Bad("invalid", money(str(MAX_AMOUNT + 1))),
    "12 10^18": Bad("invalid", money(str(10**18))),
    "13 unknown currency": Bad("invalid", currency(b"XXQ"), an_order),
    "13 lower case": Bad("invalid", currency(b"usd"), an_order),
    "13 obsolete currency": Bad("invalid", currency(b"DEM"), an_order),
    "13 with a line end": Bad("invalid", currency(b"USD\\n"), an_order),
    "14 no zone": Bad("invalid", placed_at(b'"2025-04-10T00:00:00"'), an_order),
    "15 epoch": Bad("invalid", placed_at(b"1000000000000"), an_order),
    "15 epoch 0": Bad("invalid", placed_at(b"0"), an_order),
    "15 date": Bad("invalid", placed_at(b'"2025-04-10"'), an_order),
    "16 year 1": Bad("invalid", placed_at(b'"0001-01-01T00:00:00Z"'), an_order),
    "16 year 9999": Bad("invalid", placed_at(b'"9999-12-31T23:59:59-14:00"'), an_order),
    "16 leap second": Bad("invalid", placed_at(b'"2016-12-31T23:59:60Z"'), an_order),
    "25 tombstone": Bad("no-body", lambda good: None),
    "27 over 64 KiB": Bad("too-large", lambda good: good + b" " * LONGEST_BODY),
    "28 long words": Bad("invalid", words(b"x" * 4_001)),
    "29 nothing said": Bad("invalid", words("\u200b \u3000".encode())),
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


ENVELOPES: Final = {
    "25 no key": Misaddressed("no-key", key=None),
    "25 another order's key": Misaddressed("wrong-key", key=b"O-another"),
    "25 key is no text": Misaddressed("wrong-key", key=b"\xff\xfe"),
    "25 long key": Misaddressed("wrong-key", key=b"k" * 3_000),
    "26 on another topic": Misaddressed("wrong-topic", topic="marketplace.orders"),
    "no type": Misaddressed("bad-envelope", {"ce_type": None}),
    "no id": Misaddressed("bad-envelope", {"ce_id": None}),
    "no source": Misaddressed("bad-envelope", {"ce_source": None}),
    "id of 201": Misaddressed("bad-envelope", {"ce_id": b"x" * 201}),
    "id is no text": Misaddressed("bad-envelope", {"ce_id": b"\xff\0"}),
    "id twice": Misaddressed("bad-envelope", more=(("ce_id", b"another"),)),
    "27 65 headers": Misaddressed("headers-too-large", more=(("x", b""),) * 65),
    "27 header of 20 KB": Misaddressed("headers-too-large", more=(("x", b"x" * 20_000),)),
    "foreign source": Misaddressed("foreign-source", {"ce_source": b"another-market"}),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_cannot_be_read_is_kept_and_stops_nobody(town: Doors, name: str) -> None:
    bad, case = BODIES[name], Case()
    if bad.good is complaint:
        await town.places(case)
    before = await town.left_behind(case)
    good = bad.good(case)
    body, headers = bad.wrong(good.model_dump_json().encode()), envelope(good)
    sent = await town.publish(good.TOPIC, case.order.encode(), body, headers)
    await town.read(sent)

    letter = await town.dead_letter(sent)
    assert letter is not None, "it was taken"
    assert (letter["reason"], letter["body"], letter["key"]) == (bad.reason, body, case.order.encode())
    assert read_headers(letter["headers"]) == tuple(headers)
    assert letter["sentence"]
    assert await town.left_behind(case) == before
    await goes_on(town, case, sent, good)


@pytest.mark.parametrize("name", ENVELOPES)
async def test_an_envelope_that_cannot_be_read_is_kept_and_stops_nobody(town: Doors, name: str) -> None:
    bad, case = ENVELOPES[name], Case()
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


async def test_27_what_the_broker_refuses_is_told_to_the_speaker_alone(town: Doors) -> None:
    case = Case()
    await town.places(case)
    good = complaint(case)
    huge = [*envelope(good), ("x", b"x" * 1_000_000)]
    with pytest.raises(MessageSizeTooLargeError):
        await town.publish(good.TOPIC, case.order.encode(), good.model_dump_json().encode(), huge)
    await town.hears(good)
    assert await town.states(case) == {case.dispute: "AWAITING_SELLER"}


async def test_23_repeats_from_long_ago_change_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    said: list[tuple[Event, str]] = [(complaint(case), "c"), (say.change(500, **case.names(ComplaintMade)), "p")]
    for event, name in said:
        await town.read(await town.say(event, name=f"{name}-{case.suffix}"))
    await town.at(OPENED + timedelta(days=200))
    await town.settled(case)
    before = await town.left_behind(case)
    for event, name in said:
        await town.read(await town.say(event, name=f"{name}-{case.suffix}"))
    assert await town.left_behind(case) == before


async def test_24_a_used_id_with_other_content_is_a_collision(town: Doors) -> None:
    case = Case()
    await town.places(case)
    name = f"c-{case.suffix}"
    await town.read(await town.say(complaint(case), name=name))
    before = await town.left_behind(case)
    again = await town.say(complaint(case, want=say.refund(4198)), name=name)
    await town.read(again)
    letter = await town.dead_letter(again)
    assert letter is not None
    assert letter["reason"] == "id-collision"
    assert orjson.loads(letter["body"])["want"]["amount"] == 4198
    assert await town.left_behind(case) == before
